import { validate as isUuid } from 'uuid';
import type { Pool } from 'pg';
import { StoreUnavailable, type EventStore, type Log } from '../../commands/event-store/port.js';
import { positionOf } from '../../commands/moment.js';
import { refuse } from '../../commands/rejections.js';
import { parseStream, Rejection } from '../../domain/kernel.js';
import type { Cursors } from './cursor.js';
import type { Answer, Projection, Query, QueryContext, Reader } from './declaration.js';
import { answered, isUndefinedTable } from './failures.js';
import { openLiveModels, type LiveModel, type LiveModels } from './live-models.js';
import { openModelReader, openRowCache, type ModelReaderDeps, type RowCache } from './model-reader.js';

/** What a read asks for besides its input. */
export interface ReadRequest {
  reader: Reader;
  /** The principal's last own write that this process knows of, in the record log. */
  ownPosition?: number;
  /** `X-Min-Position`, in the query's main log. */
  minPosition?: number;
  /** `?asOf=`: an instant or a position. Only for queries that declare it. */
  asOf?: string;
}

interface OpenedRead {
  ctx: QueryContext;
  /** `X-Position`: the answer holds everything up to here, in the query's main log. */
  position: number;
  /** `X-Degraded`: the names of the projections in which events are missing. */
  degraded: string[];
  /** A model had not come to what was in the log when the read began: what it does not hold may be there. */
  isBehind(): boolean;
}

export interface Queries {
  /**
   * Waits until the query's read models hold what the reader has to see, and gives the context to run it in.
   * @throws Rejection `invalid-input` (`/asOf`, `/minPosition`) or `unavailable`; StoreUnavailable
   */
  contextFor(query: Pick<Query, 'reads'>, request: ReadRequest): Promise<OpenedRead>;
  /** Runs a query with a parsed input in that context. @throws the same, and what the query refuses with */
  run(request: ReadRequest & { query: Query; input: Record<string, unknown> }): Promise<RanQuery>;
}

interface RanQuery {
  answer: Answer<unknown>;
  position: number;
  degraded: string[];
}

interface QueriesDeps {
  store: EventStore;
  pool: Pool;
  cursors: Cursors;
  /** Opens the sealed values in a JSON value. */
  open: <T>(json: T) => Promise<T>;
  /** Resolves when a table may have moved, or after so many milliseconds: the runner's `changed`, where there is one. */
  moved?: (timeoutMs: number) => Promise<unknown>;
  /** How long a read waits for the log's head, in milliseconds. */
  patienceMs?: number;
}

type Reading = QueriesDeps & {
  models: LiveModels;
  rows: RowCache;
  request: ReadRequest;
  needs: (log: Log, asOf: number | undefined) => Needs;
  /** Becomes true when a model was read that is behind what it should hold. */
  lag: { isSeen: boolean };
};

/** Opens the read side of a process. */
export function openQueries(deps: QueriesDeps): Queries {
  const models = openLiveModels(deps);
  const rows = openRowCache();

  async function contextFor({ reads }: Pick<Query, 'reads'>, request: ReadRequest): Promise<OpenedRead> {
    const { store } = deps;
    const main = mainLogOf(reads);
    // The heads as of now: whoever wrote before this read began finds it in the answer.
    const heads = await headsOf(store, [main, ...reads.map(({ log }) => log)]);
    if (request.minPosition !== undefined && request.minPosition > heads[main]!) {
      const detail = 'the log has not come to this position yet';
      return refuse('invalid-input', detail, { errors: [{ pointer: '/minPosition', detail }] });
    }
    const asOf = request.asOf === undefined ? undefined : await positionOf(store, request.asOf, '/asOf');
    const needs = (log: Log, moment: number | undefined): Needs =>
      needsOf(request, { log, main, head: heads[log]!, asOf: moment });
    const wanted = reads.map(({ log }) => needs(log, asOf));
    const found = await Promise.all(reads.map((projection, index) => models.at(projection, wanted[index]!)));
    const degraded = reads.filter((_, index) => found[index]!.degraded).map(({ name }) => name);
    if (degraded.length > 0 && request.minPosition !== undefined) {
      return refuse(
        'unavailable',
        `events are missing in ${degraded.join(', ')}; they are being looked after`,
      );
    }
    const positions = found.filter((_, index) => reads[index]!.log === main).map(({ position }) => position);
    const lag = { isSeen: found.some(({ position }, index) => position < wanted[index]!.wanted) };
    return {
      ctx: contextOf({ ...deps, models, rows, request, needs, lag }, reads, asOf),
      position: asOf ?? Math.min(heads[main]!, ...positions),
      degraded,
      isBehind: () => lag.isSeen,
    };
  }

  return {
    contextFor,
    async run({ query, input, ...request }) {
      const { ctx, position, degraded, isBehind } = await contextFor(query, request);
      try {
        return { answer: await query.run(input as never, ctx), position, degraded };
      } catch (error) {
        const isMissing = error instanceof Rejection && error.row.status === 404;
        if (!isMissing || !isBehind()) throw error;
        return refuse('unavailable', 'the read model is behind the log: what is not in it may be there');
      }
    },
  };
}

/** The log that a query's positions are of: the record, unless it reads nothing but telemetry. */
const mainLogOf = (reads: readonly Projection[]): Log =>
  reads.length > 0 && reads.every(({ log }) => log === 'telemetry') ? 'telemetry' : 'record';

/** How far a model has to be: better so far, at least so far. */
interface Needs {
  wanted: number;
  required: number;
}

function needsOf(
  { ownPosition = 0, minPosition = 0 }: ReadRequest,
  { log, main, head, asOf }: { log: Log; main: Log; head: number; asOf: number | undefined },
): Needs {
  if (asOf !== undefined) return { wanted: asOf, required: asOf };
  const required = Math.max(log === 'record' ? ownPosition : 0, log === main ? minPosition : 0);
  return { wanted: head, required: Math.min(required, head) };
}

async function headsOf(store: EventStore, logs: readonly Log[]): Promise<Partial<Record<Log, number>>> {
  const distinct = [...new Set(logs)];
  const heads = await Promise.all(distinct.map((log) => store.head(log)));
  return Object.fromEntries(distinct.map((log, index) => [log, heads[index]!]));
}

function contextOf(reading: Reading, reads: readonly Projection[], asOf: number | undefined): QueryContext {
  const { store, cursors, pool, rows, request } = reading;
  const { reader } = request;
  const { tenantId } = reader;
  const declared = (projection: Projection): void => {
    if (!reads.includes(projection))
      throw new Error(`the query does not declare that it reads ${projection.name}`);
  };
  const onTable =
    (projection: Projection, at: number | undefined) =>
    <T>(read: (model: LiveModel) => Promise<T>): Promise<T> => {
      const needs = reading.needs(projection.log, at);
      return readTable(reading.models, projection, needs, (model) => {
        if (model.position < needs.wanted) reading.lag.isSeen = true;
        return read(model);
      });
    };
  return {
    reader,
    now: store.now(),
    ...(asOf !== undefined && { asOf }),
    model(projection) {
      declared(projection);
      const onTableNow: ModelReaderDeps['onTableNow'] = (read, other = projection) => {
        declared(other);
        return onTable(other, undefined)(read);
      };
      const tables = { onTable: onTable(projection, asOf), onTableNow };
      return openModelReader({ pool, rows, cursors, projection, tenantId, asOf, ...tables });
    },
    sql<R extends object>(projection: Projection, text: string, values: unknown[]) {
      declared(projection);
      return onTable(
        projection,
        asOf,
      )(async ({ table }) => {
        const own = `(SELECT * FROM rm.${table} WHERE tenant_id = $${values.length + 1})`;
        const answer = await answered(pool.query(text.replaceAll('{table}', own), [...values, tenantId]));
        return answer.rows as R[];
      });
    },
    at: (moment) => positionOf(store, moment, ''),
    asOfPosition: (position) => contextOf(reading, reads, position),
    current: () => contextOf(reading, reads, undefined),
    open: (value) => reading.open(value),
    cursor: {
      seal: (value, scope) => cursors.seal(value, [tenantId, scope]),
      open: (text, scope) => cursors.open(text, [tenantId, scope]),
    },
    async resolve(kind, category, idOrKey) {
      if (isUuid(idOrKey)) return idOrKey.toLowerCase();
      const owner = await store.claimOwner(tenantId, kind, idOrKey);
      const stream = owner === null ? undefined : parseStream(owner);
      return stream?.category === category ? stream.streamId : null;
    },
  };
}

/** Reads the table that serves; if it is swapped away between the two statements, the one in its place. */
async function readTable<T>(
  models: LiveModels,
  projection: Projection,
  needs: Needs,
  read: (model: LiveModel) => Promise<T>,
): Promise<T> {
  try {
    return await read(await models.at(projection, needs));
  } catch (error) {
    const isSwapped = isUndefinedTable(error);
    if (isSwapped || error instanceof StoreUnavailable) models.forget();
    if (!isSwapped) throw error;
    return read(await models.at(projection, needs));
  }
}
