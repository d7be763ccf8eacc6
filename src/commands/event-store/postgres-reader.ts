import { statement, type Statement } from './append-call.js';
import type { Database, Row } from './connection.js';
import {
  pageBytes,
  type EventFilter,
  type EventPage,
  type Log,
  type Replay,
  type StoredEvent,
} from './port.js';

/** The table that holds a log. */
export const tables: Record<Log, string> = { record: 'es.events', telemetry: 'es.telemetry' };

const scanLimit = 100_000;
const columns = `e.position, e.tenant_id, e.stream, e.version, e.event_id, e.type, e.schema_version, e.data, e.actor,
  e.meta, es.iso(e.occurred_at), es.iso(e.recorded_at)`;

/** The events of one stream with version > `after`. */
export async function readStream(
  { read }: Database,
  { log, stream, after, limit }: { log: Log; stream: string; after: number; limit: number | undefined },
): Promise<StoredEvent[]> {
  const text = `SELECT ${columns} FROM ${tables[log]} e
    WHERE e.stream = $1 AND e.version > $2${sameDay(log, '$1')} ORDER BY e.version LIMIT $3`;
  const rows = await read(statement(text, [stream, after, limit ?? null]));
  return rows.map((row) => storedEvent(log, row));
}

/** One page in position order. */
export async function readAll(
  { read }: Database,
  {
    log,
    after,
    limit,
    filter = {},
  }: { log: Log; after: number; limit: number; filter?: EventFilter | undefined },
): Promise<EventPage> {
  const bounded =
    filter.stream !== undefined || filter.types !== undefined || filter.categories !== undefined;
  if (!bounded && filter.tenantId === undefined) {
    const rows = await read(wholePage(log, after, limit));
    const events = rows.map((row) => storedEvent(log, row));
    const scannedTo = events.at(-1)?.position ?? after;
    return { events, scannedTo, atHead: !isFull(events, limit) };
  }
  const rows = await read(filteredPage({ log, after, limit, filter, bounded }));
  const [head, scanned] = [Number(rows[0]![0]), Number(rows[0]![1])];
  const events = rows.filter((row) => row[2] !== null).map((row) => storedEvent(log, row.slice(2)));
  const scannedTo = isFull(events, limit) ? events.at(-1)!.position : Math.max(scanned, after);
  return { events, scannedTo, atHead: scannedTo >= head };
}

/** Whether a page may have ended because it holds enough: a size on disk has up to four bytes of its own. */
const isFull = (events: StoredEvent[], limit: number): boolean =>
  events.length >= limit ||
  events.reduce((bytes, { data }) => bytes + Buffer.byteLength(data) + 4, 0) >= pageBytes;

// The length of a compressed text is known only when it is unpacked; of any other the size on disk tells it
// without a look at the text.
const dataBytes = `CASE WHEN pg_column_compression(e.data) IS NULL THEN pg_column_size(e.data)
  ELSE octet_length(e.data::text) END`;

/**
 * The first `$2` events that meet the conditions, but no further than the page's bytes. What comes behind the cut is measured, but neither sent nor made text of.
 */
const cutPage = (log: Log, conditions: string): string =>
  `SELECT ${columns} FROM (
     SELECT e.*, sum(e.size) OVER (ORDER BY e.position ROWS UNBOUNDED PRECEDING) AS bytes FROM (
       SELECT e.*, ${dataBytes} AS size FROM ${tables[log]} e
       WHERE ${conditions} ORDER BY e.position LIMIT $2) e) e
   WHERE e.bytes - e.size < ${pageBytes} ORDER BY e.position`;

function wholePage(log: Log, after: number, limit: number): Statement {
  return statement(cutPage(log, 'e.position > $1'), [after, limit]);
}

/**
 * Rows of head, last position looked at, and what `cutPage` gives. The head is of the same snapshot as the events: a position
 * counts as looked at only if its event could be seen. A filter that the index on tenants does not answer
 * alone looks at a bounded range, which starts at the next position there is (telemetry has gaps).
 */
function filteredPage({
  log,
  after,
  limit,
  filter,
  bounded,
}: {
  log: Log;
  after: number;
  limit: number;
  filter: EventFilter;
  bounded: boolean;
}): Statement {
  const table = tables[log];
  const values: unknown[] = [after, limit];
  const conditions = [
    'e.position >= b.low',
    'e.position <= b.high',
    ...filterConditions(log, filter, values),
  ];
  const high = bounded ? `least(h.position, n.position + ${scanLimit - 1})` : 'h.position';
  const text = `WITH b AS MATERIALIZED (
      SELECT h.position AS head, n.position AS low, ${high} AS high
        FROM (SELECT coalesce((SELECT e.position FROM ${table} e ORDER BY e.position DESC LIMIT 1), 0) AS position) h
        LEFT JOIN (SELECT e.position FROM ${table} e WHERE e.position > $1 ORDER BY e.position LIMIT 1) n ON true)
    SELECT b.head, coalesce(b.high, b.head), e.*
      FROM b LEFT JOIN LATERAL (${cutPage(log, conditions.join(' AND '))}) e ON true`;
  return statement(text, values);
}

/** The filter as conditions on `e`; its values are added to `values` and referred to by their number. */
function filterConditions(log: Log, filter: EventFilter, values: unknown[]): string[] {
  const conditions: string[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  if (filter.tenantId !== undefined) conditions.push(`e.tenant_id = ${parameter(filter.tenantId)}`);
  if (filter.types !== undefined) conditions.push(`e.type = ANY (${parameter(filter.types)}::text[])`);
  if (filter.categories !== undefined) {
    conditions.push(`split_part(e.stream, '-', 1) = ANY (${parameter(filter.categories)}::text[])`);
  }
  if (filter.stream !== undefined) {
    const stream = `${parameter(filter.stream)}::text`;
    conditions.push(`e.stream = ${stream}${sameDay(log, stream)}`);
  }
  return conditions;
}

function sameDay(log: Log, stream: string): string {
  return log === 'telemetry' ? ` AND e.day = es.stream_day(${stream})` : '';
}

/** The greatest position, 0 for an empty log. */
export async function headOf({ read }: Database, log: Log): Promise<number> {
  const rows = await read(
    statement(`SELECT e.position FROM ${tables[log]} e ORDER BY e.position DESC LIMIT 1`, []),
  );
  return Number(rows[0]?.[0] ?? 0);
}

/** The greatest position recorded at or before the instant, 0 if there is none. */
export async function positionAt({ read }: Database, log: Log, instant: string): Promise<number> {
  const rows = await read(statement('SELECT es.position_at($1, $2)', [log, instant]));
  return Number(rows[0]![0]);
}

/** The stream that holds the claim, or null. */
export async function claimOwner(
  { read }: Database,
  { tenantId, kind, key }: { tenantId: string; kind: string; key: string },
): Promise<string | null> {
  const text = 'SELECT stream FROM es.claims WHERE tenant_id = $1 AND kind = $2 AND key = $3';
  return (await read(statement(text, [tenantId, kind, key])))[0]?.[0] ?? null;
}

/** What an idempotency key led to, or null. */
export async function findReplay({ read }: Database, scope: string, key: string): Promise<Replay | null> {
  const text = `SELECT fingerprint, command_id, stream, from_version, version, position
    FROM ops.idempotency WHERE scope = $1 AND key = $2`;
  const [row] = await read(statement(text, [scope, key]));
  if (!row) return null;
  const [fingerprint, commandId, stream, fromVersion, version, position] = row as string[];
  return {
    fingerprint: fingerprint!,
    commandId: commandId!,
    stream: stream!,
    fromVersion: Number(fromVersion),
    version: Number(version),
    position: Number(position),
  };
}

function storedEvent(log: Log, row: Row): StoredEvent {
  const [
    position,
    tenantId,
    stream,
    version,
    eventId,
    type,
    schemaVersion,
    data,
    actor,
    meta,
    occurredAt,
    recordedAt,
  ] = row as string[];
  return {
    log,
    position: Number(position),
    tenantId: tenantId!,
    stream: stream!,
    version: Number(version),
    eventId: eventId!,
    type: type!,
    schemaVersion: Number(schemaVersion),
    data: data!,
    actor: actor!,
    meta: meta!,
    occurredAt: occurredAt!,
    recordedAt: recordedAt!,
  };
}
