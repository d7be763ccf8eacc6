import type { ServerResponse } from 'node:http';
import type { Timers } from './timers.js';

/** A client that reads nothing for this long while something is held for it is given up. */
const stallMs = 60_000;

/**
 * Writes chunk by chunk and waits while the client is slower: at most one chunk lies in memory.
 * @param giveUp ends the response of a client that stalls; left out, the wait has no end but the signal's
 * @returns a function that resolves to false when there is nobody to write to any more
 */
export function pacedWriter(deps: {
  res: ServerResponse;
  signal: AbortSignal;
  timers: Timers;
  giveUp?: () => void;
}): (chunk: string | Buffer) => Promise<boolean> {
  const { res, signal, timers, giveUp } = deps;
  return async (chunk) => {
    if (signal.aborted || res.destroyed) return false;
    if (res.write(chunk)) return true;
    await new Promise<void>((resolve) => {
      const stopWaiting = giveUp && timers.after(stallMs, giveUp);
      const done = (): void => {
        stopWaiting?.();
        res.off('drain', done).off('close', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      res.on('drain', done).on('close', done);
      signal.addEventListener('abort', done);
    });
    return !signal.aborted && !res.destroyed;
  };
}
