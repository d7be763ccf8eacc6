/** Callers that wait for something to happen, each with its own limit of time. */
export interface Waiters {
  /** Resolves at the next `wake`, after `timeoutMs`, or when `signal` aborts. Never rejects. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  wake(): void;
  readonly size: number;
}

export function waiters(): Waiters {
  const waiting = new Set<() => void>();
  return {
    wait: (timeoutMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        signal?.addEventListener('abort', done);
        waiting.add(done);
      }),
    wake: () => {
      for (const done of waiting) done();
    },
    get size() {
      return waiting.size;
    },
  };
}
