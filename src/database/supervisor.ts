import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseLog } from './log.js';
import type { Postmaster } from './postmaster.js';

/** What the server is doing: `down` until a restart made it `running` again; `stopped` is for good. */
export type ServerState = 'running' | 'down' | 'stopped';

export type Supervisor = {
  /** The server as it runs now, or as it ran last. */
  current(): Postmaster;
  state(): ServerState;
  /** Calls `listener` at each change of state; returns the function that ends that. */
  onState: (listener: (state: ServerState) => void) => () => void;
  /** Ends the supervision: the server, if it runs, is left as it is, and is not started again. */
  end(): Promise<void>;
};

/** The server to watch, and how it is started again; null leaves a server down that ended. */
type Supervised = {
  first: Postmaster;
  restart: ((signal: AbortSignal) => Promise<Postmaster>) | null;
  log: DatabaseLog;
};

const shortestPauseMs = 100;
const longestPauseMs = 2_000;
// One that ends sooner than this after its start counts as a start that failed.
const shortLifeMs = 5_000;

/**
 * Watches a server and, when `restart` is given, starts it again whenever it ends, for as long as it takes:
 * at once after a long life, with growing pauses after starts that failed and lives that were short.
 */
export function supervise({ first, restart, log }: Supervised): Supervisor {
  let current = first;
  let state: ServerState = 'running';
  const listeners = new Set<(state: ServerState) => void>();
  const ending = new AbortController();
  const ended = new Promise<void>((resolve) => {
    ending.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const enter = (next: ServerState): void => {
    state = next;
    for (const listener of listeners) listener(next);
  };
  const pauses = growingPauses(ending.signal);
  const startAgain = async (again: (signal: AbortSignal) => Promise<Postmaster>): Promise<void> => {
    await pauses.afterLife();
    while (!ending.signal.aborted) {
      try {
        current = await again(ending.signal);
        pauses.born();
        log.info({ pid: current.pid, port: current.port }, 'PostgreSQL runs again');
        return enter('running');
      } catch (error) {
        if (ending.signal.aborted) return;
        log.error({ error: (error as Error).message }, 'PostgreSQL could not be started again; trying on');
        await pauses.next();
      }
    }
  };
  const watch = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await Promise.race([current.gone, ended]);
      if (ending.signal.aborted) return;
      log.error({ pid: current.pid }, 'PostgreSQL has ended unexpectedly');
      enter('down');
      if (restart === null) return;
      await startAgain(restart);
    }
  };
  const watching = watch();
  return {
    current: () => current,
    state: () => state,
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async end() {
      ending.abort();
      await watching;
      enter('stopped');
    },
  };
}

/** Pauses that double from one failure to the next, and start anew after a life that was not short. */
function growingPauses(signal: AbortSignal): {
  born: () => void;
  afterLife: () => Promise<void>;
  next: () => Promise<void>;
} {
  let since = performance.now();
  let failures = 0;
  const next = async (): Promise<void> => {
    const pauseMs = Math.min(shortestPauseMs * 2 ** failures, longestPauseMs);
    failures += 1;
    await sleep(pauseMs, undefined, { ref: false, signal }).catch(() => {});
  };
  return {
    born: () => {
      since = performance.now();
    },
    next,
    afterLife: async () => {
      if (performance.now() - since < shortLifeMs) return next();
      failures = 0;
    },
  };
}
