import { beforeEach, describe, expect, it } from 'vitest';
import { openCodec } from '../../../src/commands/codec.js';
import { MemoryStore } from '../../../src/commands/event-store/memory.js';
import { memoryCheckpoints } from '../../../src/commands/memory-checkpoints.js';
import type { ReadDeadlines } from '../../../src/commands/timers.js';
import { openPool } from '../../../src/database/pool.js';
import { deadlinesOver } from '../../../src/projections/deadlines/deadlines.js';
import { openDeadlines } from '../../../src/projections/deadlines/earliest-deadlines.js';
import { rebuild } from '../../../src/projections/engine/rebuild.js';
import type { Runner } from '../../../src/projections/engine/runner.js';
import {
  errandModules,
  errandProcess,
  foldedDeadlines,
  type ErrandProcess,
} from '../../commands/errands-area.js';
import { seedFor } from '../../support/seed.js';
import { seeded } from '../engine/accounts-area.js';
import { engineDatabase } from '../engine/engine-database.js';

const database = engineDatabase();
const projection = deadlinesOver(errandModules);
const { decode } = openCodec(errandModules);
let store: MemoryStore;
let process: ErrandProcess;

beforeEach(() => {
  store = new MemoryStore();
  process = errandProcess(store);
});

const run = (): Runner => database.run(store, [projection], { decode });
const ask = (errandId: string, dueAt: string, tenantId?: string): Promise<unknown> =>
  process.send('askErrand', { errandId, what: 'work', dueAt }, tenantId);
const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString();

/** Everything, page by page. */
async function everything(read: ReadDeadlines, limit: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let page = await read(null, limit); page.length > 0; page = await read(page.at(-1)!, limit)) {
    expect(page.length).toBeLessThanOrEqual(limit);
    found.push(...page);
  }
  return found;
}

describe('the earliest deadlines', () => {
  it('come in order, whatever tenant they belong to', async () => {
    await ask('e1', day(5));
    await ask('e2', day(3), 'umbrella');
    await ask('e3', day(4));
    await ask('e3', day(2), 'umbrella');
    const runner = run();
    await runner.drained();
    const found = await openDeadlines(database.pool)(null, 3);
    expect(found).toEqual([
      expect.objectContaining({ tenantId: 'umbrella', streamId: 'e3', nextDueAt: day(2) }),
      expect.objectContaining({ tenantId: 'umbrella', streamId: 'e2', nextDueAt: day(3) }),
      {
        tenantId: 'acme',
        stream: 'errand-acme_e3',
        streamId: 'e3',
        decider: 'errand',
        timers: { lapse: day(4) },
        nextDueAt: day(4),
      },
    ]);
  });

  it('are the same page by page, however many fall on one instant', async () => {
    const random = seeded(seedFor('deadlines'));
    for (let n = 0; n < 150; n++) {
      const tenantId = ['acme', 'umbrella', 'b', 'c-d'][Math.floor(random() * 4)]!;
      await ask(`e${n}`, day(1 + Math.floor(random() * 6)), tenantId);
      if (random() < 0.2) await process.send('endErrand', { errandId: `e${n}` }, tenantId);
    }
    await run().drained();
    const expected = await everything(foldedDeadlines(store), 1_000);
    expect(expected.length).toBeGreaterThan(100);
    for (const limit of [1, 7, 1_000]) {
      expect(await everything(openDeadlines(database.pool), limit)).toEqual(expected);
    }
  });

  it('are none before the model serves', async () => {
    await ask('e1', day(5));
    expect(await openDeadlines(database.pool)(null, 10)).toEqual([]);
  });

  it('are looked up through the index: a look reads no more of them than it shows', async () => {
    const runner = run();
    await ask('e1', day(1));
    await runner.drained();
    const { rows } = await database.pool.query<{ table: string }>(
      `SELECT table_name AS "table" FROM rm.models WHERE projection = 'deadlines' AND state = 'live'`,
    );
    const { table } = rows[0]!;
    await database.pool.query(
      `INSERT INTO rm.${table} SELECT 'acme', 'bulk' || n, jsonb_build_object('nextDueAt',
         to_char(timestamp '2027-01-01' + n * interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), 1
       FROM generate_series(1, 20000) n`,
    );
    await database.pool.query(`ANALYZE rm.${table}`);
    // One connection, so that what it read is known to the statistics when it asks for them.
    const reader = openPool({ url: database.urls.app, max: 1, applicationName: 'spec' });
    const touched = async (): Promise<number> => {
      await reader.query('SELECT pg_stat_force_next_flush()');
      const { rows: stats } = await reader.query<{ read: string }>(
        'SELECT seq_tup_read + idx_tup_fetch AS read FROM pg_stat_user_tables WHERE relname = $1',
        [table],
      );
      return Number(stats[0]!.read);
    };
    const before = await touched();
    expect(await openDeadlines(reader)(null, 10)).toHaveLength(10);
    const read = (await touched()) - before;
    await reader.end();
    expect(read).toBeGreaterThanOrEqual(10);
    expect(read).toBeLessThan(100);
  });
});

describe('a rebuild of the timers', () => {
  it('sends nothing: neither timers nor reactors act on what is told again', async () => {
    for (let n = 0; n < 20; n++) await ask(`e${n}`, day(1));
    const runner = run();
    await runner.drained();
    const checkpoints = memoryCheckpoints();
    const reactors = process.reactors(checkpoints);
    await reactors.drained();
    await reactors.stop();
    const head = await store.head('record');
    const position = await checkpoints.position('bookkeeper');
    const built = await rebuild({
      store,
      pool: database.another(),
      projection,
      projections: [projection],
      decode,
    });
    expect(built).toMatchObject({ table: 'deadlines_v1_g2', state: 'live', position: head });
    expect(await store.head('record')).toBe(head);
    expect(await checkpoints.position('bookkeeper')).toBe(position);
    expect(await openDeadlines(database.pool)(null, 100)).toHaveLength(20);
  });
});
