import type pg from 'pg';
import type { Database } from './connection.js';
import type { Log } from './port.js';
import { waiters } from './waiters.js';

const busyPollMs = 100;
const idlePollMs = 1_000;
/** How long after a change the store counts as busy. */
const busyForMs = 2_000;
const connectMs = 5_000;
const firstPauseMs = 100;
const longestPauseMs = 5_000;

export interface WakeUp {
  /** Resolves when something may have been appended, after `timeoutMs`, or on abort. Never rejects. */
  changed(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** Something was appended by this process. */
  wake(): void;
}

export interface WakeUpDeps {
  database: Database;
  head(log: Log): Promise<number>;
  /** Milliseconds of a clock that never jumps. */
  elapsedMs(): number;
  closing: AbortSignal;
  /** Told when the listening connection breaks or cannot be made, once until it stands again. */
  onDeaf(error: Error): void;
}

/**
 * Tells waiting readers that there may be something new. What this process appends is known at once; what
 * others append by NOTIFY, where the connection lets it through, and at the latest by asking for the heads.
 * That is what readers may rely on: a pooler swallows notifications, and a network may forget a listener.
 */
export function wakeUp(deps: WakeUpDeps): WakeUp {
  const { head, elapsedMs, closing } = deps;
  const waiting = waiters();
  let lastChange = -Infinity;
  let seen = '';
  let timer: NodeJS.Timeout | undefined;
  const wake = (): void => {
    lastChange = elapsedMs();
    waiting.wake();
  };
  const poll = async (): Promise<void> => {
    const heads = await Promise.all([head('record'), head('telemetry')]).catch(() => null);
    if (heads && heads.join() !== seen) wake();
    if (heads) seen = heads.join();
    timer = undefined;
    schedule();
  };
  /** Asks as long as somebody waits. */
  const schedule = (): void => {
    if (timer !== undefined || closing.aborted || waiting.size === 0) return;
    const busy = elapsedMs() - lastChange < busyForMs;
    timer = setTimeout(() => void poll(), busy ? busyPollMs : idlePollMs).unref();
  };
  closing.addEventListener('abort', () => {
    clearTimeout(timer);
    waiting.wake();
  });
  void listen({ ...deps, wake });
  return {
    changed: (timeoutMs, signal) => {
      if (closing.aborted) return Promise.resolve();
      const change = waiting.wait(timeoutMs, signal);
      schedule();
      return change;
    },
    wake,
  };
}

/** Keeps one connection that listens, and makes another one whenever it breaks. Ends with `closing`. */
async function listen({ database, closing, onDeaf, wake }: WakeUpDeps & Pick<WakeUp, 'wake'>): Promise<void> {
  const pauses = waiters();
  let pauseMs = firstPauseMs;
  let told = false;
  while (!closing.aborted) {
    let client: pg.PoolClient | undefined;
    try {
      client = await database.borrow(connectMs);
      client.on('notification', wake);
      await database.ask(client, { name: '', text: 'LISTEN dramatis', values: [] }, connectMs);
      pauseMs = firstPauseMs;
      told = false;
      // Whatever was said while nobody listened.
      wake();
      await ended(client, closing);
    } catch (error) {
      if (!told) onDeaf(error as Error);
      told = true;
    }
    client?.removeListener('notification', wake);
    // It would go on listening for whoever borrows it next.
    client?.release(true);
    await pauses.wait(pauseMs, closing);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** Rejects when the connection breaks, resolves on abort. */
function ended(client: pg.ClientBase, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve();
    const finish = (error?: Error): void => {
      signal.removeEventListener('abort', stop);
      client.removeListener('error', finish).removeListener('end', left);
      if (error) reject(error);
      else resolve();
    };
    const stop = (): void => finish();
    const left = (): void => finish(new Error('the connection was closed'));
    signal.addEventListener('abort', stop);
    client.on('error', finish).on('end', left);
  });
}
