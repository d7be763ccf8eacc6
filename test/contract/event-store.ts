/**
 * What every event store does, as a suite over a factory: an adapter that passes is one, any other is not.
 * Stores are shared by the tests of one log, so each test has streams, claims and keys of its own.
 */
import canonicalize from 'canonicalize';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  AppendItem,
  AppendResult,
  EventFilter,
  EventStore,
  Log,
  NewEvent,
  StoredEvent,
} from '../../src/commands/event-store/port.js';
import { pageBytes, StoreUnavailable } from '../../src/commands/event-store/port.js';

export interface OpenedStore {
  store: EventStore;
  close(): Promise<void>;
}

const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A name that no other test uses; `telemetry` streams end in today's date. */
export function newStream(log: Log, category = 'persona', tenantId = 'acme'): string {
  return `${category}-${tenantId}_${v7()}${log === 'telemetry' ? `_${today}` : ''}`;
}

export function newEvent(overrides: Partial<NewEvent> = {}): NewEvent {
  return {
    eventId: v7(),
    type: 'PersonaRegistered',
    schemaVersion: 1,
    data: '{"name":"Ada"}',
    actor: '{"id":"m1","kind":"member"}',
    meta: '{"commandId":"c1"}',
    occurredAt: '2026-03-01T12:00:00.120Z',
    ...overrides,
  };
}

export function newItem(overrides: Partial<AppendItem> & { log: Log }): AppendItem {
  return {
    tenantId: 'acme',
    stream: newStream(overrides.log),
    expectedVersion: 0,
    events: [newEvent()],
    claims: [],
    guards: [],
    commandId: v7(),
    ...overrides,
  };
}

/** Appends what must succeed. */
export async function appended(
  store: EventStore,
  item: AppendItem,
): Promise<Extract<AppendResult, { outcome: 'appended' }>> {
  const result = await store.append(item);
  if (result.outcome !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`);
  return result;
}

/** Every event after `after`, page by page. */
export async function readEverything(
  store: EventStore,
  log: Log,
  { after = 0, limit = 1_000, filter }: { after?: number; limit?: number; filter?: EventFilter } = {},
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let cursor = after; ;) {
    const page = await store.readAll(log, cursor, limit, filter);
    events.push(...page.events);
    if (page.atHead) return events;
    expect(page.scannedTo).toBeGreaterThan(cursor);
    cursor = page.scannedTo;
  }
}

/** What a subscription from `after` yields until `enough` says so. */
async function collect(
  store: EventStore,
  log: Log,
  {
    after,
    enough,
    filter,
  }: { after: number; enough: (events: StoredEvent[]) => boolean; filter?: EventFilter },
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  const controller = new AbortController();
  for await (const page of store.subscribe(log, after, controller.signal, filter)) {
    expect(page.events).not.toHaveLength(0);
    events.push(...page.events);
    if (enough(events)) controller.abort();
  }
  return events;
}

async function exported(lines: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of lines) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The preimage of an event's leaf, by way of a parser and a canonicaliser that the store does not use. */
function canonicalLine(event: StoredEvent): string {
  const { eventId: id, tenantId: tenant, position, stream, version, type, schemaVersion } = event;
  const { occurredAt, recordedAt } = event;
  const [data, actor, meta] = [event.data, event.actor, event.meta].map(
    (text) => JSON.parse(text) as unknown,
  );
  const rest = { stream, version, type, schemaVersion, occurredAt, recordedAt, data, actor, meta };
  return `${canonicalize({ id, tenant, position: String(position), ...rest })}\n`;
}

/**
 * 64 writers on 32 streams, two readers from the start on: nothing missing, nothing twice, order rising.
 * Writers take turns over `stores`; readers read from the last of them.
 */
export async function tailLosesNothing(stores: EventStore[], log: Log, appendsEach: number): Promise<void> {
  const reader = stores.at(-1)!;
  const start = await reader.head(log);
  const streams = Array.from({ length: 32 }, () => newStream(log));
  const versions = new Map(streams.map((stream) => [stream, 0]));
  const writers = Array.from({ length: 64 }, async (_, writer) => {
    for (let turn = 0; turn < appendsEach; turn++) {
      const stream = streams[(writer * 7 + turn) % streams.length]!;
      const events = Array.from({ length: 1 + ((writer + turn) % 3) }, () => newEvent());
      for (let done = false; !done;) {
        const expectedVersion = versions.get(stream)!;
        const item = newItem({ log, stream, events, expectedVersion });
        const result = await stores[writer % stores.length]!.append(item);
        done = result.outcome === 'appended';
        if (result.outcome === 'appended')
          versions.set(stream, Math.max(versions.get(stream)!, result.version));
        if (result.outcome === 'version-conflict') versions.set(stream, result.currentVersion);
      }
    }
  });
  const written = Promise.all(writers).then(() =>
    [...versions.values()].reduce((sum, version) => sum + version, 0),
  );
  let total = Infinity;
  void written.then((sum) => (total = sum));
  const paged = (async () => {
    const events: StoredEvent[] = [];
    for (let cursor = start; events.length < total;) {
      const page = await reader.readAll(log, cursor, 7);
      events.push(...page.events);
      cursor = page.scannedTo;
      if (page.atHead) await reader.changed(20);
    }
    return events;
  })();
  // The last event is written by a writer that has waited for the others, so that a subscriber can tell.
  const lastStream = newStream(log);
  const subscribed = collect(reader, log, {
    after: start,
    enough: (events) => events.at(-1)!.stream === lastStream,
  });
  await written;
  const seen = await paged;
  await appended(stores[0]!, newItem({ log, stream: lastStream }));
  expect(seen).toHaveLength(total);
  expectInOrder(seen);
  expect((await subscribed).slice(0, -1)).toEqual(seen);
}

/** Positions rise strictly, and each stream's versions run 1, 2, 3 … */
export function expectInOrder(events: StoredEvent[]): void {
  const versions = new Map<string, number>();
  let position = 0;
  for (const event of events) {
    if (event.position <= position) throw new Error(`position ${event.position} after ${position}`);
    const expected = (versions.get(event.stream) ?? 0) + 1;
    if (event.version !== expected)
      throw new Error(`${event.stream}: version ${event.version}, not ${expected}`);
    position = event.position;
    versions.set(event.stream, event.version);
  }
}

export function eventStoreContract(name: string, open: () => Promise<OpenedStore>): void {
  describe.each<Log>(['record', 'telemetry'])(`${name}: %s`, (log) => {
    let opened: OpenedStore;
    let store: EventStore;
    const item = (overrides: Partial<AppendItem> = {}): AppendItem => newItem({ log, ...overrides });
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.close());

    appending(() => store, log, item);
    idempotency(() => store, log, item);
    claims(() => store, log, item);
    guards(() => store, log, item);
    reading(() => store, log, item);
    following(() => store, log, item);
  });

  describe(`${name}: closing`, () => {
    it('refuses what comes after it, as a store that cannot answer', async () => {
      const { store, close } = await open();
      await appended(store, newItem({ log: 'record' }));
      await store.close();
      await expect(store.append(newItem({ log: 'record' }))).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(store.head('record')).rejects.toBeInstanceOf(StoreUnavailable);
      await store.changed(60_000);
      await close();
    });
  });
}

type Given = (
  store: () => EventStore,
  log: Log,
  item: (overrides?: Partial<AppendItem>) => AppendItem,
) => void;

const appending: Given = (store, log, item) => {
  describe('append', () => {
    it('stores every member as it was given, byte for byte', async () => {
      const event = newEvent({
        type: 'PersonaRenamed',
        schemaVersion: 3,
        data: '{"a":"\\u001f \\"quoted\\" back\\\\slash \\n Ünï→😀","b":[1,2.5,-0.001,1e+30],"z":{"\\r":null}}',
        actor: '{"id":"m:1","kind":"service","roles":["editor"]}',
        meta: '{"commandId":"c","subjects":[]}',
        occurredAt: '2024-02-29T23:59:59.999Z',
      });
      const given = item({ events: [event] });
      const receipt = await appended(store(), given);
      expect(receipt).toMatchObject({ version: 1, recordedAt: expect.stringMatching(instant) });
      const { tenantId, stream } = given;
      const { position, recordedAt } = receipt;
      const stored = { log, tenantId, stream, version: 1, position, recordedAt, ...event };
      expect(await store().readStream(log, stream)).toEqual([stored]);
      expect((await store().readAll(log, position - 1, 1)).events).toEqual([stored]);
    });

    it('gives the events of one append consecutive versions and positions', async () => {
      const given = item({ events: [newEvent(), newEvent(), newEvent()] });
      const { version, position } = await appended(store(), given);
      expect(version).toBe(3);
      const events = await store().readStream(log, given.stream);
      expect(events.map((event) => event.position)).toEqual([position - 2, position - 1, position]);
      expect(events.map((event) => event.eventId)).toEqual(given.events.map(({ eventId }) => eventId));
    });

    it('continues where the log ends, without a gap', async () => {
      const before = await store().head(log);
      const given = item();
      expect((await appended(store(), given)).position).toBe(before + 1);
      const next = await appended(store(), item({ stream: given.stream, expectedVersion: 1 }));
      expect(next).toMatchObject({ version: 2, position: before + 2 });
      expect(await store().head(log)).toBe(before + 2);
    });

    it('refuses another version than the current one and stores nothing', async () => {
      const given = item({ events: [newEvent(), newEvent()] });
      await appended(store(), given);
      const head = await store().head(log);
      for (const expectedVersion of [0, 1, 3, 99]) {
        const result = await store().append(item({ stream: given.stream, expectedVersion }));
        expect(result).toEqual({ outcome: 'version-conflict', currentVersion: 2 });
      }
      expect(await store().append(item({ expectedVersion: 1 }))).toEqual({
        outcome: 'version-conflict',
        currentVersion: 0,
      });
      expect(await store().head(log)).toBe(head);
    });

    it('answers an identical append with its first receipt, also after others have followed', async () => {
      const given = item({ events: [newEvent(), newEvent()] });
      const first = await appended(store(), given);
      expect(await store().append(given)).toEqual(first);
      await appended(store(), item({ stream: given.stream, expectedVersion: 2 }));
      expect(await store().append(given)).toEqual(first);
      expect(await store().readStream(log, given.stream)).toHaveLength(3);
    });

    it('does not take an append for an identical one because of its event alone', async () => {
      const given = item();
      await appended(store(), given);
      const moved = { ...given, expectedVersion: 5 };
      expect(await store().append(moved)).toEqual({ outcome: 'version-conflict', currentVersion: 1 });
    });

    it('refuses an append of nothing without an idempotency key', async () => {
      await expect(store().append(item({ events: [] }))).rejects.toThrow('idempotency key');
    });

    it('refuses text that is not JSON, and no other item suffers', async () => {
      const bad = item({ events: [newEvent({ data: '{"a":' })] });
      const good = Array.from({ length: 20 }, () => item());
      const [refused, ...rest] = await Promise.allSettled([bad, ...good].map((each) => store().append(each)));
      expect(refused).toMatchObject({ status: 'rejected' });
      expect((refused as PromiseRejectedResult).reason).not.toBeInstanceOf(StoreUnavailable);
      expect(rest.map(({ status }) => status)).toEqual(good.map(() => 'fulfilled'));
      expect(await store().readStream(log, bad.stream)).toEqual([]);
    });

    it('lets one of 64 writers win that expect the same version', async () => {
      const stream = newStream(log);
      const results = await Promise.all(Array.from({ length: 64 }, () => store().append(item({ stream }))));
      expect(results.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1);
      expect(results.filter(({ outcome }) => outcome === 'version-conflict')).toHaveLength(63);
      expect(await store().readStream(log, stream)).toHaveLength(1);
    });

    it('never records an earlier instant after a later one', async () => {
      await Promise.all(Array.from({ length: 30 }, () => appended(store(), item())));
      const recorded = (await readEverything(store(), log)).map(({ recordedAt }) => recordedAt);
      expect(recorded).toEqual([...recorded].sort());
    });
  });
};

const idempotency: Given = (store, log, item) => {
  describe('idempotency key', () => {
    const key = (fingerprint = 'f1'): { scope: string; key: string; fingerprint: string } => ({
      scope: `acme m1 op ${v7()}`,
      key: 'k',
      fingerprint,
    });

    it('answers another command under it with the first outcome, whatever it wants', async () => {
      const idempotency = key();
      const stream = newStream(log);
      await appended(store(), item({ stream }));
      const first = item({ stream, expectedVersion: 1, events: [newEvent(), newEvent()], idempotency });
      const { position } = await appended(store(), first);
      const replay = {
        fingerprint: 'f1',
        commandId: first.commandId,
        stream,
        fromVersion: 1,
        version: 3,
        position,
      };
      const other = item({ idempotency: { ...idempotency, fingerprint: 'f2' }, expectedVersion: 77 });
      expect(await store().append(other)).toEqual({ outcome: 'replayed', ...replay });
      expect(await store().readStream(log, other.stream)).toEqual([]);
      expect(await store().findReplay(idempotency.scope, 'k')).toEqual(replay);
      expect(await store().findReplay(idempotency.scope, 'other')).toBeNull();
    });

    it('is not replayed to the very command that used it: that gets its receipt again', async () => {
      const given = item({ idempotency: key() });
      const first = await appended(store(), given);
      expect(await store().append(given)).toEqual(first);
      const empty = item({ stream: given.stream, expectedVersion: 1, events: [], idempotency: key() });
      expect(await store().append(empty)).toEqual(await store().append(empty));
    });

    it('remembers a decision that changed nothing', async () => {
      const given = item();
      const { position } = await appended(store(), given);
      const idempotency = key();
      const empty = item({ stream: given.stream, expectedVersion: 1, events: [], idempotency });
      expect(await store().append(empty)).toEqual({
        outcome: 'appended',
        version: 1,
        position,
        recordedAt: expect.stringMatching(instant),
      });
      const replay = {
        outcome: 'replayed',
        commandId: empty.commandId,
        fromVersion: 1,
        version: 1,
        position,
      };
      expect(await store().append(item({ idempotency }))).toMatchObject(replay);
      const nowhere = await appended(store(), item({ events: [], idempotency: key() }));
      expect(nowhere).toMatchObject({ version: 0, position: 0 });
      expect(await store().readStream(log, given.stream)).toHaveLength(1);
    });

    it('is not used up by a conflict', async () => {
      const idempotency = key();
      const result = await store().append(item({ expectedVersion: 3, events: [], idempotency }));
      expect(result).toEqual({ outcome: 'version-conflict', currentVersion: 0 });
      expect(await store().findReplay(idempotency.scope, 'k')).toBeNull();
      await appended(store(), item({ idempotency }));
    });

    it('has one effect when it comes to both logs at once', async () => {
      const otherLog = log === 'record' ? 'telemetry' : 'record';
      for (let round = 0; round < 10; round++) {
        const idempotency = key();
        const items = [item({ idempotency }), newItem({ log: otherLog, idempotency })];
        const results = await Promise.all(items.map((each) => store().append(each)));
        expect(results.map(({ outcome }) => outcome).sort()).toEqual(['appended', 'replayed']);
      }
    });

    it('has one effect when it comes 50 times at once', async () => {
      const idempotency = key();
      const before = await store().head(log);
      const items = Array.from({ length: 50 }, () => item({ idempotency }));
      const results = await Promise.all(items.map((each) => store().append(each)));
      const effect = results.filter(({ outcome }) => outcome === 'appended');
      expect(effect).toHaveLength(1);
      expect(results.filter(({ outcome }) => outcome === 'replayed')).toHaveLength(49);
      expect(await readEverything(store(), log, { after: before })).toHaveLength(1);
    });
  });
};

const claims: Given = (store, log, item) => {
  describe('claim', () => {
    const take = (key: string) => ({ op: 'take', kind: 'slug', key }) as const;
    const release = (key: string) => ({ op: 'release', kind: 'slug', key }) as const;

    it('belongs to the first stream that takes it, until that stream releases it', async () => {
      const [key, free] = [v7(), v7()];
      const owner = item({ claims: [take(key)] });
      await appended(store(), owner);
      expect(await store().claimOwner('acme', 'slug', key)).toBe(owner.stream);
      const other = item({ claims: [take(free), take(key)] });
      expect(await store().append(other)).toEqual({
        outcome: 'claim-conflict',
        kind: 'slug',
        key,
        owner: owner.stream,
      });
      expect(await store().readStream(log, other.stream)).toEqual([]);
      expect(await store().claimOwner('acme', 'slug', free)).toBeNull();
      await appended(store(), item({ stream: owner.stream, expectedVersion: 1, claims: [release(key)] }));
      expect(await store().claimOwner('acme', 'slug', key)).toBeNull();
      await appended(store(), other);
      expect(await store().claimOwner('acme', 'slug', key)).toBe(other.stream);
    });

    it('may be taken again by its owner, and released by who does not hold it, without effect', async () => {
      const key = v7();
      const owner = item({ claims: [take(key)] });
      await appended(store(), owner);
      await appended(
        store(),
        item({ stream: owner.stream, expectedVersion: 1, claims: [take(key), take(key)] }),
      );
      await appended(store(), item({ claims: [release(key), release(v7())] }));
      expect(await store().claimOwner('acme', 'slug', key)).toBe(owner.stream);
    });

    it('is released before it is taken within one append', async () => {
      const [from, to] = [v7(), v7()];
      const owner = item({ claims: [take(from)] });
      await appended(store(), owner);
      const moved = [take(to), release(from), take(from), release(v7())];
      await appended(store(), item({ stream: owner.stream, expectedVersion: 1, claims: moved }));
      expect(await store().claimOwner('acme', 'slug', from)).toBe(owner.stream);
      expect(await store().claimOwner('acme', 'slug', to)).toBe(owner.stream);
    });

    it('is another one in another tenant and of another kind', async () => {
      const key = v7();
      await appended(store(), item({ claims: [take(key)] }));
      const elsewhere = item({
        tenantId: 'globex',
        stream: newStream(log, 'persona', 'globex'),
        claims: [take(key)],
      });
      await appended(store(), elsewhere);
      await appended(store(), item({ claims: [{ op: 'take', kind: 'source', key }] }));
      expect(await store().claimOwner('globex', 'slug', key)).toBe(elsewhere.stream);
    });

    it('is the same one in both logs', async () => {
      const key = v7();
      const owner = item({ claims: [take(key)] });
      await appended(store(), owner);
      const otherLog = log === 'record' ? 'telemetry' : 'record';
      const result = await store().append(newItem({ log: otherLog, claims: [take(key)] }));
      expect(result).toMatchObject({ outcome: 'claim-conflict', owner: owner.stream });
    });

    it('has one owner when 200 take it at once', async () => {
      const key = v7();
      const items = Array.from({ length: 200 }, () => item({ claims: [take(key)] }));
      const results = await Promise.all(items.map((each) => store().append(each)));
      const owner = await store().claimOwner('acme', 'slug', key);
      expect(results.map(({ outcome }) => outcome === 'appended')).toEqual(
        items.map(({ stream }) => stream === owner),
      );
      const conflicts = results.filter((result) => result.outcome === 'claim-conflict');
      expect(conflicts).toHaveLength(199);
      expect(new Set(conflicts.map((conflict) => conflict.owner))).toEqual(new Set([owner]));
    });
  });
};

const guards: Given = (store, log, item) => {
  describe('guard', () => {
    it('lets an append through as long as the guarded streams are as they were read', async () => {
      const guarded = item();
      await appended(store(), guarded);
      const unborn = newStream(log);
      const given = item({
        guards: [
          { stream: guarded.stream, version: 1 },
          { stream: unborn, version: 0 },
        ],
      });
      await appended(store(), given);
      await appended(store(), item({ stream: guarded.stream, expectedVersion: 1 }));
      const late = item({ guards: [{ stream: unborn, version: 0 }, ...given.guards] });
      expect(await store().append(late)).toEqual({
        outcome: 'guard-conflict',
        stream: guarded.stream,
        currentVersion: 2,
      });
      expect(await store().readStream(log, late.stream)).toEqual([]);
    });

    it('may name a stream of the other log', async () => {
      const otherLog = log === 'record' ? 'telemetry' : 'record';
      const guarded = newItem({ log: otherLog });
      await appended(store(), guarded);
      await appended(store(), item({ guards: [{ stream: guarded.stream, version: 1, log: otherLog }] }));
      const stale = item({ guards: [{ stream: guarded.stream, version: 0, log: otherLog }] });
      expect(await store().append(stale)).toEqual({
        outcome: 'guard-conflict',
        stream: guarded.stream,
        currentVersion: 1,
      });
    });

    it('never lets two streams change that each read the other one as it was', async () => {
      for (let round = 0; round < 10; round++) {
        const [one, two] = [newStream(log), newStream(log)];
        const results = await Promise.all([
          store().append(item({ stream: one, guards: [{ stream: two, version: 0 }] })),
          store().append(item({ stream: two, guards: [{ stream: one, version: 0 }] })),
        ]);
        expect(results.map(({ outcome }) => outcome).sort()).toEqual(['appended', 'guard-conflict']);
      }
    });

    it('is checked last: key, version, claims, guards', async () => {
      const key = v7();
      const owner = item({ claims: [{ op: 'take', kind: 'slug', key }] });
      await appended(store(), owner);
      const idempotency = { scope: v7(), key: 'k', fingerprint: 'f' };
      await appended(store(), item({ idempotency }));
      const wrong = item({
        stream: owner.stream,
        expectedVersion: 0,
        claims: [{ op: 'take', kind: 'slug', key }],
        guards: [{ stream: owner.stream, version: 9 }],
        idempotency,
      });
      const outcomeOf = async (given: AppendItem): Promise<string> => (await store().append(given)).outcome;
      expect(await outcomeOf(wrong)).toBe('replayed');
      const { idempotency: _, ...unkeyed } = wrong;
      expect(await outcomeOf(unkeyed)).toBe('version-conflict');
      expect(await outcomeOf({ ...unkeyed, stream: newStream(log) })).toBe('claim-conflict');
      expect(await outcomeOf({ ...unkeyed, stream: newStream(log), claims: [] })).toBe('guard-conflict');
    });
  });
};

const reading: Given = (store, log, item) => {
  describe('reading', () => {
    it('gives a stream from a version on, as many events as wanted', async () => {
      const given = item({ events: Array.from({ length: 5 }, () => newEvent()) });
      await appended(store(), given);
      const versions = async (after?: number, limit?: number): Promise<number[]> =>
        (await store().readStream(log, given.stream, after, limit)).map(({ version }) => version);
      expect(await versions()).toEqual([1, 2, 3, 4, 5]);
      expect(await versions(3)).toEqual([4, 5]);
      expect(await versions(1, 2)).toEqual([2, 3]);
      expect(await versions(5)).toEqual([]);
      expect(await store().readStream(log, newStream(log))).toEqual([]);
      expect(await store().readStream(log, 'no-such-stream')).toEqual([]);
    });

    it('gives the log in pages that say how far they looked and whether the log ends there', async () => {
      await appended(store(), item({ events: Array.from({ length: 5 }, () => newEvent()) }));
      const head = await store().head(log);
      const page = await store().readAll(log, head - 5, 3);
      expect(page.events.map(({ position }) => position)).toEqual([head - 4, head - 3, head - 2]);
      expect(page).toMatchObject({ scannedTo: head - 2, atHead: false });
      expect(await store().readAll(log, head - 2, 3)).toMatchObject({ scannedTo: head, atHead: true });
      expect(await store().readAll(log, head, 3)).toEqual({ events: [], scannedTo: head, atHead: true });
    });

    it('filters by tenant, type, category and stream, each alone and together', async () => {
      const [tenantId, type, category] = [`t${v7()}`, `Type${v7()}`, `c${v7().replaceAll('-', '')}`];
      const before = await store().head(log);
      const stream = newStream(log, category, tenantId);
      const full = item({ tenantId, stream, events: [newEvent({ type }), newEvent()] });
      await appended(store(), full);
      await appended(store(), item({ events: [newEvent({ type })] }));
      await appended(store(), item({ stream: newStream(log, category) }));
      await appended(store(), item({ tenantId, stream: newStream(log, 'persona', tenantId) }));
      const found = async (filter: EventFilter): Promise<number[]> =>
        (await readEverything(store(), log, { after: before, limit: 1, filter })).map(
          (each) => each.position - before,
        );
      expect(await found({ tenantId })).toEqual([1, 2, 5]);
      expect(await found({ types: [type, 'Other'] })).toEqual([1, 3]);
      expect(await found({ categories: ['other', category] })).toEqual([1, 2, 4]);
      expect(await found({ stream })).toEqual([1, 2]);
      expect(await found({ tenantId, types: [type] })).toEqual([1]);
      expect(await found({ stream, types: ['PersonaRegistered'], categories: [category], tenantId })).toEqual(
        [2],
      );
      expect(await found({ types: [] })).toEqual([]);
      expect(await found({ tenantId: 'nobody' })).toEqual([]);
    });

    it('moves the cursor over events that the filter leaves out', async () => {
      const before = await store().head(log);
      await Promise.all(Array.from({ length: 10 }, () => appended(store(), item())));
      for (const filter of [{ types: ['NoSuchType'] }, { tenantId: 'nobody' }, { stream: newStream(log) }]) {
        const page = await store().readAll(log, before, 5, filter);
        expect(page).toEqual({ events: [], scannedTo: before + 10, atHead: true });
        expect(await store().readAll(log, before + 10, 5, filter)).toEqual(page);
      }
    });

    it('looks at no more than 100,000 events for one page', async () => {
      const before = await store().head(log);
      const small = { data: '{}', actor: '{}', meta: '{}' };
      for (let appends = 0; appends < 41; appends++) {
        await appended(store(), item({ events: Array.from({ length: 2_500 }, () => newEvent(small)) }));
      }
      const type = `Rare${v7()}`;
      await appended(store(), item({ events: [newEvent({ type })] }));
      const first = await store().readAll(log, before, 10, { types: [type] });
      expect(first).toEqual({ events: [], scannedTo: before + 100_000, atHead: false });
      const second = await store().readAll(log, first.scannedTo, 10, { types: [type] });
      expect(second).toMatchObject({ scannedTo: before + 102_501, atHead: true });
      expect(second.events.map((each) => each.type)).toEqual([type]);
    });

    it('ends a page of big events when it holds enough bytes, whatever the filter', async () => {
      const before = await store().head(log);
      const stream = newStream(log);
      // One that compresses well and one that does not: what counts is the text.
      const noise = Array.from({ length: 5_200 }, () => v7()).join('');
      const texts = ['x'.repeat(190_000), noise].map((text) => JSON.stringify({ text }));
      for (let version = 0; version < 20; version += 5) {
        const events = Array.from({ length: 5 }, (_, index) => newEvent({ data: texts[index % 2]! }));
        await appended(store(), item({ stream, expectedVersion: version, events }));
      }
      for (const filter of [undefined, { tenantId: 'acme' }, { stream }, { types: ['PersonaRegistered'] }]) {
        const page = await store().readAll(log, before, 1_000, filter);
        expect(page.events).toHaveLength(6);
        expect(page).toMatchObject({ scannedTo: before + 6, atHead: false });
        const all = await readEverything(store(), log, { after: before, ...(filter && { filter }) });
        expect(all.map(({ position }) => position - before)).toEqual(
          Array.from({ length: 20 }, (_, i) => i + 1),
        );
      }
    });

    it('gives an event that is larger than a page alone', async () => {
      const before = await store().head(log);
      const big = newEvent({ data: JSON.stringify({ text: 'ü'.repeat(pageBytes / 2) }) });
      await appended(store(), item({ events: [big, newEvent()] }));
      expect(await store().readAll(log, before, 10)).toMatchObject({
        events: [{ version: 1 }],
        scannedTo: before + 1,
        atHead: false,
      });
      expect(await store().readAll(log, before + 1, 10)).toMatchObject({
        scannedTo: before + 2,
        atHead: true,
      });
    });

    it('finds the position of an instant', async () => {
      const first = await appended(store(), item({ events: [newEvent(), newEvent()] }));
      while (store().now() <= first.recordedAt) await store().changed(2);
      const second = await appended(store(), item());
      expect(second.recordedAt > first.recordedAt).toBe(true);
      expect(await store().positionAt(log, first.recordedAt)).toBe(first.position);
      expect(await store().positionAt(log, second.recordedAt)).toBe(second.position);
      expect(await store().positionAt(log, '2000-01-01T00:00:00.000Z')).toBe(0);
      expect(await store().positionAt(log, '2100-01-01T00:00:00.000Z')).toBe(await store().head(log));
    });

    it('exports lines of canonical JSON that are the preimages of the leaves', async () => {
      const strange = {
        'a key': 'tab\t newline\n return\r quote" back\\slash \\n \\. /',
        control: '\u0001\u0002\u001f\u007f\u2028',
        wide: 'äß 漢字 😀',
        list: [1e30, 0.000001, -5, true, null, [], {}],
      };
      const text = canonicalize(strange)!;
      const given = item({
        stream: newStream(log, 'odd"category\\'),
        events: [newEvent({ data: text, meta: text, type: 'Quo"ted\\Type' }), newEvent(), newEvent()],
      });
      const { position } = await appended(store(), given);
      await appended(store(), item());
      const events = await store().readStream(log, given.stream);
      const lines = await exported(store().exportLines(log, position - 3, position));
      expect(lines).toBe(events.map(canonicalLine).join(''));
      expect(await exported(store().exportLines(log, position - 2, position - 1))).toBe(
        canonicalLine(events[1]!),
      );
      expect(await exported(store().exportLines(log, position, position))).toBe('');
      const filter = {
        types: ['Quo"ted\\Type'],
        stream: given.stream,
        tenantId: 'acme',
        categories: ['odd"category\\'],
      };
      expect(await exported(store().exportLines(log, 0, position, filter))).toBe(canonicalLine(events[0]!));
    });

    it('exports a log of many ranges completely, in order and beyond its head', async () => {
      const all = await readEverything(store(), log, { limit: 10_000 });
      expect(all.length).toBeGreaterThan(100_000);
      const lines = (await exported(store().exportLines(log, 0, all.length + 50_000))).split('\n');
      expect(lines.pop()).toBe('');
      const positions = lines.map((line) => Number(/"position":"(\d+)"/.exec(line)![1]));
      expect(positions).toEqual(all.map(({ position }) => position));
    });

    it('gives an export up when its consumer leaves', async () => {
      for await (const chunk of store().exportLines(log, 0, await store().head(log))) {
        expect(chunk.at(-1)).toBe(10);
        break;
      }
      await appended(store(), item());
    });
  });
};

const following: Given = (store, log, item) => {
  describe('following', () => {
    it('yields what is there and what comes, and nothing that the filter leaves out', async () => {
      const type = `Type${v7()}`;
      const after = await store().head(log);
      const mine = (): AppendItem => item({ events: [newEvent({ type })] });
      const first = mine();
      await appended(store(), first);
      const filter = { types: [type] };
      const seen = collect(store(), log, { after, filter, enough: (events) => events.length === 3 });
      const later = [mine(), item(), item(), mine()];
      for (const each of later) await appended(store(), each);
      expect((await seen).map(({ stream }) => stream)).toEqual([
        first.stream,
        later[0]!.stream,
        later[3]!.stream,
      ]);
    });

    it('reads for a subscriber what he asks for, one bounded page at a time', async () => {
      const after = await store().head(log);
      const data = JSON.stringify({ text: 'x'.repeat(190_000) });
      await appended(store(), item({ events: Array.from({ length: 15 }, () => newEvent({ data })) }));
      const sizes: number[] = [];
      const controller = new AbortController();
      for await (const { events, scannedTo } of store().subscribe(log, after, controller.signal)) {
        sizes.push(events.length);
        if (scannedTo === after + 15) controller.abort();
      }
      expect(sizes).toEqual([6, 6, 3]);
    });

    it('ends when it is told to while it waits', async () => {
      const controller = new AbortController();
      const after = await store().head(log);
      const pages = store().subscribe(log, after, controller.signal)[Symbol.asyncIterator]();
      const next = pages.next();
      controller.abort();
      expect(await next).toEqual({ done: true, value: undefined });
    });

    it('wakes who waits for a change: after an append, in time, when told to', async () => {
      const woken = store().changed(60_000);
      await appended(store(), item());
      await woken;
      await store().changed(5);
      const controller = new AbortController();
      const told = store().changed(60_000, controller.signal);
      controller.abort();
      await told;
      await store().changed(60_000, controller.signal);
    });

    it('tells the time', () => {
      expect(store().now()).toMatch(instant);
      expect(Math.abs(Date.parse(store().now()) - Date.now())).toBeLessThan(5_000);
    });

    it('shows a reader every event once and in order while 64 write', async () => {
      await tailLosesNothing([store()], log, 10);
    });
  });
};
