/** Lists whose rows name a row of another model: only those whose other row meets the conditions. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { EventStore } from '../../../src/commands/event-store/port.js';
import { numbered } from '../../../src/projections/engine/conditions.js';
import { refuse } from '../../../src/commands/rejections.js';
import { openCursors } from '../../../src/projections/engine/cursor.js';
import { query, type ListRequest, type WhereOther } from '../../../src/projections/engine/declaration.js';
import { openQueries, type Queries, type ReadRequest } from '../../../src/projections/engine/query.js';
import { rebuild } from '../../../src/projections/engine/rebuild.js';
import { accounts, append, decoder, memoryStore, type Account } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();
const cursors = openCursors({ key: Buffer.alloc(32, 3) });
const reader = { tenantId: 't1', memberId: 'm', roles: [], teams: [] };

/** The listed model; an account's name says whose it is: the key of an owner. */
const listed = accounts();
/** The other model, over the same events: an owner is an account too, and is shown while it is called `open`. */
const owners = accounts({ name: 'owners' });
const other = (more: Partial<WhereOther> = {}): WhereOther => ({
  projection: owners,
  key: "nullif(row->>'name', 'nobody')",
  where: [{ sql: "row->>'name' = ?", values: ['open'] }],
  ...more,
});
const opened = (id: string, name: string, tenant = 't1') => ({
  type: 'Opened',
  id,
  tenant,
  data: { name },
});
const renamed = (id: string, name: string) => ({ type: 'Renamed', id, data: { name } });

const readSide = (store: EventStore, patienceMs = 2_000): Queries =>
  openQueries({ store, pool: at.another(), cursors, open: async (json) => json, patienceMs });

async function keys(
  queries: Queries,
  request: Partial<ListRequest>,
  more: Partial<ReadRequest> = {},
): Promise<string[]> {
  const { ctx } = await queries.contextFor({ reads: [listed, owners] }, { reader, ...more });
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await ctx.model(listed).list<Account>({ limit: 2, ...request, cursor });
    found.push(...page.items.map(({ key }) => key));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** Owners o1 (open) and o2 (closed), four accounts of o1, two of o2, one of an owner that is not there, one of nobody. */
async function filled(): Promise<EventStore> {
  const store = memoryStore();
  const of = (owner: string, ...ids: string[]) => ids.map((id) => opened(id, owner));
  await append(
    store,
    opened('o1', 'open'),
    opened('o2', 'shut'),
    ...of('o1', 'a1', 'a2', 'a3', 'a4'),
    ...of('o2', 'b1', 'b2'),
    ...of('gone', 'c1'),
    ...of('nobody', 'd1'),
    // Elsewhere o2 is open, and there are accounts of o1.
    opened('o2', 'open', 't2'),
    opened('e1', 'o1', 't2'),
  );
  return store;
}

describe('a list of rows that name others', () => {
  it('has those whose other row meets the conditions, on pages that are full', async () => {
    const store = await filled();
    await at.run(store, [listed, owners]).drained();
    const queries = readSide(store);
    expect(await keys(queries, { whereOther: [other()] })).toEqual(['a1', 'a2', 'a3', 'a4']);
    const ofAny = await keys(queries, { whereOther: [other({ where: [] })] });
    expect(ofAny.join(' ')).toBe('a1 a2 a3 a4 b1 b2');
    const { ctx } = await queries.contextFor({ reads: [listed, owners] }, { reader });
    const page = await ctx.model(listed).list({ whereOther: [other()], limit: 3 });
    expect(page.items).toHaveLength(3);
    expect(page.next).not.toBeNull();
  });

  it('has those that name none where that is asked for', async () => {
    const store = await filled();
    await at.run(store, [listed, owners]).drained();
    const whereOther = [other({ orNull: true })];
    expect(await keys(readSide(store), { whereOther })).toEqual(['a1', 'a2', 'a3', 'a4', 'd1']);
  });

  it('is filtered and sorted besides, by values of its own', async () => {
    const store = await filled();
    await at.run(store, [listed, owners]).drained();
    const queries = readSide(store);
    const where = [{ sql: 'key > ?', values: ['a1'] }];
    const whereNow = [{ sql: 'key < ?', values: ['a4'] }];
    const request = { where, whereNow, whereOther: [other()], orderBy: "row->>'name'", descending: true };
    expect(await keys(queries, request)).toEqual(['a3', 'a2']);
    expect(await keys(queries, request, { asOf: '10' })).toEqual(['a3', 'a2']);
  });

  it('can name several', async () => {
    const store = await filled();
    await at.run(store, [listed, owners]).drained();
    const self = { projection: listed, key: 'key', where: [{ sql: 'key <> ?', values: ['a2'] }] };
    expect(await keys(readSide(store), { whereOther: [other(), self] })).toEqual(['a1', 'a3', 'a4']);
  });

  it('refuses the cursor of a list with other conditions', async () => {
    const store = await filled();
    await at.run(store, [listed, owners]).drained();
    const { ctx } = await readSide(store).contextFor({ reads: [listed, owners] }, { reader });
    const model = ctx.model(listed);
    const { next } = await model.list({ whereOther: [other()], limit: 2 });
    const shut = { where: [{ sql: "row->>'name' = ?", values: ['shut'] }] };
    for (const whereOther of [[], [other(shut)], [other({ orNull: true })], [other(), other()]]) {
      const list = model.list({ whereOther, limit: 2, cursor: next! });
      await expect(list).rejects.toMatchObject({ code: 'invalid-input' });
    }
    const again = await model.list({ whereOther: [other({ orNull: false })], limit: 9, cursor: next! });
    expect(again.items.map(({ key }) => key)).toEqual(['a3', 'a4']);
  });
});

describe('the other row', () => {
  it('is as it is now, whatever the moment of the list', async () => {
    const store = await filled();
    const runner = at.run(store, [listed, owners]);
    await append(store, renamed('o1', 'shut'), renamed('o2', 'open'), renamed('a1', 'o2'));
    await runner.drained();
    const queries = readSide(store);
    expect(await keys(queries, { whereOther: [other()] })).toEqual(['a1', 'b1', 'b2']);
    expect(await keys(queries, { whereOther: [other()] }, { asOf: '7' })).toEqual(['b1']);
    await append(store, { type: 'Closed', id: 'o2' });
    expect(await keys(queries, { whereOther: [other()] }, { asOf: '7' })).toEqual([]);
  });

  it('is waited for, whoever folds it', async () => {
    const store = await filled();
    at.run(store, [listed], { pool: at.another('one'), processId: 'one' });
    at.run(store, [owners], { pool: at.another('two'), processId: 'two' });
    const queries = readSide(store);
    for (let n = 0; n < 15; n += 1) {
      const isOpen = n % 2 === 1;
      await append(store, renamed('o1', isOpen ? 'open' : 'shut'));
      const expected = isOpen ? ['a1', 'a2', 'a3', 'a4'] : [];
      expect(await keys(queries, { whereOther: [other()] }, { asOf: '10' })).toEqual(expected);
    }
  });

  it('that is behind makes “nothing there” unavailable', async () => {
    const store = await filled();
    await at.run(store, [listed]).drained();
    const runner = at.run(store, [owners], { processId: 'two' });
    await runner.drained();
    await runner.stop();
    await append(store, renamed('o2', 'open'));
    const findFirst = query({
      http: 'GET /accounts',
      summary: '',
      permission: 'x',
      asOf: true,
      reads: [listed, owners],
      input: z.strictObject({}),
      output: z.array(z.string()),
      run: async (_, ctx) => {
        const { items } = await ctx.model(listed).list({ whereOther: [other()], limit: 9 });
        const found = items.map(({ key }) => key).filter((key) => key === 'b1');
        return found.length > 0 ? { body: found } : refuse('not-found');
      },
    });
    const asked = { query: findFirst, input: {}, reader, asOf: '10' };
    await expect(readSide(store, 50).run(asked)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([
    ['the other', [owners]],
    ['the listed', [listed]],
    ['both', [listed, owners]],
  ])('is found when %s table is swapped away meanwhile', async (_, swapped) => {
    const store = await filled();
    const projections = [listed, owners];
    await at.run(store, projections).drained();
    const { ctx } = await readSide(store).contextFor({ reads: projections }, { reader });
    for (const projection of swapped) {
      await rebuild({ store, pool: at.pool, projection, projections, decode: decoder() });
    }
    expect((await ctx.model(listed).list({ whereOther: [other()], limit: 9 })).items).toHaveLength(4);
  });

  it('is of a model that the query declares', async () => {
    const store = await filled();
    await at.run(store, [listed, owners]).drained();
    const { ctx } = await readSide(store).contextFor({ reads: [listed] }, { reader });
    const undeclared = async () => ctx.model(listed).list({ whereOther: [other()], limit: 1 });
    await expect(undeclared()).rejects.toThrow('does not declare that it reads owners');
  });
});

it('a condition has a value for each placeholder', () => {
  const values: unknown[] = ['t1'];
  expect(numbered(listed, { sql: 'key > ? AND key < ?', values: ['a', 'b'] }, values)).toBe(
    'key > $2 AND key < $3',
  );
  expect(values).toEqual(['t1', 'a', 'b']);
  expect(() => numbered(listed, { sql: 'key > ?' }, values)).toThrow('1 placeholders and 0 values');
});
