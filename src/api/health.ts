/** Whether the process lives, and whether it can answer. */
import { sendJson } from './answer.js';
import type { Route } from './exchange.js';
import { within, type Timers } from './timers.js';

/** A check that has not answered after this time counts as failed; the promise of `/readyz` is 5 s. */
const checkMs = 3_000;

interface HealthReport {
  status: 'ok' | 'degraded' | 'down';
  /** Shown to everybody: no secrets, no addresses. */
  detail?: unknown;
}

export interface HealthCheck {
  /** Without it nothing can be answered: 503. Any other one that is down makes the answer `degraded`. */
  isRequired: boolean;
  /** A thrown error counts as `down`; its message is not shown. */
  run: () => Promise<HealthReport>;
}

export interface HealthDeps {
  checks: Record<string, HealthCheck>;
  isStopping: () => boolean;
  timers: Timers;
}

/** `/livez` and `/readyz`. */
export function healthRoutes(deps: HealthDeps): Route[] {
  const inspect = inspector(deps);
  return [
    {
      operationId: 'livez',
      http: 'GET /livez',
      run: ({ res }) => sendJson(res, 200, '{"status":"ok"}', { 'Cache-Control': 'no-store' }),
    },
    {
      operationId: 'readyz',
      http: 'GET /readyz',
      run: async ({ res }) => {
        const { status, body } = deps.isStopping()
          ? { status: 503, body: { status: 'stopping' } }
          : await inspect();
        sendJson(res, status, JSON.stringify(body), { 'Cache-Control': 'no-store' });
      },
    },
  ];
}

type Inspection = { status: 200 | 503; body: { status: string; checks: Record<string, HealthReport> } };

/** Runs all checks side by side. One that hangs is not started again: a probe must not pile up connections. */
function inspector({ checks, timers }: HealthDeps): () => Promise<Inspection> {
  const running = new Map<string, Promise<HealthReport>>();
  const report = (name: string): Promise<HealthReport> => {
    const ongoing = running.get(name);
    if (ongoing) return ongoing;
    const started = Promise.resolve()
      .then(() => checks[name]!.run())
      .catch((): HealthReport => ({ status: 'down' }))
      .finally(() => running.delete(name));
    running.set(name, started);
    return started;
  };
  const inTime = (name: string): Promise<HealthReport> =>
    within(checkMs, report(name), timers, { status: 'down', detail: `no answer within ${checkMs} ms` });
  return async () => {
    const names = Object.keys(checks);
    const reports = await Promise.all(names.map(inTime));
    const isDown = reports.some(
      ({ status }, index) => status === 'down' && checks[names[index]!]!.isRequired,
    );
    const isWell = reports.every(({ status }) => status === 'ok');
    const status = isDown ? 'unavailable' : isWell ? 'ok' : 'degraded';
    return {
      status: isDown ? 503 : 200,
      body: { status, checks: Object.fromEntries(names.map((name, index) => [name, reports[index]!])) },
    };
  };
}
