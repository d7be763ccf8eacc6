import { expect, it } from 'vitest';
import { beat, lastBeat } from '../../../src/projections/engine/heartbeat.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();

it('keeps one row for each process, until it stops or has been silent for a day', async () => {
  const sign = { processId: 'p1', role: 'all', versions: { accounts: 1 }, lag: { accounts: 3 } };
  await beat(at.pool, { ...sign, processId: 'p0' });
  await at.pool.query("UPDATE ops.heartbeats SET at = at - interval '25 hours'");
  await beat(at.pool, sign);
  await beat(at.pool, { ...sign, versions: { accounts: 2 }, lag: { accounts: 0 } });
  const { rows } = await at.pool.query(
    'SELECT process_id, role, versions, lag, at >= started_at AS later FROM ops.heartbeats',
  );
  expect(rows).toEqual([
    { process_id: 'p1', role: 'all', versions: { accounts: 2 }, lag: { accounts: 0 }, later: true },
  ]);
  await lastBeat(at.pool, 'p1');
  expect((await at.pool.query('SELECT 1 FROM ops.heartbeats')).rows).toEqual([]);
});
