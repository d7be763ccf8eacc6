import type pg from 'pg';
import type { Logger } from 'pino';
import { statement } from './append-call.js';
import { appendConnections } from './append-connection.js';
import { appendFlush, type FlushLimits } from './append-flush.js';
import { appendQueue, type AppendQueue, type QueueLimits } from './append-queue.js';
import { coalesced } from './coalesced.js';
import { database, type Database } from './connection.js';
import { databaseClock } from './database-clock.js';
import { follow } from './follow.js';
import type { EventStore, Log } from './port.js';
import { StoreUnavailable } from './port.js';
import { exportLines } from './postgres-export.js';
import { claimOwner, findReplay, headOf, positionAt, readAll, readStream } from './postgres-reader.js';
import { wakeUp } from './wake-up.js';

/** Connections that the store keeps for itself (one per log for appends, one that listens), and one to read. */
const leastConnections = 4;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const partitionDays = 7;
const purgeRows = 10_000;

export interface PostgresStoreOptions {
  /**
   * Of the application's role, from `openPool`, with at least 4 connections, of which the store keeps 3. Its
   * owner ends it after the store was closed.
   */
  pool: pg.Pool;
  log: Pick<Logger, 'info' | 'warn'>;
  limits?: Partial<QueueLimits & FlushLimits>;
}

/**
 * The event store on PostgreSQL, migrated and ready.
 * @throws StoreUnavailable without a database; an `Error` that says what is wrong with one that does not fit.
 */
export async function openPostgresStore({
  pool,
  log,
  limits = {},
}: PostgresStoreOptions): Promise<EventStore> {
  if (pool.options.max < leastConnections)
    throw new Error(`The pool needs ${leastConnections} connections or more.`);
  const closing = new AbortController();
  const elapsedMs = (): number => performance.now();
  const db = database(pool, closing.signal);
  await assertFits(db);
  const clock = await databaseClock(db, elapsedMs);
  await maintain(db, log);
  let maintainedAt = elapsedMs();
  const everyMinute = setInterval(() => {
    clock.measure().catch((error: Error) => log.warn({ error: error.message }, 'the clock was not measured'));
    if (elapsedMs() - maintainedAt < hourMs) return;
    maintainedAt = elapsedMs();
    void maintain(db, log);
  }, minuteMs).unref();

  const heads = {
    record: coalesced(() => headOf(db, 'record')),
    telemetry: coalesced(() => headOf(db, 'telemetry')),
  };
  const head = (of: Log): Promise<number> => heads[of]();
  const onDeaf = (error: Error): void =>
    log.warn({ error: error.message }, 'not listening for appends, polling');
  const { changed, wake } = wakeUp({ database: db, head, elapsedMs, closing: closing.signal, onDeaf });
  const connections = { record: appendConnections(db), telemetry: appendConnections(db) };
  const queueOf = (of: Log): AppendQueue => {
    const { connect } = connections[of];
    const flush = appendFlush({ log: of, connect, elapsedMs, closing: closing.signal, limits });
    return appendQueue({ flush: (items) => flush(items).finally(wake), limits });
  };
  const queues = { record: queueOf('record'), telemetry: queueOf('telemetry') };

  const store: EventStore = {
    append: async (item) => {
      if (item.events.length > 0 || item.idempotency) return queues[item.log].append(item);
      throw new Error('An append without events needs an idempotency key.');
    },
    readStream: (of, stream, after = 0, limit) => readStream(db, { log: of, stream, after, limit }),
    readAll: (of, after, limit, filter) => readAll(db, { log: of, after, limit, filter }),
    subscribe: (of, after, signal, filter) => follow(store, { log: of, after, signal, filter }),
    exportLines: (of, after, to, filter) => exportLines(db, { log: of, after, to, filter }),
    head,
    positionAt: (of, instant) => positionAt(db, of, instant),
    claimOwner: (tenantId, kind, key) => claimOwner(db, { tenantId, kind, key }),
    findReplay: (scope, key) => findReplay(db, scope, key),
    changed,
    now: clock.now,
    close: async () => {
      clearInterval(everyMinute);
      closing.abort();
      await Promise.all([queues.record.close(), queues.telemetry.close()]);
      connections.record.release();
      connections.telemetry.release();
    },
  };
  return store;
}

/** Refuses a database on which the store would not keep its promises, and says why. */
async function assertFits({ read }: Database): Promise<void> {
  const text = `SELECT current_setting('default_transaction_isolation'), to_regprocedure('es.begin_append(integer)')`;
  const [isolation, migrated] = (await read(statement(text, [])))[0]!;
  if (isolation !== 'read committed') {
    throw new Error(
      `Appends need default_transaction_isolation = 'read committed'; this database has '${isolation}'.`,
    );
  }
  if (migrated === null) throw new StoreUnavailable('The database has no event log: it was not migrated.');
}

/** Partitions ahead of time, expired idempotency keys. Trouble is logged: the next hour tries again. */
async function maintain({ read }: Database, log: PostgresStoreOptions['log']): Promise<void> {
  try {
    await read(statement('SELECT es.ensure_telemetry_partitions($1)', [partitionDays]));
    const purge = statement('SELECT ops.purge_idempotency($1)', [purgeRows]);
    while (Number((await read(purge))[0]![0]) === purgeRows);
  } catch (error) {
    log.warn({ error: (error as Error).message }, 'the upkeep of the event store failed');
  }
}
