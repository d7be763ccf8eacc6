import { describe, expect, it } from 'vitest';
import type { Projection } from '../../../src/projections/engine/declaration.js';
import { listModels } from '../../../src/projections/engine/models.js';
import { listParked } from '../../../src/projections/engine/parking.js';
import { rebuild } from '../../../src/projections/engine/rebuild.js';
import { tableDigest } from '../../../src/projections/engine/table-digest.js';
import { openCursors } from '../../../src/projections/engine/cursor.js';
import { openQueries } from '../../../src/projections/engine/query.js';
import { accounts, append, decoder, memoryStore, sums, tagTotals, until, workload } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();
const tables = async (): Promise<string[]> => {
  const { rows } = await at.pool.query<{ tablename: string }>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'rm' AND tablename ~ '_v[0-9]+_g' ORDER BY 1`,
  );
  return rows.map(({ tablename }) => tablename);
};

describe('a rebuild', () => {
  it('gives the same tables, byte for byte, also under another time zone and locale', async () => {
    const store = memoryStore();
    await append(store, ...workload(400, 3));
    const projections: Projection[] = [accounts(), tagTotals(), sums()];
    const runner = at.run(store, projections, { pageLimit: 11 });
    await runner.drained();
    const elsewhere = at.another();
    elsewhere.on('connect', (client) => {
      void client.query(
        "SET TimeZone = 'Pacific/Chatham'; SET DateStyle = 'German'; SET extra_float_digits = -5",
      );
    });
    for (const projection of projections) {
      const before = await tableDigest({ pool: at.pool, projection });
      const told: number[] = [];
      const built = await rebuild({
        store,
        pool: elsewhere,
        projection,
        projections,
        decode: decoder(),
        pageLimit: 50,
        onProgress: ({ position }) => told.push(position),
      });
      expect(built).toMatchObject({ table: `${projection.name}_v1_g2`, position: 400, state: 'live' });
      expect(told.at(-1)).toBe(400);
      expect((await tableDigest({ pool: elsewhere, projection })).sha256).toBe(before.sha256);
    }
    expect(await tables()).toEqual([
      'accounts_v1_g2',
      'accounts_v1_g2_history',
      'sums_v1_g2',
      'tag_totals_v1_g2',
    ]);
    // The runner goes on with the new tables.
    await append(store, ...workload(50, 4));
    await runner.drained();
  });

  it('ends before an event that this program does not know, and what serves stays', async () => {
    const store = memoryStore();
    await append(store, { type: 'Opened', data: { name: 'n' } }, { type: 'Looked' }, { type: 'Closed' });
    const projection = accounts();
    const runner = at.run(store, [projection]);
    await runner.drained();
    await runner.stop();
    const before = await tableDigest({ pool: at.pool, projection });
    const decode = decoder({ newer: ['Looked'] });
    const task = { store, pool: at.another(), projection, projections: [projection], decode };
    await expect(rebuild(task)).rejects.toThrow('position 2 holds Looked, which is newer than this program');
    await expect(rebuild({ ...task, pageLimit: 1 })).rejects.toThrow('position 2 holds Looked');
    expect(await tableDigest({ pool: at.pool, projection })).toEqual(before);
  });

  it('under live appends never shows readers an empty or half-built table', async () => {
    const store = memoryStore();
    const projection = accounts();
    const ids = Array.from({ length: 40 }, (_, n) => `s${n}`);
    await append(store, ...ids.map((id) => ({ type: 'Opened', id, data: { name: id } })));
    const runner = at.run(store, [projection]);
    await runner.drained();
    const cursors = openCursors({ key: Buffer.alloc(32) });
    const queries = openQueries({ store, pool: at.another(), cursors, open: async (json) => json });
    const reader = { tenantId: 't1', memberId: 'm', roles: [], teams: [] };
    const over = new AbortController();
    const seen: number[] = [];
    let lastTotal = 0;
    const read = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const { ctx } = await queries.contextFor({ reads: [projection] }, { reader });
        const { items } = await ctx.model(projection).list({ limit: 500 });
        seen.push(items.length);
        const total = items.reduce((sum, { row }) => sum + Number(row['total']), 0);
        expect(total).toBeGreaterThanOrEqual(lastTotal);
        lastTotal = total;
      }
    };
    const write = async (): Promise<void> => {
      for (let n = 0; !over.signal.aborted; n += 1) {
        await append(store, { type: 'Added', id: ids[n % ids.length]!, data: { amount: 1, tag: 'x' } });
        if (n % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const around = [read(), read(), write()];
    for (let round = 0; round < 4; round += 1) {
      await rebuild({ store, pool: at.another(), projection, projections: [projection], decode: decoder() });
    }
    over.abort();
    await Promise.all(around);
    expect(seen.length).toBeGreaterThan(10);
    expect(new Set(seen)).toEqual(new Set([40]));
    await runner.drained();
    expect(await tables()).toEqual(['accounts_v1_g5', 'accounts_v1_g5_history']);
  });

  it('mends an inexact model', async () => {
    const store = memoryStore();
    await append(store, { type: 'Added', data: { amount: 13, tag: 'x' } });
    const runner = at.run(store, [tagTotals({ superstitious: true })]);
    await runner.drained();
    await until('it is inexact', () => runner.status()['tag_totals']!.inexact);
    const good = tagTotals();
    await rebuild({ store, pool: at.pool, projection: good, projections: [good], decode: decoder() });
    expect(await listParked(at.pool, good)).toEqual([]);
    await until('it is exact', () => !runner.status()['tag_totals']!.inexact);
    expect((await at.pool.query('SELECT row FROM rm.tag_totals_v1_g2')).rows).toEqual([
      { row: { total: 13, events: 1 } },
    ]);
  });

  it('that was killed is begun anew by the next one, and taken up by a runner when nobody does', async () => {
    const store = memoryStore();
    await append(store, ...workload(100, 9));
    const projection = accounts();
    const runner = at.run(store, [projection]);
    await runner.drained();
    const before = await tableDigest({ pool: at.pool, projection });
    const cut = new AbortController();
    const task = {
      store,
      pool: at.pool,
      projection,
      projections: [projection],
      decode: decoder(),
      pageLimit: 5,
    };
    const onProgress = (): void => cut.abort();
    await expect(rebuild({ ...task, onProgress, signal: cut.signal })).rejects.toThrow('stopped');
    expect((await listModels(at.pool, [projection])).map(({ state }) => state)).toEqual(['live', 'building']);
    const done = await rebuild(task);
    expect(done.table).toBe('accounts_v1_g3');

    const again = new AbortController();
    await expect(
      rebuild({ ...task, onProgress: () => again.abort(), signal: again.signal }),
    ).rejects.toThrow();
    await at.pool.query("UPDATE rm.checkpoints SET updated_at = updated_at - interval '1 minute'");
    await until('the runner has finished it', async () => {
      const [model, ...more] = await listModels(at.pool, [projection]);
      return more.length === 0 && model?.table === 'accounts_v1_g4' && model.state === 'live';
    });
    expect((await tableDigest({ pool: at.pool, projection })).sha256).toBe(before.sha256);
  });
});

describe('a new version', () => {
  it('is built beside the old one, and the old one goes when nobody names it', async () => {
    const store = memoryStore();
    await append(store, ...workload(100, 5));
    const old = at.run(store, [accounts({ version: 1 })], { processId: 'old' });
    await old.drained();
    const fresh = at.run(store, [accounts({ version: 2 })], {
      processId: 'new',
      pool: at.another(),
      heartbeatMs: 200,
    });
    await fresh.drained();
    await until('it is ready', () => fresh.ready());
    // Both serve, both are kept up to date.
    await append(store, ...workload(20, 6));
    await Promise.all([old.drained(), fresh.drained()]);
    const of = (version: number) => tableDigest({ pool: at.pool, projection: accounts({ version }) });
    expect((await of(1)).sha256).toBe((await of(2)).sha256);
    await old.stop();
    await until(
      'the old tables are gone',
      async () => !(await tables()).some((table) => table.includes('_v1_')),
    );
    expect(await tables()).toEqual(['accounts_v2_g1', 'accounts_v2_g1_history']);
  });

  it('stays while a silent process may still need the old one', async () => {
    const store = memoryStore();
    await at.run(store, [accounts({ version: 1 })], { processId: 'old', role: 'worker' }).stop();
    const old = at.run(store, [accounts({ version: 1 })], { processId: 'old' });
    await old.drained();
    await old.stop();
    // As a process that was killed a moment ago would have left it.
    await at.pool.query(
      `INSERT INTO ops.heartbeats (process_id, role, versions, lag) VALUES ('dead', 'api', '{"accounts": 1}', '{}')`,
    );
    const fresh = at.run(store, [accounts({ version: 2 })], { processId: 'new', heartbeatMs: 200 });
    await fresh.drained();
    await until('it has looked once', () => fresh.status()['accounts']!.heartbeatAt !== null);
    expect(await tables()).toContain('accounts_v1_g1');
    await at.pool.query("UPDATE ops.heartbeats SET at = at - interval '31 s' WHERE process_id = 'dead'");
    await until('the old tables are gone', async () => !(await tables()).includes('accounts_v1_g1'));
  });

  it('can be built ahead, and waits for those who need it', async () => {
    const store = memoryStore();
    await append(store, ...workload(100, 8));
    const serving = accounts({ version: 1 });
    const old = at.run(store, [serving], { processId: 'old' });
    await old.drained();
    const next = accounts({ version: 2 });
    const task = {
      store,
      pool: at.another(),
      projection: next,
      projections: [next],
      decode: decoder(),
      ahead: true,
    };
    expect(await rebuild(task)).toEqual({ table: 'accounts_v2_g1', position: 100, state: 'building' });
    await append(store, ...workload(30, 9));
    expect(await rebuild(task)).toEqual({ table: 'accounts_v2_g1', position: 130, state: 'building' });
    await old.drained();
    expect(old.ready()).toBe(true);
    expect(await tables()).toContain('accounts_v1_g1');
    const fresh = at.run(store, [next], { processId: 'new', pool: at.another() });
    await fresh.drained();
    expect(await rebuild(task)).toMatchObject({ table: 'accounts_v2_g1', state: 'live' });
    expect((await tableDigest({ pool: at.pool, projection: next })).sha256).toBe(
      (await tableDigest({ pool: at.pool, projection: serving })).sha256,
    );
  });
});
