import type pg from 'pg';
import { postgresCheckpoints } from '../../src/commands/checkpoints.js';
import { postgresLeases } from '../../src/commands/leases.js';
import { openPool } from '../../src/database/pool.js';
import { freshDatabase } from '../support/database.js';
import { checkpointsContract, leasesContract } from './checkpoints.js';

async function openDatabase(): Promise<{ pool: pg.Pool; close(): Promise<void> }> {
  const database = await freshDatabase();
  const pool = openPool({ url: database.urls.app, max: 4, applicationName: 'spec' });
  return { pool, close: () => pool.end().then(() => database.drop()) };
}

leasesContract('postgres', async () => {
  const { pool, close } = await openDatabase();
  return { leases: postgresLeases(pool, 'ops.leases'), close };
});
checkpointsContract('postgres', async () => {
  const { pool, close } = await openDatabase();
  return { checkpoints: postgresCheckpoints(pool), close };
});
