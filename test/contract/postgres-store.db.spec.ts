import pg from 'pg';
import { v7 } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPostgresStore } from '../../src/commands/event-store/postgres.js';
import type { AppendItem, AppendResult, EventStore, Log } from '../../src/commands/event-store/port.js';
import { StoreUnavailable } from '../../src/commands/event-store/port.js';
import { withClient } from '../../src/database/client.js';
import { openPool } from '../../src/database/pool.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import { postgresProxy, type PostgresProxy } from '../support/postgres-proxy.js';
import {
  appended,
  eventStoreContract,
  expectInOrder,
  newEvent,
  newItem,
  newStream,
  readEverything,
  tailLosesNothing,
  type OpenedStore,
} from './event-store.js';

type Options = Omit<Parameters<typeof openPostgresStore>[0], 'pool' | 'log'>;

const silent = { info: () => {}, warn: () => {} };

async function openStore(url: string, options: Options = {}): Promise<OpenedStore & { pool: pg.Pool }> {
  const pool = openPool({ url, max: 8, applicationName: 'store-spec' });
  const store = await openPostgresStore({ pool, log: silent, ...options });
  const close = async (): Promise<void> => {
    await store.close();
    await pool.end();
  };
  return { store, pool, close };
}

eventStoreContract('postgres', async () => {
  const database = await freshDatabase();
  const { store, close } = await openStore(database.urls.app);
  return { store, close: () => close().then(() => database.drop()) };
});

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const as = <T>(role: 'app' | 'owner' | 'superuser', work: (client: pg.Client) => Promise<T>): Promise<T> =>
  withClient({ url: database.urls[role], applicationName: 'spec' }, work);

describe('two processes', () => {
  let one: OpenedStore;
  let two: OpenedStore;
  beforeAll(async () => {
    one = await openStore(database.urls.app);
    two = await openStore(database.urls.app);
  });
  afterAll(() => Promise.all([one.close(), two.close()]));

  it.each<Log>(['record', 'telemetry'])('lose nothing and repeat nothing: %s', async (log) => {
    await tailLosesNothing([one.store, two.store], log, 8);
  });

  it.each<Log>(['record', 'telemetry'])('… nor when commits are slow and out of order: %s', async (log) => {
    const table = log === 'record' ? 'es.events' : 'es.telemetry';
    await as('superuser', async (client) => {
      await client.query(`CREATE OR REPLACE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_sleep(random() * 0.004); RETURN NULL; END'`);
      await client.query(`CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON ${table} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION public.slow()`);
    });
    // Small batches, so that many commits are on their way: without the lock this fails on most runs.
    const limits = { maxItems: 3 };
    const slow = [
      await openStore(database.urls.app, { limits }),
      await openStore(database.urls.app, { limits }),
    ];
    await tailLosesNothing(
      slow.map(({ store }) => store),
      log,
      4,
    );
    await Promise.all(slow.map(({ close }) => close()));
    await as('superuser', (client) => client.query(`DROP TRIGGER slow ON ${table}`));
  });

  it('let one key, one claim and one version win between them', async () => {
    const stores = [one.store, two.store];
    const idempotency = { scope: v7(), key: 'k', fingerprint: 'f' };
    const claim = { op: 'take', kind: 'slug', key: v7() } as const;
    const stream = newStream('record');
    const contests: Partial<AppendItem>[] = [{ idempotency }, { claims: [claim] }, { stream }];
    for (const contest of contests) {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, turn) =>
          stores[turn % 2]!.append(newItem({ log: 'record', ...contest })),
        ),
      );
      expect(results.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1);
    }
  });

  it('hear of each other at once', async () => {
    const after = await two.store.head('record');
    const controller = new AbortController();
    const pages = two.store.subscribe('record', after, controller.signal)[Symbol.asyncIterator]();
    const next = pages.next();
    await appended(one.store, newItem({ log: 'record' }));
    expect((await next).value).toMatchObject({ scannedTo: after + 1 });
    controller.abort();
  });
});

describe('append-only', () => {
  beforeAll(async () => {
    const { store, close } = await openStore(database.urls.app);
    await appended(store, newItem({ log: 'record' }));
    await appended(store, newItem({ log: 'telemetry' }));
    await close();
  });

  const refused = async (role: 'app' | 'owner' | 'superuser', sql: string, reason: RegExp): Promise<void> => {
    const attempt = as(role, async (client) => {
      if (role === 'superuser') await client.query('SET session_replication_role = replica');
      await client.query(sql);
    });
    await expect(attempt, `${role}: ${sql}`).rejects.toThrow(reason);
  };
  const partition = (): Promise<string> =>
    as('app', async (client) => {
      const text = `SELECT min(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'es.telemetry'::regclass`;
      return (await client.query<{ min: string }>(text)).rows[0]!.min;
    });
  const changes = (table: string): string[] => [
    `UPDATE ${table} SET type = 'Forged'`,
    `UPDATE ${table} SET type = 'Forged' WHERE false`,
    `DELETE FROM ${table}`,
    `TRUNCATE ${table}`,
  ];

  it('for the owner, and for a superuser who calls himself a replica', async () => {
    for (const table of ['es.events', 'es.telemetry', await partition()]) {
      for (const sql of changes(table)) {
        await refused('owner', sql, /append-only/);
        await refused('superuser', sql, /append-only/);
      }
    }
  });

  it('for the application, which has no other way in than the functions', async () => {
    for (const table of ['es.events', 'es.telemetry', await partition(), 'es.claims']) {
      const inserts = [`INSERT INTO ${table} SELECT * FROM ${table}`];
      const ddl = [
        `DROP TABLE ${table}`,
        `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
        `ALTER TABLE ${table} ADD x int`,
      ];
      const trigger = `CREATE TRIGGER mine BEFORE INSERT ON ${table} EXECUTE FUNCTION es.refuse_change()`;
      const changing = table === 'es.claims' ? ['DELETE FROM es.claims'] : changes(table);
      for (const sql of [...changing, ...inserts, ...ddl, trigger]) {
        await refused('app', sql, /permission denied|must be owner/);
      }
    }
    await refused('app', `SELECT setval('es.telemetry_position', 1)`, /permission denied/);
    await refused('app', 'SELECT es.begin_append(1)', /permission denied/);
    await refused('app', `SELECT es.make_append_only('es.claims')`, /permission denied/);
    await refused('app', 'CREATE TABLE es.mine (a int)', /permission denied/);
  });

  it('for the application by way of a trigger that would run as the owner', async () => {
    const trigger = `CREATE TRIGGER mine BEFORE INSERT ON ops.idempotency EXECUTE FUNCTION es.refuse_change()`;
    await refused('app', trigger, /permission denied/);
    await refused('app', 'DROP TABLE ops.idempotency', /must be owner/);
    await refused('app', 'DROP SCHEMA ops CASCADE', /must be owner/);
    await as('app', (client) => client.query('CREATE TABLE ops.mine (a int); CREATE TABLE rm.mine (a int)'));
  });
});

describe('the append functions', () => {
  const call = (
    log: Log,
  ): string => `SELECT es.append_one_${log}('acme', '${newStream(log)}', 0, 'c', '${v7()}', 'T', 1,
    '{}', '{}', '{}', '2026-01-01T00:00:00.000Z', null, null, null)`;

  it.each<Log>(['record', 'telemetry'])('commit durably, whatever the session says: %s', async (log) => {
    const setting = await as('app', async (client) => {
      await client.query('SET synchronous_commit = off');
      await client.query('BEGIN');
      await client.query(call(log));
      const { rows } = await client.query<{ synchronous_commit: string }>('SHOW synchronous_commit');
      await client.query('COMMIT');
      return rows[0]!.synchronous_commit;
    });
    expect(setting).toBe('on');
  });

  it('refuse an isolation level at which the lock would not help, and so does the store', async () => {
    const attempt = as('app', (client) =>
      client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; ${call('record')}`),
    );
    await expect(attempt).rejects.toThrow('read committed');
    const url = `${database.urls.app}?options=-c%20default_transaction_isolation%3Dserializable`;
    await expect(openStore(url)).rejects.toThrow('read committed');
  });

  it('leave gaps in neither log when a transaction is rolled back, but positions of telemetry', async () => {
    const { store, close } = await openStore(database.urls.app);
    const before = { record: await store.head('record'), telemetry: await store.head('telemetry') };
    for (const log of ['record', 'telemetry'] as const) {
      await as('app', (client) => client.query(`BEGIN; ${call(log)}; ROLLBACK`));
    }
    expect((await appended(store, newItem({ log: 'record' }))).position).toBe(before.record + 1);
    expect((await appended(store, newItem({ log: 'telemetry' }))).position).toBe(before.telemetry + 2);
    await close();
  });

  it('do not wait for ever for a lock that somebody holds, and recover', async () => {
    const { store, close } = await openStore(database.urls.app);
    const given = newItem({ log: 'record' });
    await as('app', async (client) => {
      await client.query(`BEGIN; ${call('record')}`);
      const error = await store.append(given).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(error).toMatchObject({ outcome: 'not-applied' });
      await client.query('ROLLBACK');
    });
    await appended(store, given);
    await close();
  });
});

describe('telemetry partitions', () => {
  it('are made ahead, once', async () => {
    const made = (): Promise<number> =>
      as('app', async (client) => {
        const { rows } = await client.query<{ made: number }>(
          'SELECT es.ensure_telemetry_partitions(9) AS made',
        );
        return rows[0]!.made;
      });
    expect(await made()).toBe(2);
    expect(await made()).toBe(0);
    await expect(
      as('app', (client) => client.query('SELECT es.ensure_telemetry_partitions(61)')),
    ).rejects.toThrow('60');
  });

  it('that are missing fail the append that needs them, and no other', async () => {
    const { store, close } = await openStore(database.urls.app);
    const item = (stream: string): AppendItem => newItem({ log: 'telemetry', stream });
    const results = await Promise.allSettled([
      store.append(item(newStream('telemetry'))),
      store.append(item('metric-acme_1_19990101')),
      store.append(item('metric-acme_undated')),
      store.append(item(newStream('telemetry'))),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(String((results[1] as PromiseRejectedResult).reason)).toMatch(/no partition/);
    await close();
  });

  it('keep positions rising when all of them are gone', async () => {
    const { store, close } = await openStore(database.urls.app);
    const { position, recordedAt } = await appended(store, newItem({ log: 'telemetry' }));
    await as('owner', async (client) => {
      const text = `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'es.telemetry'::regclass`;
      for (const { name } of (await client.query<{ name: string }>(text)).rows)
        await client.query(`DROP TABLE ${name}`);
    });
    expect(await store.head('telemetry')).toBe(0);
    await as('app', (client) => client.query('SELECT es.ensure_telemetry_partitions(7)'));
    const next = await appended(store, newItem({ log: 'telemetry' }));
    expect(next.position).toBe(position + 1);
    expect(next.recordedAt >= recordedAt).toBe(true);
    const page = await store.readAll('telemetry', 0, 10, { types: ['PersonaRegistered'] });
    expect(page).toMatchObject({
      scannedTo: position + 1,
      atHead: true,
      events: [{ position: position + 1 }],
    });
    await close();
  });
});

describe('exports', () => {
  it('hold no more in memory than a few chunks, whatever the size of the events', async () => {
    const { store, pool, close } = await openStore(database.urls.app);
    const before = await store.head('record');
    const data = JSON.stringify({ text: 'x\n'.repeat(100_000) });
    for (let appends = 0; appends < 8; appends++) {
      const events = Array.from({ length: 10 }, () => newEvent({ data }));
      await appended(store, newItem({ log: 'record', events }));
    }
    const positions: number[] = [];
    let rest = '';
    for await (const chunk of store.exportLines('record', before, before + 80)) {
      expect(chunk.length).toBeLessThan(20_000_000);
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) positions.push(Number((JSON.parse(line) as { position: string }).position));
    }
    expect(rest).toBe('');
    expect(positions).toEqual(Array.from({ length: 80 }, (_, index) => before + 1 + index));
    for await (const _ of store.exportLines('record', 0, before + 80)) break;
    await store.head('record');
    await close();
    expect(pool.totalCount).toBe(0);
  });
});

describe('idempotency keys', () => {
  it('are purged after seven days', async () => {
    const { store, close } = await openStore(database.urls.app);
    const keys = [1, 2, 3].map((n) => ({ scope: v7(), key: `${n}`, fingerprint: 'f' }));
    for (const idempotency of keys) await appended(store, newItem({ log: 'record', idempotency }));
    await as('app', async (client) => {
      await client.query(
        `UPDATE ops.idempotency SET recorded_at = now() - interval '8 days' WHERE scope IN ('${keys[0]!.scope}', '${keys[1]!.scope}')`,
      );
      const purge = async (): Promise<unknown> =>
        (await client.query('SELECT ops.purge_idempotency(1) AS n')).rows[0];
      expect([await purge(), await purge(), await purge()]).toEqual([{ n: 1 }, { n: 1 }, { n: 0 }]);
    });
    expect(await store.findReplay(keys[0]!.scope, '1')).toBeNull();
    expect(await store.findReplay(keys[2]!.scope, '3')).not.toBeNull();
    await close();
  });
});

describe('trouble', () => {
  let proxy: PostgresProxy;
  let opened: OpenedStore & { pool: pg.Pool };
  let store: EventStore;
  const limits = { connectMs: 300, attemptMs: 400, deadlineMs: 1_500 };
  beforeEach(async () => {
    proxy = await postgresProxy(database.urls.app);
    opened = await openStore(proxy.url, { limits });
    store = opened.store;
  });
  afterEach(async () => {
    proxy.hang(false);
    await opened.close();
    await proxy.close();
  });
  const load = (appends: number, overrides: Partial<AppendItem> = {}): Promise<AppendResult[]> =>
    Promise.all(
      Array.from({ length: appends }, () => store.append(newItem({ log: 'record', ...overrides }))),
    );

  it.each(['ambiguous', 'cut'] as const)('an answer that is lost (%s) is asked for again', async (fault) => {
    await load(1);
    const before = await store.head('record');
    const keyed = newItem({ log: 'record', idempotency: { scope: v7(), key: 'k', fingerprint: 'f' } });
    proxy.fail(fault, /es\.append/, 3);
    const results = await Promise.all([store.append(keyed), load(30)]);
    expect(proxy.fired).toBe(3);
    expect(new Set(results.flat().map(({ outcome }) => outcome))).toEqual(new Set(['appended']));
    expect(await store.head('record')).toBe(before + 31);
  });

  it('an outcome that stays unknown is told as unknown; one that is known not to be, as that', async () => {
    await load(1);
    proxy.fail('ambiguous', /es\.append/, 1);
    const given = newItem({ log: 'record' });
    const unknown = store.append(given).catch((reason: unknown) => reason);
    while (proxy.fired === 0) await store.changed(5);
    proxy.refuse(true);
    expect(await unknown).toMatchObject({ name: 'StoreUnavailable', outcome: 'unknown' });
    const known = await store.append(newItem({ log: 'record' })).catch((reason: unknown) => reason);
    expect(known).toMatchObject({ name: 'StoreUnavailable', outcome: 'not-applied' });
    await expect(store.head('record')).rejects.toBeInstanceOf(StoreUnavailable);
    proxy.refuse(false);
    // The append that is asked about again is there, or is made now: once in any case.
    await appended(store, given);
    expect(await store.readStream('record', given.stream)).toHaveLength(1);
  });

  it('a network that swallows everything keeps nobody waiting, and no connection is lost to it', async () => {
    await load(1);
    proxy.hang(true);
    const refusals = await Promise.all(
      [store.append(newItem({ log: 'record' })), store.head('record'), store.readAll('record', 0, 10)].map(
        (call) => (call as Promise<unknown>).catch((reason: unknown) => reason),
      ),
    );
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(StoreUnavailable);
    proxy.hang(false);
    await load(20);
    await Promise.all(Array.from({ length: 20 }, () => store.readAll('record', 0, 5)));
    expect(opened.pool.waitingCount).toBe(0);
    expect(opened.pool.totalCount).toBeLessThanOrEqual(8);
  });

  it('connections that are ended under load lose nothing and repeat nothing', async () => {
    const before = await store.head('record');
    const ended = new AbortController();
    let acknowledged = 0;
    const streams = Array.from({ length: 16 }, () => newStream('record'));
    const writers = streams.map(async (stream) => {
      for (let version = 0; !ended.signal.aborted; version++) {
        await appended(
          store,
          newItem({ log: 'record', stream, expectedVersion: version, events: [newEvent()] }),
        );
        acknowledged++;
      }
    });
    await as('superuser', async (client) => {
      for (let kills = 0; kills < 12; kills++) {
        await client.query(`SELECT pg_sleep(0.05), pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'store-spec' AND datname = current_database()`);
      }
    });
    ended.abort();
    await Promise.all(writers);
    const events = await readEverything(store, 'record', { after: before });
    expect(events).toHaveLength(acknowledged);
    expectInOrder(events);
    expect(acknowledged).toBeGreaterThan(streams.length);
  });

  it('a subscriber that goes on from its cursor after trouble misses nothing', async () => {
    const after = await store.head('record');
    const signal = new AbortController();
    const seen: number[] = [];
    const reader = (async () => {
      for (let cursor = after; !signal.signal.aborted;) {
        try {
          for await (const page of store.subscribe('record', cursor, signal.signal)) {
            seen.push(...page.events.map(({ position }) => position));
            cursor = page.scannedTo;
            if (seen.length >= 200) signal.abort();
          }
        } catch (error) {
          expect(error).toBeInstanceOf(StoreUnavailable);
        }
      }
    })();
    for (let round = 0; round < 10; round++) {
      proxy.fail('cut', /SELECT e\.position/, 2);
      await load(20);
    }
    await reader;
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => after + 1 + index));
  });
});
