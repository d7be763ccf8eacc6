import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { tableDigest } from '../../../src/projections/engine/table-digest.js';
import type { Runner } from '../../../src/projections/engine/runner.js';
import {
  accounts,
  append,
  decoder,
  memoryStore,
  seeded,
  sums,
  tagTotals,
  until,
  workload,
} from './accounts-area.js';
import { engineDatabase } from './engine-database.js';
import { expectedHistory, expectedRows } from './refold.js';

const at = engineDatabase();

/** As when a process is killed: the server drops its connections, whatever they are doing. */
async function cut(pool: pg.Pool, name: string): Promise<void> {
  await until(`a connection of ${name} is cut`, async () => {
    const { rows } = await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = $1`,
      [name],
    );
    return rows.length > 0;
  });
}

describe('what the tables hold', () => {
  it.each([1, 7, 1000])('is what folding one by one gives, in pages of %i', async (pageLimit) => {
    const store = memoryStore();
    await append(store, ...workload(400, 42));
    const [row, cross, sql] = [accounts(), tagTotals(), sums()];
    const runner = at.run(store, [row, cross, sql], { pageLimit });
    await runner.drained();
    const { rows } = await at.pool.query(
      'SELECT tenant_id, key, row::text, position FROM rm.accounts_v1_g1 ORDER BY tenant_id, key',
    );
    expect(rows).toEqual(await expectedRows(at.pool, store, row));
    const { rows: history } = await at.pool.query(
      `SELECT tenant_id, key, row::text, from_position, to_position FROM rm.accounts_v1_g1_history
       ORDER BY tenant_id, key, from_position`,
    );
    expect(history).toEqual(await expectedHistory(at.pool, store, row));
    const { rows: totals } = await at.pool.query(
      'SELECT tenant_id, key, row::text, position FROM rm.tag_totals_v1_g1 ORDER BY tenant_id, key',
    );
    expect(totals).toEqual(await expectedRows(at.pool, store, cross));
    // The same digest in each of the three runs: page size shows nowhere.
    const digests = [];
    for (const projection of [row, cross, sql])
      digests.push(await tableDigest({ pool: at.pool, projection }));
    expect(digests.map(({ sha256 }) => sha256)).toMatchInlineSnapshot(`
      [
        "015b09db121ee9a670b297ed295b82955d990dcaa1ccb70a8144c992b762a124",
        "cc87964299af3f4e5fb32d2bf2ee07213a60247742c77b69b764be726b72f7e5",
        "f9123fffefb25f6b9edae23d30738cf134ad163b7d0640b0ff3af2209eb86e24",
      ]
    `);
  });

  it('is right although two processes are cut off at random moments', async () => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
    console.info(`seed ${seed}`);
    const random = seeded(seed);
    const store = memoryStore();
    const projections = [accounts(), tagTotals(), sums()];
    const begin = (name: string): Runner =>
      at.run(store, projections, { pool: at.another(name), processId: name, pageLimit: 5 });
    const both = [begin('one'), begin('two')];
    const list = workload(500, seed);
    for (let round = 0; list.length > 0; round += 1) {
      await append(store, ...list.splice(0, 1 + Math.floor(random() * 8)));
      if (round % 10 === 9) {
        const which = random() < 0.5 ? 0 : 1;
        await both[which]!.stop();
        both[which] = begin(which === 0 ? 'one' : 'two');
      } else if (round % 2 === 0) {
        await cut(at.pool, random() < 0.5 ? 'one' : 'two');
      }
    }
    await both[0]!.drained();
    for (const projection of projections.slice(0, 2) as ReturnType<typeof accounts>[]) {
      const { rows } = await at.pool.query(
        `SELECT tenant_id, key, row::text, position FROM rm.${projection.name}_v1_g1 ORDER BY tenant_id, key`,
      );
      expect(rows).toEqual(await expectedRows(at.pool, store, projection));
    }
    const { rows: totals } = await at.pool.query<{ sum: string }>('SELECT sum(total) FROM rm.sums_v1_g1');
    const all = (await store.readAll('record', 0, 10_000)).events.filter(({ type }) => type === 'Added');
    const sum = all.reduce((total, { data }) => total + (JSON.parse(data) as { amount: number }).amount, 0);
    expect(Number(totals[0]!.sum)).toBe(sum);
    const { rows: history } = await at.pool.query(
      `SELECT tenant_id, key, row::text, from_position, to_position FROM rm.accounts_v1_g1_history
       ORDER BY tenant_id, key, from_position`,
    );
    expect(history).toEqual(await expectedHistory(at.pool, store, accounts()));
  });
});

describe('status', () => {
  it('tells version, position, lag and signs of life', async () => {
    const store = memoryStore();
    const runner = at.run(store, [accounts(), sums()], { processId: 'p1' });
    expect(runner.ready()).toBe(false);
    const position = await append(store, { type: 'Opened', data: { name: 'n' } });
    await runner.drained();
    await until('the runner is ready', () => runner.ready());
    expect(runner.status()['accounts']).toMatchObject({
      version: 1,
      position,
      head: position,
      lag: 0,
      state: 'live',
      parked: 0,
      inexact: false,
      outdated: null,
      error: null,
    });
    expect(runner.status()['accounts']!.heartbeatAt).not.toBeNull();
    const { rows } = await at.pool.query('SELECT process_id, role, versions FROM ops.heartbeats');
    expect(rows).toEqual([{ process_id: 'p1', role: 'all', versions: { accounts: 1, sums: 1 } }]);
    await runner.stop();
    expect((await at.pool.query('SELECT 1 FROM ops.heartbeats')).rows).toEqual([]);
  });

  it('shows what keeps failing, and the projection goes on when it ends', async () => {
    const store = memoryStore();
    await append(store, { type: 'Opened', data: { name: 'n' } });
    const runner = at.run(store, [accounts()]);
    await runner.drained();
    await at.pool.query('ALTER TABLE rm.accounts_v1_g1 RENAME TO elsewhere');
    const position = await append(store, { type: 'Renamed', data: { name: 'm' } });
    await until(
      'the failure shows',
      () => runner.status()['accounts']!.error?.includes('accounts_v1_g1') ?? false,
    );
    expect(runner.status()['accounts']!.position).toBe(position - 1);
    await at.pool.query('ALTER TABLE rm.elsewhere RENAME TO accounts_v1_g1');
    await runner.drained();
    expect(runner.status()['accounts']).toMatchObject({ position, error: null });
  });
});

describe('an event that the process does not know', () => {
  it('stops it before the event, and a newer process takes it past', async () => {
    const store = memoryStore();
    const known = await append(store, { type: 'Opened', data: { name: 'n' } });
    const last = await append(store, { type: 'Looked' }, { type: 'Renamed', data: { name: 'm' } });
    const old = at.run(store, [accounts(), sums()], { decode: decoder({ newer: ['Looked'] }) });
    await until('it stands aside', () => old.status()['accounts']!.outdated !== null);
    await until('it has come that far', () => old.status()['accounts']!.position === known);
    expect(old.status()['accounts']!.outdated).toEqual({ position: 2, type: 'Looked' });
    expect((await at.pool.query('SELECT 1 FROM rm.parked')).rows).toEqual([]);
    const fresh = at.run(store, [accounts(), sums()], { pool: at.another() });
    await fresh.drained();
    await until('the old one has seen it', () => old.status()['accounts']!.position === last);
    expect(old.status()['accounts']!.outdated).toBeNull();
    // Beyond it the old process takes part again.
    await fresh.stop();
    await append(store, { type: 'Renamed', data: { name: 'o' } });
    await old.drained();
  });
});

describe('a process for the API alone', () => {
  it('folds nothing, and is ready when a worker has built its versions', async () => {
    const store = memoryStore();
    await append(store, { type: 'Opened', data: { name: 'n' } });
    const api = at.run(store, [accounts()], { role: 'api', processId: 'api' });
    await until(
      'it has shown itself',
      async () => (await at.pool.query('SELECT 1 FROM ops.heartbeats')).rows.length === 1,
    );
    expect((await at.pool.query('SELECT 1 FROM rm.models')).rows).toEqual([]);
    expect(api.status()['accounts']!.state).toBe('absent');
    const worker = at.run(store, [accounts()], { role: 'worker', pool: at.another(), processId: 'worker' });
    await worker.drained();
    await until('it is ready', () => api.ready());
  });
});
