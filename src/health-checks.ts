import type { HealthCheck } from './api/health.js';
import type { Reactors } from './commands/reactors.js';
import type { Timers } from './commands/timers.js';
import { installationState, type Installation } from './database/installation.js';
import type { ServerCheck } from './database/server-check.js';
import type { Engines } from './engines.js';
import type { Runner } from './projections/engine/runner.js';

/** Events behind the head from which on a read model counts as lagging. */
const laggingEvents = 10_000;
/** Standing still behind the head for so long means that nobody folds it. */
const stuckMs = 5_000;

/** What acts by itself in a process: none of it in one that only serves the API. */
export interface ProcessManagers {
  reactors: Reactors;
  timers: Timers;
}

/** What `/readyz` asks: without database, schema, keys or own read models there is no answering. */
export function healthChecks({
  engines,
  installation,
  runner,
  managers,
  server,
}: {
  engines: Pick<Engines, 'store' | 'keysPool'>;
  installation: Installation;
  runner: Runner;
  managers: ProcessManagers | null;
  server: Extract<ServerCheck, { ok: true }>;
}): Record<string, HealthCheck> {
  const stuck = stuckSince();
  const idle = stuckSince();
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
    ...(managers && {
      reactors: { isRequired: false, run: async () => reactors(managers.reactors, idle) },
      timers: { isRequired: false, run: async () => timers(managers.timers) },
    }),
    role: {
      isRequired: false,
      run: async () =>
        server.isSuperuser || server.ownsRecord
          ? { status: 'degraded', detail: 'the application’s role could change the record' }
          : { status: 'ok' },
    },
  };
}

/** How long each projection or reactor has stood behind the head without moving, in milliseconds, from look to look. */
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

/** A reactor that is behind, stands or has something set aside: what should follow from an event has not followed. */
function reactors(
  of: Reactors,
  stuck: ReturnType<typeof stuckSince>,
): { status: 'ok' | 'degraded'; detail: unknown } {
  const all = Object.entries(of.status());
  const troubled = all.filter(
    ([name, one]) =>
      one.setAside > 0 ||
      one.outdated !== null ||
      one.error !== null ||
      one.lag > laggingEvents ||
      stuck(name, one.position, one.lag) > stuckMs,
  );
  const detail = Object.fromEntries(
    all.map(([name, { position, lag, leads, setAside, outdated }]) => [
      name,
      { position, lag, leads, setAside, outdated: outdated !== null },
    ]),
  );
  return { status: troubled.length > 0 ? 'degraded' : 'ok', detail };
}

function timers(of: Timers): { status: 'ok' | 'degraded'; detail: unknown } {
  const { leads, failing, error } = of.status();
  return { status: failing > 0 || error !== null ? 'degraded' : 'ok', detail: { leads, failing } };
}
