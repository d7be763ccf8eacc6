import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MemoryStore } from '../../../src/commands/event-store/memory.js';
import type { EventStore } from '../../../src/commands/event-store/port.js';
import { memoryKeyring } from '../../../src/commands/sealing/memory-keyring.js';
import { openValues } from '../../../src/commands/sealing/open.js';
import { sealInput } from '../../../src/commands/sealing/seal.js';
import { personal } from '../../../src/domain/sealed.js';
import { refuse } from '../../../src/commands/rejections.js';
import { openCursors } from '../../../src/projections/engine/cursor.js';
import { query, type Projection } from '../../../src/projections/engine/declaration.js';
import { openQueries, type Queries, type ReadRequest } from '../../../src/projections/engine/query.js';
import { rebuild } from '../../../src/projections/engine/rebuild.js';
import {
  accounts,
  append,
  decoder,
  memoryStore,
  sums,
  tagTotals,
  workload,
  type Account,
} from './accounts-area.js';
import { engineDatabase } from './engine-database.js';
import { expectedRows } from './refold.js';

const at = engineDatabase();
const cursors = openCursors({ key: Buffer.alloc(32, 3) });
const reader = { tenantId: 't1', memberId: 'm1', roles: [], teams: [] };
const keyring = memoryKeyring();
const open = <T>(json: T): Promise<T> => openValues(json, keyring);
const opened = (id: string, name = id) => ({ type: 'Opened', id, data: { name } });

const readSide = (store: EventStore, patienceMs = 2_000): Queries =>
  openQueries({ store, pool: at.another(), cursors, open, patienceMs });
const read = (queries: Queries, projection: Projection, more: Partial<ReadRequest> = {}) =>
  queries.contextFor({ reads: [projection] }, { reader, ...more });

describe('a read', () => {
  it('sees what was written before it, whoever folds it', async () => {
    const store = memoryStore();
    const projection = accounts();
    at.run(store, [projection], { pool: at.another('one'), processId: 'one' });
    at.run(store, [projection], { pool: at.another('two'), processId: 'two' });
    const queries = readSide(store);
    for (let n = 0; n < 50; n += 1) {
      const written = await append(store, opened(`s${n % 5}`, `name ${n}`));
      const { ctx, position } = await read(queries, projection);
      expect(position).toBeGreaterThanOrEqual(written);
      expect((await ctx.model(projection).get<Account>(`s${n % 5}`))?.row.name).toBe(`name ${n}`);
    }
  });

  it('answers what there is when the model lags, and does not wait again for a while', async () => {
    const store = memoryStore();
    const projection = accounts();
    const runner = at.run(store, [projection]);
    const known = await append(store, opened('a'));
    await runner.drained();
    await runner.stop();
    const missing = await append(store, opened('b'));
    const queries = readSide(store, 300);
    const begun = performance.now();
    expect((await read(queries, projection)).position).toBe(known);
    const waited = performance.now() - begun;
    expect(waited).toBeGreaterThan(300);
    const { ctx, position } = await read(queries, projection);
    expect(performance.now() - begun - waited).toBeLessThan(300);
    expect([position, await ctx.model(projection).get('b')]).toEqual([known, null]);
    // Whoever has to see it is told that it cannot be seen.
    for (const more of [{ minPosition: missing }, { ownPosition: missing }]) {
      await expect(read(queries, projection, more)).rejects.toMatchObject({
        code: 'unavailable',
        row: { status: 503 },
      });
    }
    expect((await read(queries, projection, { minPosition: known })).position).toBe(known);
    await at.run(store, [projection]).drained();
    expect((await read(queries, projection, { minPosition: missing })).position).toBe(missing);
  });

  it('refuses a position beyond the head, and answers 503 where nothing serves yet', async () => {
    const store = memoryStore();
    await append(store, opened('a'));
    const queries = readSide(store, 50);
    await expect(read(queries, accounts(), { minPosition: 2 })).rejects.toMatchObject({
      code: 'invalid-input',
      more: { errors: [{ pointer: '/minPosition' }] },
    });
    await expect(read(queries, accounts())).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('says when events are missing, and refuses where a position is required', async () => {
    const store = memoryStore();
    const [bad, fine] = [accounts({ superstitious: true }), sums()];
    const poison = await append(store, opened('a'), { type: 'Added', data: { amount: 13, tag: 'x' } });
    await at.run(store, [bad, fine]).drained();
    const queries = readSide(store);
    const both = await queries.contextFor({ reads: [bad, fine] }, { reader });
    expect(both.degraded).toEqual(['accounts']);
    expect((await read(queries, fine, { minPosition: poison })).degraded).toEqual([]);
    await expect(read(queries, bad, { minPosition: poison })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('goes to the new table when the old one is swapped away meanwhile', async () => {
    const store = memoryStore();
    await append(store, opened('a'), { type: 'Added', data: { amount: 2, tag: 'x' } });
    const [row, sql] = [accounts(), sums()];
    await at.run(store, [row, sql]).drained();
    const { ctx } = await readSide(store).contextFor({ reads: [row, sql] }, { reader });
    for (const projection of [row, sql]) {
      await rebuild({ store, pool: at.pool, projection, projections: [row, sql], decode: decoder() });
    }
    expect(await ctx.model(row).get('a')).toMatchObject({ position: 2 });
    expect(await ctx.sql(sql, 'SELECT total::int FROM {table} t', [])).toEqual([{ total: 2 }]);
  });

  it('is of one tenant, whatever the query says', async () => {
    const store = memoryStore();
    await append(store, { ...opened('a'), tenant: 't1' }, { ...opened('b'), tenant: 't2' });
    await append(store, { type: 'Added', id: 'b', tenant: 't2', data: { amount: 1, tag: 'x' } });
    const [row, sql] = [accounts(), sums()];
    await at.run(store, [row, sql]).drained();
    const { ctx } = await readSide(store).contextFor({ reads: [row, sql] }, { reader });
    const where = [{ sql: "row->>'name' = ? OR true", values: ['b'] }];
    expect((await ctx.model(row).list({ where, limit: 10 })).items.map(({ key }) => key)).toEqual(['a']);
    expect(await ctx.model(row).get('b')).toBeNull();
    expect(await ctx.sql(sql, 'SELECT * FROM {table} t', [])).toEqual([]);
  });

  it('reads only what it declares', async () => {
    const store = memoryStore();
    const [row, sql] = [accounts(), sums()];
    await at.run(store, [row, sql]).drained();
    const { ctx } = await read(readSide(store), row);
    expect(() => ctx.sql(sql, 'SELECT 1', [])).toThrow('does not declare');
    expect(() => ctx.model(tagTotals())).toThrow('does not declare');
  });

  it('runs a query and tells its position', async () => {
    const store = memoryStore();
    const row = accounts();
    const position = await append(store, opened('a', 'Ann'));
    await at.run(store, [row]).drained();
    const getAccount = query({
      http: 'GET /accounts/:id',
      summary: '',
      permission: 'x',
      reads: [row],
      input: z.strictObject({ id: z.string() }),
      output: z.string(),
      run: async ({ id }, ctx) => ({ body: (await ctx.model(row).get<Account>(id))?.row.name ?? '' }),
    });
    const ran = await readSide(store).run({ query: getAccount, input: { id: 'a' }, reader });
    expect(ran).toEqual({ answer: { body: 'Ann' }, position, degraded: [] });
  });

  it('opens what is sealed for an answer that is computed from it', async () => {
    const store = memoryStore();
    const row = accounts();
    await at.run(store, [row]).drained();
    const { ctx } = await read(readSide(store), row);
    const schema = z.strictObject({ note: personal('@actor', z.string()) });
    const around = { tenantId: 't1', scope: 'account-t1_a', commandId: 'c', actorId: 'ada', keyring };
    const sealed = await sealInput({ ...around, schema, input: { note: 'between us' } });
    expect(JSON.stringify(sealed)).not.toContain('between us');
    expect(await ctx.open([sealed])).toEqual([{ note: 'between us' }]);
    expect(await ctx.asOfPosition(0).open(sealed)).toEqual({ note: 'between us' });
  });

  it('tells of a database that cannot be reached as unavailable', async () => {
    const store = memoryStore();
    const row = accounts();
    await at.run(store, [row]).drained();
    const pool = at.another();
    const queries = openQueries({ store, pool, cursors, open });
    const { ctx } = await read(queries, row);
    const broken = Object.assign(new Error('Connection terminated unexpectedly'));
    pool.query = () => Promise.reject(broken);
    await expect(ctx.model(row).get('a')).rejects.toMatchObject({ name: 'StoreUnavailable', cause: broken });
  });
});

describe('as of a moment', () => {
  it('a list is what it was then, at every position', async () => {
    const store = memoryStore();
    await append(store, ...workload(120, 21));
    const projection = accounts();
    await at.run(store, [projection]).drained();
    const queries = readSide(store);
    for (let position = 0; position <= 120; position += 7) {
      const { ctx, ...opened } = await read(queries, projection, { asOf: String(position) });
      expect([ctx.asOf, opened.position]).toEqual([position, position]);
      const { items } = await ctx.model(projection).list<Account>({ limit: 100 });
      const expected = (await expectedRows(at.pool, store, projection, position)) as Record<string, string>[];
      const own = expected.filter(({ tenant_id }) => tenant_id === 't1');
      expect(items.map((item) => [item.key, item.row, item.position])).toEqual(
        own.map(({ key, row, position: of }) => [key, JSON.parse(row!), Number(of)]),
      );
      for (const { key, row } of items) expect((await ctx.model(projection).get(key))?.row).toEqual(row);
    }
  });

  it('an instant means the last position recorded by then', async () => {
    let clock = '2026-01-01T00:00:00.000Z';
    const store = new MemoryStore({ now: () => clock });
    const projection = accounts();
    const runner = at.run(store, [projection]);
    await append(store, opened('a', 'old'));
    clock = '2026-02-01T00:00:00.000Z';
    await append(store, opened('a', 'new'));
    clock = '2026-03-01T00:00:00.000Z';
    await runner.drained();
    const queries = readSide(store);
    const nameAt = async (asOf: string): Promise<unknown> => {
      const { ctx } = await read(queries, projection, { asOf });
      return (await ctx.model(projection).get<Account>('a'))?.row.name;
    };
    expect(await nameAt('2026-01-31T23:59:59Z')).toBe('old');
    expect(await nameAt('2026-02-01T00:00:00Z')).toBe('new');
    expect(await nameAt('2025-12-31T00:00:00Z')).toBeUndefined();
    const { ctx } = await read(queries, projection);
    expect(await ctx.at('2026-01-15T00:00:00Z')).toBe(1);
    expect((await ctx.asOfPosition(1).model(projection).get<Account>('a'))?.row.name).toBe('old');
    for (const asOf of ['2026-04-01T00:00:00Z', '3', 'soon']) {
      await expect(nameAt(asOf)).rejects.toMatchObject({
        code: 'invalid-input',
        more: { errors: [{ pointer: '/asOf' }] },
      });
    }
  });

  it('can also be asked how things are now', async () => {
    const store = memoryStore();
    const projection = accounts();
    at.run(store, [projection]);
    await append(store, opened('a', 'old'));
    const queries = readSide(store);
    for (let n = 0; n < 20; n += 1) {
      await append(store, { type: 'Opened', id: 'a', data: { name: `name ${n}` } });
      const { ctx } = await read(queries, projection, { asOf: '1' });
      const nameIn = async ({ model }: typeof ctx) => (await model(projection).get<Account>('a'))?.row.name;
      expect(ctx.current().asOf).toBeUndefined();
      expect([await nameIn(ctx), await nameIn(ctx.current())]).toEqual(['old', `name ${n}`]);
      expect(await nameIn(ctx.current().asOfPosition(1))).toBe('old');
    }
  });

  it('does not say that nothing is there now while the model is behind', async () => {
    const store = memoryStore();
    const row = accounts();
    const runner = at.run(store, [row]);
    await append(store, opened('a'));
    await runner.drained();
    await runner.stop();
    const findNow = query({
      http: 'GET /accounts/:id',
      summary: '',
      permission: 'x',
      asOf: true,
      reads: [row],
      input: z.strictObject({ id: z.string() }),
      output: z.string(),
      run: async ({ id }, ctx) => {
        const found = await ctx.current().model(row).get<Account>(id);
        return found ? { body: found.row.name } : refuse('not-found');
      },
    });
    const queries = readSide(store, 50);
    const asked = { query: findNow, input: { id: 'b' }, reader, asOf: '1' };
    await expect(queries.run(asked)).rejects.toMatchObject({ code: 'not-found' });
    await append(store, opened('b'));
    await expect(queries.run(asked)).rejects.toMatchObject({ code: 'unavailable' });
    await at.run(store, [row]).drained();
    expect((await queries.run(asked)).answer).toEqual({ body: 'b' });
  });

  it('an immutable row is there from its own position on', async () => {
    const store = memoryStore();
    const once: Projection = { ...accounts({ name: 'once' }), asOf: 'immutable' };
    await append(store, opened('a'), opened('b'));
    await at.run(store, [once]).drained();
    const { ctx } = await read(readSide(store), once, { asOf: '1' });
    expect((await ctx.model(once).list({ limit: 9 })).items.map(({ key }) => key)).toEqual(['a']);
    expect(await ctx.model(once).get('b')).toBeNull();
  });

  it('is not asked of a model that keeps none', async () => {
    const store = memoryStore();
    await append(store, opened('a'));
    const totals = tagTotals();
    await at.run(store, [totals]).drained();
    const { ctx } = await read(readSide(store), totals, { asOf: '1' });
    expect(() => ctx.model(totals)).toThrow('keeps no history');
  });
});

describe('names', () => {
  it('lead to ids through claims', async () => {
    const store = memoryStore();
    const row = accounts();
    await at.run(store, [row]).drained();
    await store.append({
      log: 'record',
      tenantId: 't1',
      stream: 'persona-t1_p_1',
      expectedVersion: 0,
      guards: [],
      commandId: 'c',
      claims: [{ op: 'take', kind: 'slug', key: 'abbey' }],
      events: [
        {
          eventId: 'e',
          type: 'Looked',
          schemaVersion: 1,
          data: '{}',
          actor: '{}',
          meta: '{"commandId":"c"}',
          occurredAt: store.now(),
        },
      ],
    });
    const { ctx } = await read(readSide(store), row);
    const id = '0197f3a0-0000-7000-8000-000000000000';
    expect(await ctx.resolve('slug', 'persona', 'abbey')).toBe('p_1');
    expect(await ctx.resolve('slug', 'template', 'abbey')).toBeNull();
    expect(await ctx.resolve('slug', 'persona', 'nobody')).toBeNull();
    expect(await ctx.resolve('slug', 'persona', id)).toBe(id);
  });
});
