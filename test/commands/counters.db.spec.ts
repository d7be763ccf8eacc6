import { v7 } from 'uuid';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { openCounters, type Counters } from '../../src/commands/counters.js';
import { StoreUnavailable } from '../../src/commands/event-store/port.js';
import { openPool } from '../../src/database/pool.js';
import { freshDatabase } from '../support/database.js';
import { postgresProxy } from '../support/postgres-proxy.js';
import { countersContract, one } from './counters-contract.js';

const database = await freshDatabase();
const admin = openPool({ url: database.urls.app, max: 4, applicationName: 'counters-spec' });
afterAll(async () => {
  await admin.end();
  await database.drop();
});

/** Counters as one process has them. */
function open(url: string = database.urls.app): Counters {
  const pool = openPool({ url, max: 4, applicationName: 'counters-spec' });
  const { count, close } = openCounters({ pool, log: { warn: () => {} } });
  return { count, close: () => close().then(() => pool.end()) };
}

function opened(url?: string): Counters {
  const counters = open(url);
  onTestFinished(() => counters.close());
  return counters;
}

countersContract('postgres', () => Promise.resolve(open()));

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const byValue = (a: number, b: number): number => a - b;

describe('two processes', () => {
  it('never give one value to two', async () => {
    const processes = [opened(), opened()];
    const count = one();
    const values = await Promise.all(
      Array.from({ length: 400 }, (_, n) => processes[n % 2]!.count('acme', v7(), [count])),
    );
    expect(values.flat().sort(byValue)).toEqual(upTo(400));
  });

  it('count a command once that comes to both at once', async () => {
    const processes = [opened(), opened()];
    const count = one();
    for (let round = 1; round <= 40; round++) {
      const twin = v7();
      const values = await Promise.all(
        processes.flatMap((process) => [
          process.count('acme', twin, [count]),
          process.count('acme', v7(), [one()]),
        ]),
      );
      expect([values[0], values[2]]).toEqual([[round], [round]]);
    }
  });

  it('never wait for each other for ever, in whichever order they ask', async () => {
    const processes = [opened(), opened()];
    const keys = Array.from({ length: 100 }, () => one());
    const lists = [keys, keys.toReversed()];
    const deadlocks = async (): Promise<unknown> =>
      (await admin.query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')).rows;
    const before = await deadlocks();
    const totals = new Map<string, number>();
    for (let round = 0; round < 40; round++) {
      await Promise.all(
        processes.map(async (process, n) => {
          const values = await process.count('acme', v7(), lists[n]!);
          for (const [index, { key }] of lists[n]!.entries())
            totals.set(key, Math.max(totals.get(key) ?? 0, values[index]!));
        }),
      );
    }
    expect([...totals.values()]).toEqual(keys.map(() => 80));
    expect(await deadlocks()).toEqual(before);
  });
});

describe('trouble', () => {
  it('what the database refuses is refused alone', async () => {
    const counters = opened();
    const count = one();
    const outcomes = await Promise.allSettled([
      counters.count('acme', v7(), [count]),
      counters.count('acme', v7(), [one('a key that is no text\u0000')]),
      counters.count('acme', v7(), [count]),
      counters.count('acme', v7(), [one(v7(), { amount: 0.5 })]),
      counters.count('acme', v7(), [count]),
    ]);
    expect(outcomes.map((outcome) => ('value' in outcome ? outcome.value : 'refused'))).toEqual([
      [1],
      'refused',
      [2],
      'refused',
      [3],
    ]);
    expect(
      outcomes.some((outcome) => 'reason' in outcome && outcome.reason instanceof StoreUnavailable),
    ).toBe(false);
  });

  it('a call whose answer is lost is sent again, and counts once', async () => {
    const proxy = await postgresProxy(database.urls.app);
    const counters = opened(proxy.url);
    onTestFinished(() => proxy.close());
    const count = one();
    expect(await counters.count('acme', v7(), [count])).toEqual([1]);
    proxy.fail('ambiguous', /ops\.count/);
    expect(await counters.count('acme', v7(), [count])).toEqual([2]);
    expect(proxy.fired).toBe(1);
    expect(await counters.count('acme', v7(), [count])).toEqual([3]);
  });

  it('a database that is away is told, and counts when it is back', async () => {
    const proxy = await postgresProxy(database.urls.app);
    const counters = opened(proxy.url);
    onTestFinished(() => proxy.close());
    const count = one();
    await counters.count('acme', v7(), [count]);
    proxy.refuse(true);
    const refusals = await Promise.all(
      Array.from({ length: 3 }, () => counters.count('acme', v7(), [count]).catch((error: unknown) => error)),
    );
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(StoreUnavailable);
    proxy.refuse(false);
    expect(await counters.count('acme', v7(), [count])).toEqual([2]);
  });

  it('one tenant does not fill the line of the others', async () => {
    const counters = opened();
    const flood = Array.from({ length: 1_100 }, () =>
      counters.count('flood', v7(), [one('a')]).then(
        () => 'counted',
        (error: Error) => error.name,
      ),
    );
    expect(await counters.count('acme', v7(), [one()])).toEqual([1]);
    const outcomes = await Promise.all(flood);
    expect(outcomes.filter((outcome) => outcome === 'counted')).toHaveLength(1_024);
    expect(outcomes.at(-1)).toBe('StoreUnavailable');
  });

  it('nothing is counted any more after the end', async () => {
    const counters = open();
    await counters.close();
    await expect(counters.count('acme', v7(), [one()])).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

describe('what nobody asks for any more', () => {
  const rows = async (): Promise<string[]> => {
    const { rows: found } = await admin.query<{ key: string }>(
      `SELECT key FROM ops.counters WHERE tenant_id = 'old' UNION ALL
       SELECT key FROM ops.counted WHERE tenant_id = 'old' ORDER BY key`,
    );
    return found.map(({ key }) => key);
  };
  const purge = async (most: number): Promise<unknown> =>
    (await admin.query('SELECT ops.purge_counters($1) AS n', [most])).rows[0];

  it('is removed, so many rows at a time', async () => {
    const counters = opened();
    const past = { until: '2026-01-01T00:00:00.000Z' };
    await counters.count('old', v7(), [one('a', past), one('b', past), one('z')]);
    expect(await rows()).toEqual(['a', 'a', 'b', 'b', 'z', 'z']);
    expect([await purge(3), await purge(3), await purge(3)]).toEqual([{ n: 3 }, { n: 1 }, { n: 0 }]);
    expect(await rows()).toEqual(['z', 'z']);
  });

  it('stays while it is being counted, and nobody waits', async () => {
    const counters = opened();
    await counters.count('old', v7(), [one('held', { until: '2026-01-01T00:00:00.000Z' })]);
    const client = await admin.connect();
    await client.query('BEGIN');
    await client.query(`SELECT FROM ops.counters WHERE tenant_id = 'old' AND key = 'held' FOR UPDATE`);
    expect(await purge(100)).toEqual({ n: 1 });
    await client.query('ROLLBACK');
    client.release();
    expect(await purge(100)).toEqual({ n: 1 });
  });

  it('is found without a look at what is still asked for', async () => {
    await admin.query(
      `INSERT INTO ops.counted SELECT 'new', gen_random_uuid(), 'k', 1, now() + interval '1 day' FROM generate_series(1, 5000)`,
    );
    const client = await admin.connect();
    await client.query('BEGIN');
    await client.query('SELECT ops.purge_counters(100)');
    const { rows: read } = await client.query<{ rows: number }>(
      `SELECT sum(seq_tup_read + idx_tup_fetch)::integer AS rows FROM pg_stat_xact_user_tables
        WHERE schemaname = 'ops' AND relname IN ('counted', 'counters')`,
    );
    await client.query('COMMIT');
    client.release();
    expect(read[0]!.rows).toBeLessThan(100);
  });
});
