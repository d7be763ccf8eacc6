/**
 * What the engine's specs work on: a small made-up area with one stream-keyed projection that keeps history, one
 * across streams and one in SQL, over a memory store and a real database.
 */
import { z } from 'zod';
import { MemoryStore } from '../../../src/commands/event-store/memory.js';
import type { EventStore, Log, StoredEvent } from '../../../src/commands/event-store/port.js';
import { parseStream } from '../../../src/domain/kernel.js';
import {
  rowProjection,
  sqlProjection,
  type ProjectedEvent,
  type RowProjection,
  type SqlProjection,
} from '../../../src/projections/engine/declaration.js';
import type { Decode } from '../../../src/projections/engine/feed.js';

export const events = {
  Opened: z.strictObject({ name: z.string() }),
  Added: z.strictObject({ amount: z.int(), tag: z.string() }),
  Renamed: z.strictObject({ name: z.string() }),
  Closed: z.strictObject({}),
  /** Handled by nobody. */
  Looked: z.strictObject({}),
};

export type Account = { name: string; total: number; tags: Record<string, number>; last?: string };

/** Stream-keyed, with history. An amount of 13 is poison while `superstitious`. */
export const accounts = ({
  version = 1,
  superstitious = false,
  name = 'accounts',
}: { version?: number; superstitious?: boolean; name?: string } = {}): RowProjection =>
  rowProjection<Account>()(events, {
    name,
    version,
    asOf: 'history',
    indexes: ["row->>'name'"],
    key: ({ meta }) => meta.streamId,
    on: {
      Opened: (_, { name: called }) => ({ total: 0, tags: {}, name: called }),
      Added: (row, { amount, tag }, { meta }) => {
        if (superstitious && amount === 13) throw new Error('thirteen');
        if (!row) return null;
        // Adding to `tags` and listing them shows the order of members, which must be jsonb's in every case.
        const tags = { ...row.tags, [tag]: (row.tags[tag] ?? 0) + amount };
        return {
          ...row,
          last: `${meta.version}:${Object.keys(tags).join()}`,
          total: row.total + amount,
          tags,
        };
      },
      Renamed: (row, { name: called }) => (row?.name === called ? row : row && { ...row, name: called }),
      Closed: () => null,
    },
  });

/** One row per tag over all streams. */
export const tagTotals = ({ superstitious = false }: { superstitious?: boolean } = {}): RowProjection =>
  rowProjection<{ total: number; events: number }>()(events, {
    name: 'tag_totals',
    version: 1,
    streamKeyed: false,
    key: ({ data }) => String(data['tag']),
    on: {
      Added: (row, { amount }) => {
        if (superstitious && amount === 13) throw new Error('thirteen');
        return { total: (row?.total ?? 0) + amount, events: (row?.events ?? 0) + 1 };
      },
    },
  });

/** Sums per stream in SQL; the check refuses sums beyond `limit`. */
export const sums = ({ limit = 1_000_000 }: { limit?: number } = {}): SqlProjection =>
  sqlProjection({
    name: 'sums',
    version: 1,
    log: 'record',
    types: ['Added'],
    ddl: [
      `CREATE TABLE {table} (tenant_id text COLLATE "C", stream text COLLATE "C",
         total bigint NOT NULL, PRIMARY KEY (tenant_id, stream), CONSTRAINT {name}_limit CHECK (total <= ${limit}))`,
    ],
    apply: async (db, table, page) => {
      await db.query(
        `INSERT INTO ${table} AS t SELECT tenant_id, stream, sum(amount) FROM jsonb_to_recordset($1::jsonb)
           AS e (tenant_id text, stream text, amount bigint) GROUP BY tenant_id, stream
         ON CONFLICT (tenant_id, stream) DO UPDATE SET total = t.total + excluded.total`,
        [
          JSON.stringify(
            page.map(({ data, meta }) => ({
              tenant_id: meta.tenantId,
              stream: meta.stream,
              amount: data['amount'],
            })),
          ),
        ],
      );
    },
  });

/** Parses plain JSON; the types in `newer` are of a newer process, those in `broken` cannot be read. */
export const decoder =
  ({ newer = [], broken = [] }: { newer?: string[]; broken?: string[] } = {}): Decode =>
  (stored) => {
    if (newer.includes(stored.type)) return { kind: 'outdated', type: stored.type };
    if (broken.includes(stored.type)) throw new Error(`cannot read ${stored.type}`);
    return { kind: 'event', event: projected(stored) };
  };

export function projected(stored: StoredEvent): ProjectedEvent {
  const { log, position, eventId, type, tenantId, stream, version, occurredAt, recordedAt } = stored;
  return {
    log,
    position,
    eventId,
    type,
    data: JSON.parse(stored.data) as Record<string, unknown>,
    meta: {
      tenantId,
      stream,
      streamId: parseStream(stream)!.streamId,
      version,
      occurredAt,
      recordedAt,
      actor: JSON.parse(stored.actor) as ProjectedEvent['meta']['actor'],
      commandId: (JSON.parse(stored.meta) as { commandId: string }).commandId,
    },
  };
}

export interface Written {
  type: string;
  data?: Record<string, unknown>;
  /** Default `a`. */
  id?: string;
  tenant?: string;
  log?: Log;
  actor?: Record<string, unknown>;
}

let written = 0;

/** Appends events one by one, each to the stream `account-<tenant>_<id>`; returns the last one's position. */
export async function append(store: EventStore, ...list: Written[]): Promise<number> {
  let last = 0;
  for (const { type, data = {}, id = 'a', tenant = 't1', log = 'record', actor } of list) {
    written += 1;
    const stream = `account-${tenant}_${id}${log === 'telemetry' ? '_20260101' : ''}`;
    const result = await store.append({
      log,
      tenantId: tenant,
      stream,
      expectedVersion: (await store.readStream(log, stream)).length,
      events: [
        {
          eventId: `00000000-0000-4000-8000-${String(written).padStart(12, '0')}`,
          type,
          schemaVersion: 1,
          data: JSON.stringify(data),
          actor: JSON.stringify(actor ?? { kind: 'user', id: 'm1', roles: ['owner'] }),
          meta: JSON.stringify({ commandId: `command-${written}` }),
          occurredAt: store.now(),
        },
      ],
      claims: [],
      guards: [],
      commandId: `command-${written}`,
    });
    if (result.outcome !== 'appended') throw new Error(`not appended: ${result.outcome}`);
    last = result.position;
  }
  return last;
}

/** Numbers between 0 and 1 that depend on the seed alone (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Events of a busy little area, the same for the same seed. */
export function workload(count: number, seed: number): Written[] {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const tags = ['b', 'a', 'long', 'ü', '10', '9', 'x1', 'Z'];
  return Array.from({ length: count }, (_, index) => {
    const at = { id: `s${Math.floor(random() * 12)}`, tenant: pick(['t1', 't1', 't2']) };
    const roll = random();
    if (roll < 0.15) return { ...at, type: 'Opened', data: { name: `n${index % 7}` } };
    if (roll < 0.25) return { ...at, type: 'Renamed', data: { name: `n${index % 3}` } };
    if (roll < 0.3) return { ...at, type: 'Closed' };
    if (roll < 0.4) return { ...at, type: 'Looked' };
    return { ...at, type: 'Added', data: { amount: Math.floor(random() * 20), tag: pick(tags) } };
  });
}

export const memoryStore = (): MemoryStore => new MemoryStore();

/** A log that keeps what was said, for specs that ask. */
export function listeningLog(): {
  info(o: object, m?: string): void;
  warn(o: object, m?: string): void;
  error(o: object, m?: string): void;
  said: string[];
} {
  const said: string[] = [];
  const say =
    (level: string) =>
    (_: object, message = ''): void =>
      void said.push(`${level}: ${message}`);
  return { info: say('info'), warn: say('warn'), error: say('error'), said };
}

/** Resolves when `holds` does; rejects after `timeoutMs` and says what was waited for. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
