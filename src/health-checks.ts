import type { HealthCheck } from './api/health.js';
import { installationState, type Installation } from './database/installation.js';
import type { ServerCheck } from './database/server-check.js';
import type { Engines } from './engines.js';
import type { Runner } from './projections/engine/runner.js';

/** Events behind the head from which on a read model counts as lagging. */
const laggingEvents = 10_000;
/** Standing still behind the head for so long means that nobody folds it. */
const stuckMs = 5_000;

/** What `/readyz` asks: without database, schema, keys or own read models there is no answering. */
export function healthChecks({
  engines,
  installation,
  runner,
  server,
}: {
  engines: Pick<Engines, 'store' | 'keysPool'>;
  installation: Installation;
  runner: Runner;
  server: Extract<ServerCheck, { ok: true }>;
}): Record<string, HealthCheck> {
  const stuck = stuckSince();
  return {
    database: {
      isRequired: true,
      run: async () => ({ status: 'ok', detail: { head: await engines.store.head('record') } }),
    },
    schema: {
      isRequired: true,
      run: async () => {
        const state = await installationState(installation);
        return { status: state === 'behind' || state === 'diverged' ? 'down' : 'ok', detail: state };
      },
    },
    keys: {
      isRequired: true,
      run: async () => {
        await engines.keysPool.query('SELECT 1');
        return { status: 'ok' };
      },
    },
    readModels: {
      isRequired: true,
      run: async () => ({ status: runner.ready() ? 'ok' : 'down' }),
    },
    projections: { isRequired: false, run: async () => projections(runner, stuck) },
    role: {
      isRequired: false,
      run: async () =>
        server.isSuperuser || server.ownsRecord
          ? { status: 'degraded', detail: 'the application’s role could change the record' }
          : { status: 'ok' },
    },
  };
}

/** How long each projection has stood behind the head without moving, in milliseconds, from look to look. */
function stuckSince(): (name: string, position: number, lag: number) => number {
  const seen = new Map<string, { position: number; at: number }>();
  return (name, position, lag) => {
    const now = performance.now();
    const last = seen.get(name);
    if (!last || last.position !== position || lag === 0) seen.set(name, { position, at: now });
    return now - seen.get(name)!.at;
  };
}

function projections(
  runner: Runner,
  stuck: ReturnType<typeof stuckSince>,
): { status: 'ok' | 'degraded'; detail: unknown } {
  const all = Object.entries(runner.status());
  const troubled = all.filter(
    ([name, one]) =>
      one.parked > 0 ||
      one.inexact ||
      one.outdated !== null ||
      one.error !== null ||
      one.lag > laggingEvents ||
      stuck(name, one.position, one.lag) > stuckMs,
  );
  const detail = Object.fromEntries(
    all.map(([name, { position, lag, state, parked, inexact, outdated, heartbeatAt }]) => [
      name,
      { position, lag, state, parked, inexact, outdated: outdated !== null, heartbeatAt },
    ]),
  );
  return { status: troubled.length > 0 ? 'degraded' : 'ok', detail };
}
