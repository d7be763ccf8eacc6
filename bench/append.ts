import type pg from 'pg';
import { v7 } from 'uuid';
import { openPostgresStore } from '../src/commands/event-store/postgres.js';
import type { AppendItem, EventStore, NewEvent } from '../src/commands/event-store/port.js';
import { withClient } from '../src/database/client.js';
import { openPool } from '../src/database/pool.js';
import {
  compared,
  interleaved,
  rateOf,
  type BenchContext,
  type BenchResult,
  type Contender,
} from './context.js';

const callers = 64;
const rowsPerInsert = 1_000;
const eventsPerStream = 20;
const columns = `position, occurred_at, recorded_at, event_id, version, schema_version, tenant_id, stream, type, actor,
  data, meta`;

const data = JSON.stringify({ personaId: v7(), changes: { description: 'd'.repeat(330) } });
const meta = JSON.stringify({
  causationId: v7(),
  commandId: v7(),
  correlationId: v7(),
  dataClass: 'internal',
});
const actor = JSON.stringify({ id: v7(), kind: 'member', roles: ['editor'] });
const occurredAt = '2026-01-01T00:00:00.000Z';

/** Appends against what PostgreSQL does at best, and against the obvious way to append. */
export async function appendBench({ freshDatabase, progress }: BenchContext): Promise<BenchResult[]> {
  const urls = await freshDatabase();
  await withClient({ url: urls.owner, applicationName: 'bench' }, async (client) => {
    for (const table of ['plain', 'locked']) {
      await client.query(
        `CREATE SCHEMA IF NOT EXISTS bench; CREATE TABLE bench.${table} (LIKE es.events INCLUDING ALL)`,
      );
    }
  });
  const pool = openPool({ url: urls.app, max: 8, applicationName: 'bench' });
  const owners = openPool({ url: urls.owner, max: 32, applicationName: 'bench' });
  const store = await openPostgresStore({ pool, log: console });
  try {
    progress('append: 64 callers');
    const many = await interleaved(
      {
        coalesced: (forMs) => appends(store, callers, forMs),
        snapshot: (forMs) => withOpenSnapshot(owners, () => appends(store, callers, forMs)),
        multiRow: multiRowInserts(owners),
        locked: lockedTransactions(owners),
      },
      { rounds: 5, forMs: 1_500 },
    );
    progress('append: one caller');
    const one = await interleaved(
      { single: (forMs) => appends(store, 1, forMs), raw: singleInserts(owners) },
      { rounds: 5, forMs: 1_000 },
    );
    const unit = 'events/s';
    return [
      compared(
        { name: 'append: 64 callers / multi-row insert', unit, bar: 0.25 },
        many.coalesced,
        many.multiRow,
      ),
      compared(
        { name: 'append: 64 callers / a locked transaction each', unit, bar: 10 },
        many.coalesced,
        many.locked,
      ),
      compared(
        { name: 'append: 64 callers, a snapshot open / none', unit, bar: 0.8 },
        many.snapshot,
        many.coalesced,
      ),
      compared({ name: 'append: one caller / a raw row and commit', unit, bar: 0.45 }, one.single, one.raw),
    ];
  } finally {
    await store.close();
    await Promise.all([pool.end(), owners.end()]);
  }
}

function newEvent(): NewEvent {
  return { eventId: v7(), type: 'PersonaDraftEdited', schemaVersion: 1, data, actor, meta, occurredAt };
}

async function appends(store: EventStore, callers: number, forMs: number): Promise<number> {
  const streams = Array.from({ length: callers }, () => ({ stream: '', version: eventsPerStream }));
  return rateOf({ callers, forMs }, async (caller) => {
    const own = streams[caller]!;
    if (own.version === eventsPerStream)
      Object.assign(own, { stream: `persona-default_${v7()}`, version: 0 });
    const { stream, version: expectedVersion } = own;
    const rest = { claims: [], guards: [], commandId: v7() };
    const item: AppendItem = {
      log: 'record',
      tenantId: 'default',
      stream,
      expectedVersion,
      events: [newEvent()],
      ...rest,
    };
    const { outcome } = await store.append(item);
    if (outcome !== 'appended') throw new Error(outcome);
    own.version++;
    return 1;
  });
}

/** Rows as fast as INSERT takes them, of the same size into the same table, on one connection. */
function multiRowInserts(pool: pg.Pool): Contender {
  const rows = Array.from({ length: rowsPerInsert }, (_, row) => {
    const list = Array.from({ length: 12 }, (_, column) => `$${row * 12 + column + 1}`);
    return `(${list.join(', ')})`;
  });
  const text = `INSERT INTO bench.plain (${columns}) VALUES ${rows.join(', ')}`;
  let position = 0;
  let stream = '';
  return (forMs) =>
    rateOf({ callers: 1, forMs }, async () => {
      const values: unknown[] = [];
      for (let row = 0; row < rowsPerInsert; row++) {
        const version = (row % eventsPerStream) + 1;
        if (version === 1) stream = `persona-default_${v7()}`;
        values.push(...rowValues(++position, stream, version));
      }
      await pool.query({ name: 'multi-row', text, values });
      return rowsPerInsert;
    });
}

/** One row and its commit, one after the other, on one connection. */
function singleInserts(pool: pg.Pool): Contender {
  const list = Array.from({ length: 12 }, (_, column) => `$${column + 1}`).join(', ');
  const text = `INSERT INTO bench.plain (${columns}) VALUES (${list})`;
  let position = 1_000_000_000;
  return async (forMs) => {
    const client = await pool.connect();
    const rate = await rateOf({ callers: 1, forMs }, async () => {
      await client.query({
        name: 'single',
        text,
        values: rowValues(++position, `persona-default_${v7()}`, 1),
      });
      return 1;
    });
    client.release();
    return rate;
  };
}

/** The obvious way: each append opens a transaction, takes the lock, looks, inserts and commits. */
function lockedTransactions(pool: pg.Pool): Contender {
  const list = Array.from({ length: 12 }, (_, column) => `$${column + 1}`).join(', ');
  const insert = `INSERT INTO bench.locked (${columns}) VALUES (${list})`;
  return (forMs) =>
    rateOf({ callers, forMs }, async () => {
      const client = await pool.connect();
      const stream = `persona-default_${v7()}`;
      await client.query('BEGIN');
      await client.query({ name: 'lock', text: 'SELECT pg_advisory_xact_lock(1)' });
      const version = 'SELECT coalesce(max(version), 0) AS n FROM bench.locked WHERE stream = $1';
      const { rows: versions } = await client.query<{ n: number }>({
        name: 'version',
        text: version,
        values: [stream],
      });
      const last = 'SELECT coalesce(max(position), 0) AS n FROM bench.locked';
      const { rows: positions } = await client.query<{ n: string }>({ name: 'last', text: last });
      const values = rowValues(Number(positions[0]!.n) + 1, stream, versions[0]!.n + 1);
      await client.query({ name: 'insert', text: insert, values });
      await client.query('COMMIT');
      client.release();
      return 1;
    });
}

/** As a dump or a slow COPY does, for as long as `work` takes. */
async function withOpenSnapshot<T>(pool: pg.Pool, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query('SELECT count(*) FROM (SELECT FROM es.events LIMIT 1) e');
  try {
    return await work();
  } finally {
    await client.query('COMMIT');
    client.release();
  }
}

function rowValues(position: number, stream: string, version: number): unknown[] {
  const instants = [occurredAt, occurredAt];
  return [
    position,
    ...instants,
    v7(),
    version,
    1,
    'default',
    stream,
    'PersonaDraftEdited',
    actor,
    data,
    meta,
  ];
}
