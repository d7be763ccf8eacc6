import { setTimeout as pause } from 'node:timers/promises';
import { appendCall, type Statement } from './append-call.js';
import type { Flush } from './append-queue.js';
import { troubleOf, unavailable } from './database-trouble.js';
import type { AppendItem, AppendResult, Log, StoreUnavailable } from './port.js';

/** A connection that appends; `drop` throws it away, and the next `connect` makes another one. */
export interface AppendConnection {
  append(call: Statement, items: AppendItem[], timeoutMs: number): Promise<AppendResult[]>;
  drop(error: Error): void;
}

export interface FlushDeps {
  log: Log;
  /** The connection in use, or a new one. A rejection means that nothing was sent. */
  connect(timeoutMs: number): Promise<AppendConnection>;
  /** Milliseconds of a clock that never jumps. */
  elapsedMs(): number;
  /** After this nothing is tried again. */
  closing: AbortSignal;
  limits?: Partial<FlushLimits>;
}

export interface FlushLimits {
  connectMs: number;
  /** One attempt; longer than the database waits for the log's lock. */
  attemptMs: number;
  /** All attempts of one batch together. */
  deadlineMs: number;
}

type Answer = (AppendResult | Error)[];

const defaults: FlushLimits = { connectMs: 3_000, attemptMs: 8_000, deadlineMs: 12_000 };
const firstPauseMs = 20;
const longestPauseMs = 500;

/**
 * Sends a batch until its outcome is known. An attempt without an answer is followed by the identical one,
 * which the database recognises if the first got through. One that is refused for the time being is tried once
 * more. One with values that the database refuses is halved until the item that has them stands alone.
 */
export function appendFlush(deps: FlushDeps): Flush {
  const limits = { ...defaults, ...deps.limits };
  const flush = async (items: AppendItem[], deadline: number): Promise<Answer> => {
    const halved = async (error: unknown): Promise<Answer> => {
      if (items.length === 1) return [error as Error];
      const middle = items.length >> 1;
      const first = await flush(items.slice(0, middle), deadline);
      return [...first, ...(await flush(items.slice(middle), deadline))];
    };
    let call: Statement;
    try {
      call = appendCall(deps.log, items);
    } catch (error) {
      return halved(error);
    }
    const failed = await attempts({ ...deps, limits }, { call, items, deadline });
    return Array.isArray(failed) ? failed : halved(failed.refusedItem);
  };
  return (items) => flush(items, deps.elapsedMs() + limits.deadlineMs);
}

/** The answer, be it `StoreUnavailable` for all; or the database's word that one item cannot be stored. */
async function attempts(
  { connect, elapsedMs, closing, limits }: FlushDeps & { limits: FlushLimits },
  { call, items, deadline }: { call: Statement; items: AppendItem[]; deadline: number },
): Promise<Answer | { refusedItem: unknown }> {
  let outcome: StoreUnavailable['outcome'] = 'not-applied';
  let refusals = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const leftMs = Math.max(deadline - elapsedMs(), 1);
    let connection: AppendConnection | undefined;
    try {
      connection = await connect(Math.min(limits.connectMs, leftMs));
      return await connection.append(call, items, Math.min(limits.attemptMs, leftMs));
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === 'item') return { refusedItem: error };
      connection?.drop(error as Error);
      if (trouble === 'lost' && connection) outcome = 'unknown';
      const again = trouble === 'lost' || (trouble === 'busy' && refusals++ === 0);
      if (!again || closing.aborted || elapsedMs() + pauseMs >= deadline) {
        return items.map(() => unavailable(error, outcome));
      }
      await pause(pauseMs);
    }
  }
}
