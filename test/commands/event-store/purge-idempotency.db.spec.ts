import { afterAll, expect, it } from 'vitest';
import { openPool } from '../../../src/database/pool.js';
import { freshDatabase } from '../../support/database.js';

const database = await freshDatabase();
const pool = openPool({ url: database.urls.app, max: 2, applicationName: 'purge-spec' });
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const write = (scope: string, days: number, rows = 1): Promise<unknown> =>
  pool.query(
    `INSERT INTO ops.idempotency SELECT $1, 'k' || n, 'f', 'c', 's', 0, 1, 1, now() - make_interval(days => $2)
       FROM generate_series(1, $3) n`,
    [scope, days, rows],
  );
const purge = async (): Promise<unknown> =>
  (await pool.query('SELECT ops.purge_idempotency(100) AS n')).rows[0];

it('what reactors and timers have sent is kept for ever, the rest for seven days', async () => {
  await write('acme ada editNote', 8, 3);
  await write('acme ada editNote-since', 6);
  await write('acme reactor:recorder recordChange', 400);
  await write('acme timer:scheduler expireApproval', 400);
  expect([await purge(), await purge()]).toEqual([{ n: 3 }, { n: 0 }]);
  const { rows } = await pool.query<{ scope: string }>('SELECT scope FROM ops.idempotency ORDER BY scope');
  expect(rows.map(({ scope }) => scope)).toEqual([
    'acme ada editNote-since',
    'acme reactor:recorder recordChange',
    'acme timer:scheduler expireApproval',
  ]);
});

it('however many stay, for ever or for a while, they are not looked at', async () => {
  await write('acme reactor:recorder recordMany', 30, 5_000);
  await write('acme ada recordMany', 1, 5_000);
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query('SELECT ops.purge_idempotency(100)');
  const { rows } = await client.query<{ read: number }>(
    `SELECT (seq_tup_read + idx_tup_fetch)::integer AS read FROM pg_stat_xact_user_tables
      WHERE schemaname = 'ops' AND relname = 'idempotency'`,
  );
  await client.query('COMMIT');
  client.release();
  expect(rows[0]!.read).toBeLessThan(100);
});
