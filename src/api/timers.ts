/** What the engine knows of time, so that a spec can move it by hand. */
export interface Timers {
  /** Calls `run` every `ms` milliseconds until the answered function is called. Keeps no process alive. */
  every(ms: number, run: () => void): () => void;
  /** Calls `run` once after `ms` milliseconds, unless the answered function is called before. */
  after(ms: number, run: () => void): () => void;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

/** The process's own timers. */
export const processTimers: Timers = {
  every: (ms, run) => {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
  now: () => performance.now(),
};

/** The outcome of a promise, or `otherwise` when it takes longer than `ms`. */
export async function within<T>(ms: number, outcome: Promise<T>, timers: Timers, otherwise: T): Promise<T> {
  let cancel: (() => void) | undefined;
  const late = new Promise<T>((resolve) => {
    cancel = timers.after(ms, () => resolve(otherwise));
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    cancel?.();
  }
}
