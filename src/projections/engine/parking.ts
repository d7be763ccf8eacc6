/**
 * Events that a model could not take. In a stream-keyed model the stream waits from the first of them on and can
 * be retried; any other model is inexact from then on, and only a rebuild mends it.
 */
import type { Pool, PoolClient } from 'pg';
import type { EventStore, StoredEvent } from '../../commands/event-store/port.js';
import { withCheckpoint } from './checkpoint.js';
import type { Projection, RowProjection } from './declaration.js';
import { concernOf, decodeEvent, type Decode, type FeedEvent } from './feed.js';
import { applyCarefully } from './isolate.js';
import { listModels } from './models.js';
import type { Poison } from './row-fold.js';
import { applyRows } from './row-writer.js';

export interface Parked {
  table: string;
  position: number;
  tenantId: string;
  stream: string;
  /** Of the stream, at the parked event. */
  version: number;
  eventId: string;
  type: string;
  key: string | null;
  cause: string;
  /** ISO 8601, UTC, three decimals. */
  parkedAt: string;
}

/** Which of these streams wait in a table. */
export async function waitingStreams(
  client: PoolClient,
  table: string,
  streams: readonly string[],
): Promise<Set<string>> {
  const { rows } = await client.query<{ stream: string }>(
    'SELECT stream FROM rm.parked WHERE table_name = $1 AND stream = ANY ($2::text[])',
    [table, streams],
  );
  return new Set(rows.map(({ stream }) => stream));
}

/** Records events that a table could not take, within the transaction that passes over them. */
export async function park(
  client: PoolClient,
  table: string,
  poison: readonly Poison[],
  { inexact }: { inexact: boolean },
): Promise<void> {
  for (const { event, key, cause } of poison) {
    const { tenantId, stream, version } = event.meta;
    await client.query(
      `INSERT INTO rm.parked (table_name, position, tenant_id, stream, version, event_id, type, key, cause)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
      [table, event.position, tenantId, stream, version, event.eventId, event.type, key, cause],
    );
  }
  await client.query(
    `UPDATE rm.checkpoints SET inexact = inexact OR $2,
       parked = (SELECT count(*) FROM rm.parked WHERE table_name = $1) WHERE table_name = $1`,
    [table, inexact],
  );
}

/** What is parked in the tables that serve a projection's version or will. */
export async function listParked(pool: Pool, projection: Projection): Promise<Parked[]> {
  const tables = (await listModels(pool, [projection])).filter(({ state }) => state !== 'retired');
  const { rows } = await pool.query<Omit<Parked, 'position'> & { position: string }>(
    `SELECT table_name AS "table", position, tenant_id AS "tenantId", stream, version, event_id AS "eventId", type,
       key, cause, to_char(parked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "parkedAt"
     FROM rm.parked WHERE table_name = ANY ($1::text[]) ORDER BY table_name, position`,
    [tables.map(({ table }) => table)],
  );
  return rows.map(({ position, ...one }) => Object.assign(one, { position: Number(position) }));
}

export interface Retried {
  /** Streams that are complete again. */
  mended: string[];
  /** Streams that wait still, possibly from a later event on. */
  waiting: string[];
}

/**
 * Replays parked streams (or the one named) from their parked event up to the checkpoint, in one transaction per
 * table and through the fold that the runner uses: afterwards the table is what it would have been without the
 * accident, history included.
 * @throws Error for a model that is not stream-keyed, whose retry is a rebuild
 */
export async function retryParked(deps: {
  store: Pick<EventStore, 'readStream'>;
  pool: Pool;
  projection: Projection;
  /** All there are: see `concernOf`. */
  projections: readonly Projection[];
  decode: Decode;
  stream?: string;
}): Promise<Retried> {
  const { pool, projection, stream } = deps;
  if (projection.kind === 'sql' || !projection.streamKeyed) {
    throw new Error(`${projection.name} is mended by a rebuild: its rows come from more than one stream`);
  }
  const parked = (await listParked(pool, projection)).filter((one) => !stream || one.stream === stream);
  const retried: Retried = { mended: [], waiting: [] };
  for (const table of new Set(parked.map((one) => one.table))) {
    const streams = parked.filter((one) => one.table === table).map((one) => one.stream);
    const waiting = await retryTable({ ...deps, projection }, table, streams);
    retried.waiting.push(...streams.filter((one) => waiting.has(one)));
    retried.mended.push(...streams.filter((one) => !waiting.has(one)));
  }
  return retried;
}

type RetryDeps = Parameters<typeof retryParked>[0] & { projection: RowProjection };

async function retryTable(deps: RetryDeps, table: string, streams: readonly string[]): Promise<Set<string>> {
  const { pool, projection } = deps;
  const outcome = await withCheckpoint({ pool, table, wait: true }, async (client, { position }) => {
    // Read again under the lock: another retry may have been faster.
    const { rows } = await client.query<{ stream: string; version: number }>(
      'DELETE FROM rm.parked WHERE table_name = $1 AND stream = ANY ($2::text[]) RETURNING stream, version',
      [table, streams],
    );
    const poison: Poison[] = [];
    for (const { stream, version } of rows) {
      for await (const events of streamPages(deps, stream, version - 1, position)) {
        const waiting = new Set(poison.map(({ event }) => event.meta.stream));
        poison.push(
          ...(await applyCarefully({ client, events, streamKeyed: true, waiting }, (part) =>
            applyRows(client, table, projection, part),
          )),
        );
      }
    }
    await park(client, table, poison, { inexact: false });
    await client.query('UPDATE rm.checkpoints SET revision = revision + 1 WHERE table_name = $1', [table]);
    return { position, result: new Set(poison.map(({ event }) => event.meta.stream)) };
  });
  return outcome instanceof Set ? outcome : new Set(streams);
}

const pageSize = 500;

/** The events of a stream behind `after` and not beyond `until`, as far as the projection has to do with them. */
async function* streamPages(
  { store, projection, projections, decode }: RetryDeps,
  stream: string,
  after: number,
  until: number,
): AsyncGenerator<FeedEvent[]> {
  const concerns = concernOf(projection, projections);
  let stored: StoredEvent[];
  do {
    stored = await store.readStream(projection.log, stream, after, pageSize);
    after = stored.at(-1)?.version ?? after;
    const events = stored.filter(({ position }) => position <= until).map((one) => known(one, decode));
    yield events.filter(concerns);
  } while (stored.length === pageSize && stored.at(-1)!.position < until);
}

function known(stored: StoredEvent, decode: Decode): FeedEvent {
  const decoded = decodeEvent(stored, decode);
  if (decoded.kind === 'event') return decoded.event;
  throw new Error(`${stored.type} at ${stored.position} is of a newer version: retry with that one`);
}
