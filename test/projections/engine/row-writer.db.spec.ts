import { expect, it } from 'vitest';
import { withTransaction } from '../../../src/database/pool.js';
import type { FeedEvent } from '../../../src/projections/engine/feed.js';
import { createTables } from '../../../src/projections/engine/model-tables.js';
import { applyRows } from '../../../src/projections/engine/row-writer.js';
import { Poisoned } from '../../../src/projections/engine/failures.js';
import { accounts, append, memoryStore, projected, type Written } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();
const far = '9223372036854775807';

async function events(...list: Written[]): Promise<FeedEvent[]> {
  const store = memoryStore();
  await append(store, ...list);
  return (await store.readAll('record', 0, 100)).events.map(projected);
}

const opened = (id: string, tenant = 't1') => ({
  type: 'Opened',
  id,
  tenant,
  data: { name: `${tenant} ${id}` },
});

it('writes rows and their history, page after page', async () => {
  const projection = accounts();
  await withTransaction(at.pool, (client) => createTables(client, projection, 'a_v1_g1'));
  const all = await events(
    opened('a'),
    opened('a', 't2'),
    opened('b'),
    { type: 'Renamed', id: 'a', data: { name: 'x"\\\n😀' } },
    { type: 'Closed', id: 'b' },
    { type: 'Closed', id: 'a', tenant: 't2' },
    opened('b'),
  );
  for (const page of [all.slice(0, 3), all.slice(3, 6), all.slice(6)]) {
    const poison = await withTransaction(at.pool, (client) => applyRows(client, 'a_v1_g1', projection, page));
    expect(poison).toEqual([]);
  }
  const { rows } = await at.pool.query(
    `SELECT tenant_id || key AS key, row->>'name' AS name, position FROM rm.a_v1_g1 ORDER BY 1`,
  );
  expect(rows).toEqual([
    { key: 't1a', name: 'x"\\\n😀', position: '4' },
    { key: 't1b', name: 't1 b', position: '7' },
  ]);
  const { rows: history } = await at.pool.query<{ key: string; from_position: string; to_position: string }>(
    'SELECT tenant_id || key AS key, from_position, to_position FROM rm.a_v1_g1_history ORDER BY 1, from_position::int',
  );
  expect(history.map(({ key, from_position, to_position }) => [key, from_position, to_position])).toEqual([
    ['t1a', '1', '4'],
    ['t1a', '4', far],
    ['t1b', '3', '5'],
    ['t1b', '7', far],
    ['t2a', '2', '6'],
  ]);
});

it('writes more than one text of rows, each once', async () => {
  const projection = accounts();
  await withTransaction(at.pool, (client) => createTables(client, projection, 'a_v1_g1'));
  const ids = Array.from({ length: 12 }, (_, index) => `id${index}`);
  const long = 'x'.repeat(1_000_000);
  projection.on['Opened'] = () => ({ name: 'n', long });
  const page = await events(
    ...ids.flatMap((id) => [
      { type: 'Opened', id, data: { name: 'n' } },
      { type: 'Renamed', id, data: { name: id } },
    ]),
  );
  const written: string[] = [];
  await withTransaction(at.pool, async (client) => {
    const { query } = client;
    client.query = ((...given: [string, unknown[]]) => {
      if (given[0].includes?.('_history (')) written.push(given[1][0] as string);
      return Reflect.apply(query, client, given) as unknown;
    }) as typeof query;
    expect(await applyRows(client, 'a_v1_g1', projection, page)).toEqual([]);
    client.query = query;
  });
  expect(written.length).toBeGreaterThan(2);
  expect(Math.max(...written.map((text) => text.length))).toBeLessThan(8_000_000);
  const { rows } = await at.pool.query(
    `SELECT (SELECT count(*)::int FROM rm.a_v1_g1) AS rows, count(*)::int AS states,
       min(length(row->>'long')) AS length FROM rm.a_v1_g1_history`,
  );
  expect(rows).toEqual([{ rows: 12, states: 24, length: 1_000_000 }]);
});

it('takes a row that is no JSON for poison', async () => {
  const projection = accounts();
  projection.on['Opened'] = () => ({ big: 1n });
  await withTransaction(at.pool, (client) => createTables(client, projection, 'a_v1_g1'));
  const page = await events(opened('a'));
  const applied = withTransaction(at.pool, (client) => applyRows(client, 'a_v1_g1', projection, page));
  await expect(applied).rejects.toBeInstanceOf(Poisoned);
});
