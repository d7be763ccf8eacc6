import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseLog } from '../database/log.js';
import type { Leases } from './leases.js';

/** One time of holding a lease. */
export interface Term {
  token: number;
  /** Aborts when the lease is lost, or when the process stops. */
  over: AbortSignal;
}

export interface LeadershipDeps {
  leases: Leases;
  /** The lease's name. */
  name: string;
  /** Names this process. */
  holder: string;
  log: DatabaseLog;
  signal: AbortSignal;
  /** Whether to try at all; asked each time. Default: always. */
  mayLead?: () => boolean;
  /** Told why it failed, and with undefined that it goes on. */
  onTrouble?: (error: unknown) => void;
  times?: LeaseTimes | undefined;
}

export interface LeaseTimes {
  /** How long a lease runs: after a crash of its holder nobody works for so long, and a poll longer. */
  leaseMs: number;
  renewMs: number;
  /** How often those look who wait for it. */
  pollMs: number;
}

const usualTimes: LeaseTimes = { leaseMs: 5_000, renewMs: 1_500, pollMs: 1_000 };
const backoffMs = 100;
const backoffLimitMs = 5_000;

/** Resolves after so many milliseconds, or on abort. */
export const pause = (ms: number, signal: AbortSignal): Promise<unknown> =>
  delay(ms, undefined, { signal }).catch(() => {});

/** How long to wait after so many failures (from 0) in a row: doubling, up to a limit. */
export const backoff = (failures: number, firstMs: number, limitMs: number): number =>
  Math.min(firstMs * 2 ** Math.min(failures, 30), limitMs);

/**
 * Does `work` whenever this process holds the lease, until `signal` aborts; `work` ends soon after its term is over.
 * A lease is given back when `work` ends, so that a graceful stop leaves nobody waiting.
 */
export async function lead(deps: LeadershipDeps, work: (term: Term) => Promise<void>): Promise<void> {
  const { leases, name, holder, log, signal, mayLead = () => true, onTrouble } = deps;
  const times = deps.times ?? usualTimes;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const token = mayLead() ? await leases.take(name, holder, times.leaseMs) : null;
      onTrouble?.(undefined);
      if (token !== null) await serve(deps, times, token, work);
      failures = 0;
      await pause(times.pollMs, signal);
    } catch (error) {
      if (failures === 0)
        log.warn({ lease: name, error }, 'what one process does for all waits and is retried');
      onTrouble?.(error);
      await pause(backoff(failures, backoffMs, backoffLimitMs), signal);
      failures += 1;
    }
  }
}

async function serve(
  { leases, name, signal }: LeadershipDeps,
  times: LeaseTimes,
  token: number,
  work: (term: Term) => Promise<void>,
): Promise<void> {
  // One controller for both: combined signals may be forgotten by the garbage collector of older releases of Node.
  const ended = new AbortController();
  const stop = (): void => ended.abort();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const renewing = keep({ leases, name, token, times }, ended);
  try {
    await work({ token, over: ended.signal });
  } finally {
    ended.abort();
    signal.removeEventListener('abort', stop);
    await renewing;
    await leases.giveBack(name, token).catch(() => {});
  }
}

/** Renews the lease until it is lost or given up. What cannot be renewed counts as lost when it has run out. */
async function keep(
  { leases, name, token, times }: { leases: Leases; name: string; token: number; times: LeaseTimes },
  ended: AbortController,
): Promise<void> {
  let renewedAt = performance.now();
  for (;;) {
    await pause(times.renewMs, ended.signal);
    if (ended.signal.aborted) return;
    const asked = performance.now();
    const held = await leases.renew(name, token, times.leaseMs).catch(() => null);
    if (held === true) renewedAt = asked;
    if (held === false || performance.now() - renewedAt > times.leaseMs) ended.abort();
  }
}
