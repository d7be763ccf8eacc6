/**
 * Counters that rules ask for, such as requests within a minute. They are raised at once and for good, in a short
 * transaction of their own before anything is decided; what one of them counts since when is in its key.
 */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Count } from '../domain/kernel.js';
import { statement } from './event-store/append-call.js';
import { database, type Database } from './event-store/connection.js';
import { mapKey } from './event-store/memory-append.js';
import { StoreUnavailable } from './event-store/port.js';
import { integerArray, textArray } from './event-store/text-array.js';
import { inBatches } from './in-batches.js';

export interface Counters {
  /**
   * Raises counters of a tenant and answers their values, these amounts included. A command counts once under a key:
   * whenever it comes again, it is answered the value of then.
   * @param commandId a UUID
   * @throws StoreUnavailable, when nothing is counted or — after a silence — not known to be: asking again is safe
   */
  count(tenantId: string, commandId: string, counts: readonly Count[]): Promise<number[]>;
  close(): Promise<void>;
}

/** One command's counts on their way. */
interface Counting {
  tenantId: string;
  commandId: string;
  counts: readonly Count[];
}

const minuteMs = 60_000;
const purgeRows = 10_000;
/** Commands of one call, and of one tenant while they wait. */
const mostAtOnce = 512;
const mostWaiting = 1_024;
/** Later than this after the call was begun, it is not sent again. */
const patienceMs = 2_000;

/** Counters in the database that all processes share. Whoever opened the pool ends it, after these were closed. */
export function openCounters({ pool, log }: { pool: pg.Pool; log: Pick<Logger, 'warn'> }): Counters {
  const closing = new AbortController();
  const db = database(pool, closing.signal);
  const everyMinute = setInterval(() => void purge(db, log), minuteMs).unref();
  const batches = inBatches(mostAtOnce, (batch: readonly Counting[]) => counted(db, batch));
  return {
    count: async (tenantId, commandId, counts) => {
      if (counts.length === 0) return [];
      if (batches.waiting((other) => other.tenantId === tenantId) >= mostWaiting) {
        throw new StoreUnavailable('Too many commands wait to be counted.');
      }
      return batches.ask({ tenantId, commandId, counts });
    },
    close: async () => {
      clearInterval(everyMinute);
      closing.abort();
      await batches.close(new StoreUnavailable('The counters are closed.'));
    },
  };
}

async function counted({ read }: Database, batch: readonly Counting[]): Promise<number[][]> {
  const all = batch.flatMap(({ tenantId, commandId, counts }) =>
    counts.map((count) => ({ tenantId, commandId, ...count })),
  );
  const call = statement('SELECT ops.count($1, $2, $3, $4, $5)', [
    textArray(all.map(({ tenantId }) => tenantId)),
    textArray(all.map(({ commandId }) => commandId)),
    textArray(all.map(({ key }) => key)),
    integerArray(all.map(({ amount }) => amount)),
    textArray(all.map(({ until }) => until)),
  ]);
  const began = performance.now();
  // The same call again counts nothing twice, whether or not the first one got through.
  const rows = await read(call).catch((error: unknown) => {
    if (!(error instanceof StoreUnavailable) || performance.now() - began > patienceMs) throw error;
    return read(call);
  });
  const values = rows[0]![0]!.slice(1, -1).split(',').map(Number);
  let next = 0;
  return batch.map(({ counts }) => values.slice(next, (next += counts.length)));
}

/** Removes what nobody asks for any more. Trouble is logged: the next minute tries again. */
async function purge({ read }: Database, log: Pick<Logger, 'warn'>): Promise<void> {
  try {
    const call = statement('SELECT ops.purge_counters($1)', [purgeRows]);
    while (Number((await read(call))[0]![0]) === purgeRows);
  } catch (error) {
    log.warn({ error: (error as Error).message }, 'old counters were not removed');
  }
}

/** The counters of specs and the simulation: the same in one process's memory. */
export function memoryCounters(): Counters {
  const values = new Map<string, number>();
  const answered = new Map<string, number>();
  return {
    count: async (tenantId, commandId, counts) =>
      counts.map(({ key, amount }) => {
        const before = answered.get(mapKey(tenantId, commandId, key));
        if (before !== undefined) return before;
        const value = (values.get(mapKey(tenantId, key)) ?? 0) + amount;
        values.set(mapKey(tenantId, key), value);
        answered.set(mapKey(tenantId, commandId, key), value);
        return value;
      }),
    close: async () => {},
  };
}
