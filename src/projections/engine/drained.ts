import type { Pool } from 'pg';
import type { EventStore, Log } from '../../commands/event-store/port.js';
import type { Projection } from './declaration.js';
import { listModels } from './models.js';

interface DrainDeps {
  store: Pick<EventStore, 'head'>;
  pool: Pool;
  projections: readonly Projection[];
  /** Resolves when a table may have moved, or after so many milliseconds. */
  moved: (timeoutMs: number) => Promise<unknown>;
  signal: AbortSignal;
}

interface Target {
  log?: Log | undefined;
  position?: number | undefined;
  timeoutMs: number;
}

const pollMs = 20;

/**
 * Resolves when every projection's table serves and has come to a position: of one log, or by default to what is
 * in the logs when the call is made. Failures of the database are waited out.
 * @throws Error that names who is behind, after `timeoutMs` or when `signal` aborts
 */
export async function drained(deps: DrainDeps, { log, position, timeoutMs }: Target): Promise<void> {
  const { store, projections, moved, signal } = deps;
  const until = performance.now() + timeoutMs;
  const named = log ?? (position === undefined ? undefined : 'record');
  const own = projections.filter((projection) => named === undefined || projection.log === named);
  const targets = new Map<Log, number>();
  let behind: readonly Projection[] = own;
  let failure: unknown;
  do {
    try {
      for (const { log: of } of own) {
        if (!targets.has(of)) targets.set(of, position ?? (await store.head(of)));
      }
      behind = await listBehind(deps, own, targets);
      if (behind.length === 0) return;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await moved(pollMs);
  } while (!signal.aborted && performance.now() < until);
  throw new Error(`behind the log: ${behind.map(({ name }) => name).join(', ')}`, { cause: failure });
}

async function listBehind(
  { pool }: DrainDeps,
  own: readonly Projection[],
  targets: ReadonlyMap<Log, number>,
): Promise<Projection[]> {
  const live = (await listModels(pool, own)).filter(({ state }) => state === 'live');
  return own.filter(
    ({ name, log }) =>
      !live.some((model) => model.projection === name && model.position >= targets.get(log)!),
  );
}
