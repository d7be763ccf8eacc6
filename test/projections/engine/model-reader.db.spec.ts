import { describe, expect, it } from 'vitest';
import { openCursors } from '../../../src/projections/engine/cursor.js';
import type {
  Found,
  ListRequest,
  ModelReader,
  Page,
  RowProjection,
} from '../../../src/projections/engine/declaration.js';
import { openQueries } from '../../../src/projections/engine/query.js';
import { accounts, append, decoder, memoryStore, until, type Account } from './accounts-area.js';
import { retryParked } from '../../../src/projections/engine/parking.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();
const cursors = openCursors({ key: Buffer.alloc(32, 3) });
const names = ['zoë', 'Zoe', 'abe', 'Abe', 'abe', 'éa', 'b', 'B', 'abe', 'ä'];

async function filled(): Promise<{ model: ModelReader; projection: RowProjection }> {
  const store = memoryStore();
  await append(store, ...names.map((name, n) => ({ type: 'Opened', id: `s${n}`, data: { name } })));
  const projection = accounts();
  await at.run(store, [projection]).drained();
  const queries = openQueries({ store, pool: at.pool, cursors, open: async (json) => json });
  const reader = { tenantId: 't1', memberId: 'm', roles: [], teams: [] };
  const { ctx } = await queries.contextFor({ reads: [projection] }, { reader });
  return { model: ctx.model(projection), projection };
}

async function all(
  model: ModelReader,
  request: Omit<ListRequest, 'limit'>,
  limit: number,
): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<Found<Account>> = await model.list<Account>({ ...request, limit, cursor });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...page.items.map(({ key }) => key));
    cursor = page.next ?? undefined;
  } while (cursor);
  return found;
}

/** Sorted by the bytes of the name, then of the key: C collation. */
const sorted = names
  .map((name, n): [Buffer, string] => [Buffer.from(name), `s${n}`])
  .sort(([a, k], [b, l]) => Buffer.compare(a, b) || (k < l ? -1 : 1))
  .map(([, key]) => key);

describe('a list', () => {
  it('comes in C order, page by page, whatever the size of the pages', async () => {
    const { model } = await filled();
    const orderBy = "row->>'name'";
    for (const limit of [1, 3, 4, 10, 11]) {
      expect(await all(model, { orderBy }, limit)).toEqual(sorted);
      expect(await all(model, { orderBy, descending: true }, limit)).toEqual([...sorted].reverse());
      expect(await all(model, {}, limit)).toEqual(names.map((_, n) => `s${n}`));
    }
  });

  it('is filtered by conditions with values', async () => {
    const { model } = await filled();
    const where = [
      { sql: "row->>'name' = ?", values: ['abe'] },
      { sql: 'position > ? AND position < ?', values: [3, 9] },
    ];
    expect(await all(model, { where }, 1)).toEqual(['s4']);
    expect(await all(model, { where: [{ sql: "row->'tags' = '{}'" }] }, 4)).toHaveLength(10);
    const short = model.list({ where: [{ sql: 'key = ?' }], limit: 1 });
    await expect(short).rejects.toThrow('1 placeholders and 0 values');
  });

  it('refuses the cursor of another list', async () => {
    const { model } = await filled();
    const { next } = await model.list({ orderBy: "row->>'name'", limit: 2 });
    for (const other of [{}, { orderBy: "row->>'name'", descending: true }, { orderBy: "row->>'last'" }]) {
      await expect(model.list({ ...other, limit: 2, cursor: next! })).rejects.toMatchObject({
        code: 'invalid-input',
      });
    }
    const where = [{ sql: "row->>'name' = ?", values: ['abe'] }];
    const filtered = model.list({ orderBy: "row->>'name'", where, limit: 2, cursor: next! });
    await expect(filtered).rejects.toMatchObject({ code: 'invalid-input' });
    // The page's size is not part of what a cursor belongs to.
    expect((await model.list({ orderBy: "row->>'name'", limit: 5, cursor: next! })).items).toHaveLength(5);
  });

  it('does not lose rows quietly when what it sorts by is null', async () => {
    const { model } = await filled();
    await expect(model.list({ orderBy: "row->>'nothing'", limit: 2 })).rejects.toThrow('null');
  });

  it('uses the index of an expression, in conditions and in order', async () => {
    const { model } = await filled();
    await at.pool.query(
      `INSERT INTO rm.accounts_v1_g1 SELECT 't1', 'x' || n, jsonb_build_object('name', 'x' || n), n
       FROM generate_series(1, 20000) n`,
    );
    await at.pool.query('ANALYZE rm.accounts_v1_g1');
    const plans: string[] = [];
    const query = at.pool.query.bind(at.pool) as (
      text: unknown,
      values?: unknown[],
    ) => Promise<{ rows: object[] }>;
    at.pool.query = (async (given: { text?: string; values: unknown[] }) => {
      if (given.text?.includes('accounts_v1_g1')) {
        const { rows } = await query(`EXPLAIN ${given.text}`, given.values);
        plans.push(JSON.stringify(rows));
      }
      return query(given);
    }) as typeof at.pool.query;
    const orderBy = "row->>'name'";
    await model.list({ where: [{ sql: "row->>'name' = ?", values: ['x77'] }], limit: 5 });
    const { next } = await model.list({ orderBy, limit: 5 });
    await model.list({ orderBy, limit: 5, cursor: next! });
    expect(plans).toHaveLength(3);
    for (const plan of plans) expect(plan).toMatch(/Index (Only )?Scan|Bitmap/);
    expect(plans[2]).not.toContain('Sort');
  });
});

describe('a single row', () => {
  it('is answered from memory only while the table stands where it stood', async () => {
    const store = memoryStore();
    const [good, bad] = [accounts(), accounts({ superstitious: true })];
    const runner = at.run(store, [bad]);
    await append(
      store,
      { type: 'Opened', data: { name: 'n' } },
      { type: 'Added', data: { amount: 13, tag: 'x' } },
    );
    await runner.drained();
    const queries = openQueries({ store, pool: at.another(), cursors, open: async (json) => json });
    const reader = { tenantId: 't1', memberId: 'm', roles: [], teams: [] };
    const total = async (): Promise<number> => {
      const { ctx } = await queries.contextFor({ reads: [good] }, { reader });
      const found = (await ctx.model(good).get<Account>('a'))!;
      const { total } = found.row;
      // What a reader does to its row is its own affair.
      found.row.total = -1;
      return total;
    };
    expect([await total(), await total()]).toEqual([0, 0]);
    // A retry changes rows and leaves the position alone: what is known of the table holds for a second at most.
    await retryParked({ store, pool: at.pool, projection: good, projections: [good], decode: decoder() });
    await until('the row is mended', async () => (await total()) === 13);
    await append(store, { type: 'Renamed', data: { name: 'm' } });
    expect([await total(), await total()]).toEqual([13, 13]);
  });
});
