import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { StoreUnavailable } from '../event-store/port.js';
import { readEpoch } from './key-rows.js';

/** The number that moves whenever keys are destroyed, as this process last read it. */
export interface Epoch {
  value(): string;
  /** @throws StoreUnavailable when the last successful read is too old and no new one succeeds */
  assertFresh(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Reads the epoch every `pollMs` and calls `onMove` when it has moved. One read is under way at a time, and
 * none keeps the process alive.
 * @param options.freshMs how long a read counts, from its start
 * @throws StoreUnavailable when the first read fails
 */
export async function watchEpoch(options: {
  pool: Pool;
  log: Pick<Logger, 'info' | 'warn'>;
  pollMs: number;
  freshMs: number;
  onMove: () => void;
}): Promise<Epoch> {
  const { pool, log, pollMs, freshMs, onMove } = options;
  let value = await readEpoch(pool, freshMs / 2);
  let freshAt = performance.now();
  let failing = false;
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const startedAt = performance.now();
    try {
      const now = await readEpoch(pool, freshMs / 2);
      if (now !== value) {
        value = now;
        onMove();
      }
      freshAt = startedAt;
      if (failing) log.info('the epoch of the data keys can be read again');
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'the epoch of the data keys cannot be read');
      failing = true;
    }
  };
  const refresh = (): Promise<void> =>
    (reading ??= read().finally(() => {
      reading = undefined;
    }));
  const isFresh = (): boolean => performance.now() - freshAt <= freshMs;

  const timer = setInterval(() => void refresh(), pollMs).unref();
  return {
    value: () => value,
    async assertFresh() {
      if (isFresh()) return;
      // A process that was stopped or busy for a while has missed its polls, not lost the database.
      await atMost(refresh(), pollMs);
      if (!isFresh()) throw new StoreUnavailable('the epoch of the data keys cannot be read');
    },
    async close() {
      clearInterval(timer);
      await reading;
    },
  };
}

/** Waits for a promise, but not longer than this. */
async function atMost(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}
