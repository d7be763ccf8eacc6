import { describe, expect, it } from 'vitest';
import type { EventStore } from '../../../src/commands/event-store/port.js';
import type { Projection } from '../../../src/projections/engine/declaration.js';
import { listParked, retryParked } from '../../../src/projections/engine/parking.js';
import { tableDigest } from '../../../src/projections/engine/table-digest.js';
import { accounts, append, decoder, memoryStore, sums, tagTotals, until, workload } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();

const opened = (id: string) => ({ type: 'Opened', id, data: { name: id } });
const added = (id: string, amount: number) => ({ type: 'Added', id, data: { amount, tag: 'x' } });

const retry = (store: EventStore, projection: Projection, stream?: string) =>
  retryParked({
    store,
    pool: at.pool,
    projection,
    projections: [projection],
    decode: decoder(),
    ...(stream && { stream }),
  });

const totals = async (): Promise<Record<string, number>> => {
  const { rows } = await at.pool.query<{ key: string; total: number }>(
    `SELECT key, (row->>'total')::int AS total FROM rm.accounts_v1_g1 ORDER BY key`,
  );
  return Object.fromEntries(rows.map(({ key, total }) => [key, total]));
};

describe('a poison event in a stream-keyed projection', () => {
  it.each([1, 1000])('parks its stream, and a retry mends it in order (pages of %i)', async (pageLimit) => {
    const store = memoryStore();
    const bad = accounts({ superstitious: true });
    await append(store, opened('a'), opened('b'), added('a', 1));
    const poison = await append(store, added('a', 13));
    await append(store, added('a', 5), added('b', 2));
    const runner = at.run(store, [bad], { pageLimit });
    await runner.drained();
    await append(store, added('a', 7), added('b', 3));
    await runner.drained();
    expect(await totals()).toEqual({ a: 1, b: 5 });
    const parked = await listParked(at.pool, bad);
    expect(parked).toMatchObject([
      {
        tenantId: 't1',
        stream: 'account-t1_a',
        version: 3,
        position: poison,
        key: 'a',
        type: 'Added',
        cause: 'Error: thirteen',
      },
    ]);
    await until('it shows in the status', () => runner.status()['accounts']!.parked === 1);
    expect(runner.status()['accounts']).toMatchObject({ lag: 0, inexact: false });

    expect(await retry(store, bad)).toEqual({ mended: [], waiting: ['account-t1_a'] });
    expect(await listParked(at.pool, bad)).toMatchObject([{ position: poison }]);
    expect(await retry(store, accounts(), 'account-t1_b')).toEqual({ mended: [], waiting: [] });
    expect(await retry(store, accounts())).toEqual({ mended: ['account-t1_a'], waiting: [] });
    expect(await totals()).toEqual({ a: 26, b: 5 });
    expect(await listParked(at.pool, bad)).toEqual([]);
    await until('the status is well again', () => runner.status()['accounts']!.parked === 0);
    await append(store, added('a', 1));
    await runner.drained();
    expect(await totals()).toEqual({ a: 27, b: 5 });
  });

  it('leaves no trace after the retry: the tables equal those of a run without it', async () => {
    const store = memoryStore();
    await append(store, ...workload(300, 7));
    const [good, bad] = [accounts(), accounts({ superstitious: true })];
    const runner = at.run(store, [bad], { pageLimit: 20 });
    await runner.drained();
    const parked = await listParked(at.pool, bad);
    expect(parked.length).toBeGreaterThan(2);
    await retry(store, good);
    const mended = await tableDigest({ pool: at.pool, projection: good });
    const other = accounts({ name: 'never_parked' });
    const clean = at.run(store, [other], { processId: 'clean' });
    await clean.drained();
    expect((await tableDigest({ pool: at.pool, projection: other })).sha256).toBe(mended.sha256);
  });

  it('a retry that comes only so far parks the stream again where it stopped', async () => {
    const store = memoryStore();
    await append(store, opened('a'), added('a', 13), added('a', 2), { ...added('a', 4), type: 'Looked' });
    const later = await append(store, { type: 'Renamed', id: 'a', data: { name: 'n' } });
    const bad = accounts({ superstitious: true });
    await at.run(store, [bad]).drained();
    const unlucky = accounts();
    unlucky.on['Renamed'] = () => {
      throw new Error('no names');
    };
    expect(await retry(store, unlucky)).toEqual({ mended: [], waiting: ['account-t1_a'] });
    expect(await listParked(at.pool, bad)).toMatchObject([{ position: later, cause: 'Error: no names' }]);
    expect(await totals()).toEqual({ a: 15 });
  });

  it('also when the database refuses the row', async () => {
    const store = memoryStore();
    const nul = { type: 'Renamed', id: 'a', data: { name: 'x\u0000y' } };
    await append(store, opened('a'), opened('b'), added('a', 1), nul, added('a', 2), added('b', 3));
    const runner = at.run(store, [accounts()]);
    await runner.drained();
    expect(await totals()).toEqual({ a: 1, b: 3 });
    expect(await listParked(at.pool, accounts())).toMatchObject([{ stream: 'account-t1_a', position: 4 }]);
  });

  it('also when it cannot be read; a name that nobody handles parks it everywhere', async () => {
    const store = memoryStore();
    await append(store, opened('a'), { type: 'Retired', id: 'a' }, added('a', 1), opened('b'));
    const runner = at.run(store, [accounts(), sums()], { decode: decoder({ broken: ['Retired'] }) });
    await runner.drained();
    expect(await totals()).toEqual({ a: 0, b: 0 });
    expect(await listParked(at.pool, accounts())).toMatchObject([
      { type: 'Retired', cause: 'Error: cannot read Retired' },
    ]);
    await until('sums is inexact', () => runner.status()['sums']!.inexact);
  });
});

describe('a poison event in a projection across streams', () => {
  it('marks the model inexact and goes on', async () => {
    const store = memoryStore();
    await append(store, added('a', 1), added('b', 13), added('b', 2), added('a', 4));
    const bad = tagTotals({ superstitious: true });
    const runner = at.run(store, [bad]);
    await runner.drained();
    const { rows } = await at.pool.query('SELECT key, row FROM rm.tag_totals_v1_g1');
    expect(rows).toEqual([{ key: 'x', row: { total: 7, events: 3 } }]);
    await until('it shows', () => runner.status()['tag_totals']!.inexact);
    expect(await listParked(at.pool, bad)).toMatchObject([{ position: 2, key: 'x' }]);
    await expect(retry(store, bad)).rejects.toThrow('rebuild');
  });

  it.each([1, 2, 1000])('in SQL the database tells which event it is (pages of %i)', async (pageLimit) => {
    const store = memoryStore();
    await append(store, added('a', 4), added('a', 9), added('b', 8), added('a', 3), added('a', 1));
    const bounded = sums({ limit: 10 });
    const runner = at.run(store, [bounded], { pageLimit });
    await runner.drained();
    const { rows } = await at.pool.query('SELECT stream, total::int FROM rm.sums_v1_g1 ORDER BY stream');
    expect(rows).toEqual([
      { stream: 'account-t1_a', total: 8 },
      { stream: 'account-t1_b', total: 8 },
    ]);
    expect(await listParked(at.pool, bounded)).toMatchObject([{ position: 2, key: null }]);
    await until('it shows', () => runner.status()['sums']!.inexact);
  });

  it('in SQL the code may throw, and parts of what it did are undone', async () => {
    const store = memoryStore();
    await append(store, added('a', 4), added('b', 13), added('a', 3));
    const careless: Projection = {
      ...sums(),
      apply: async (db, table, events) => {
        await sums().apply(db, table, events);
        if (events.some(({ data }) => data['amount'] === 13)) throw new Error('thirteen');
      },
    };
    await at.run(store, [careless]).drained();
    const { rows } = await at.pool.query('SELECT stream, total::int FROM rm.sums_v1_g1');
    expect(rows).toEqual([{ stream: 'account-t1_a', total: 7 }]);
    expect(await listParked(at.pool, careless)).toMatchObject([
      { position: 2, cause: 'Poisoned: Error: thirteen' },
    ]);
  });
});
