import type { Pool } from 'pg';
import type { EventStore, Log } from '../../commands/event-store/port.js';
import { waiters } from '../../commands/event-store/waiters.js';
import type { DatabaseLog } from '../../database/log.js';
import { openMover } from './checkpoint.js';
import type { Projection } from './declaration.js';
import { drained } from './drained.js';
import { causeOf } from './failures.js';
import { concernOf, openFeed, type Decode, type Feed } from './feed.js';
import { follow, type TableReport } from './follower.js';
import { openGate } from './gate.js';
import { beat, lastBeat } from './heartbeat.js';
import { dropUnneeded, ensureModels, listModels, type Model } from './models.js';
import { statusOf, type ProjectionStatus } from './runner-status.js';

export interface RunnerDeps {
  store: EventStore;
  pool: Pool;
  projections: readonly Projection[];
  decode: Decode;
  log: DatabaseLog;
  processId: string;
  /** `api` folds nothing: it only shows which versions it needs and watches whether they are there. */
  role: 'all' | 'api' | 'worker';
  /** Events in a page, at most. Never shows in what the tables hold. */
  pageLimit?: number;
  /** Transactions at once. */
  width?: number;
  /** How often it shows that it is alive, and looks for what nobody needs any more. */
  heartbeatMs?: number;
}

export interface Runner {
  /** Resolves when nothing of this runner works any more; transactions under way are finished first. */
  stop(): Promise<void>;
  /** By projection; as of the last second where another process does the work. */
  status(): Record<string, ProjectionStatus>;
  /** Whether every own (projection, version) has a table that serves. */
  ready(): boolean;
  /**
   * Resolves when every own table serves and holds everything up to a position of a log (the record): by
   * default, up to what is in both logs when the call is made. Rejects after `timeoutMs` (30 s) and names who
   * is behind.
   */
  drained(log?: Log, position?: number, timeoutMs?: number): Promise<void>;
  /** Resolves when a table of this process moved, or after `timeoutMs`; never rejects. */
  changed(timeoutMs: number): Promise<void>;
}

const restMs = 1_000;
const startingRestMs = 50;
/** A build that another process began is taken over when it has not moved for so long. */
const abandonedSeconds = 10;
const nearPositions = 1_000;

/** Keeps the read models of this process's versions up to date, beside any number of other processes. */
export function startRunner(deps: RunnerDeps): Runner {
  const { store, pool, projections, role, heartbeatMs = 5_000 } = deps;
  const stopping = new AbortController();
  const moved = waiters();
  const nudges = waiters();
  const followers = new Map<string, Follower>();
  const state: RunnerState = { models: [], reports: new Map(), heads: {}, heartbeatAt: null };
  const logs = [...new Set(projections.map(({ log }) => log))];
  const start =
    role === 'api' ? () => {} : openFollowing(deps, { state, followers, moved, nudges, stopping });
  const status = (): Record<string, ProjectionStatus> => statusOf(projections, state);
  const ready = (): boolean => Object.values(status()).every((one) => one.state === 'live');

  async function round(): Promise<void> {
    const due = performance.now() - (state.beatAt ?? -heartbeatMs) >= heartbeatMs;
    // What this process needs is known before it makes or drops anything.
    if (due) await signOfLife(deps, state, status());
    const heads = await Promise.all(logs.map(async (log) => [log, await store.head(log)] as const));
    for (const [log, head] of heads) state.heads[log] = head;
    if (role !== 'api') await ensureModels(pool, projections);
    state.models = await listModels(pool, projections);
    for (const model of state.models) start(model);
    if (role === 'api' || !(due || state.models.some((model) => model.state === 'retired'))) return;
    const dropped = await dropUnneeded(pool, projections);
    if (dropped.length > 0) deps.log.info({ tables: dropped }, 'dropped read models that nobody needs');
  }

  async function housekeeping(): Promise<void> {
    while (!stopping.signal.aborted) {
      const nudge = nudges.wait(ready() ? restMs : startingRestMs, stopping.signal);
      await round().then(
        () => (state.error = undefined),
        (error: unknown) => {
          if (state.error === undefined) deps.log.warn({ error }, 'the read models cannot be looked after');
          state.error = causeOf(error);
        },
      );
      await nudge;
    }
  }

  const keeping = housekeeping();
  return {
    status,
    ready,
    changed: (timeoutMs) => moved.wait(timeoutMs),
    drained: (log, position, timeoutMs = 30_000) =>
      drained(
        { ...deps, signal: stopping.signal, moved: (ms) => moved.wait(ms) },
        { log, position, timeoutMs },
      ),
    async stop() {
      stopping.abort();
      for (const { controller } of followers.values()) controller.abort();
      await Promise.all([keeping, ...[...followers.values()].map(({ done }) => done)]);
      await lastBeat(pool, deps.processId).catch(() => {});
    },
  };
}

interface Follower {
  controller: AbortController;
  done: Promise<unknown>;
}

/** What the runner knows, changed as it learns. */
export interface RunnerState {
  models: Model[];
  /** By table, of those that this process follows. */
  reports: Map<string, TableReport>;
  heads: Partial<Record<Log, number>>;
  heartbeatAt: string | null;
  /** Of the last sign of life, by the monotonic clock. */
  beatAt?: number;
  /** Why the catalogue could not be looked at. */
  error?: string | undefined;
}

async function signOfLife(
  { store, pool, processId, role }: RunnerDeps,
  state: RunnerState,
  status: Record<string, ProjectionStatus>,
): Promise<void> {
  const entries = Object.entries(status);
  await beat(pool, {
    processId,
    role,
    versions: Object.fromEntries(entries.map(([name, { version }]) => [name, version])),
    lag: Object.fromEntries(entries.map(([name, { lag }]) => [name, lag])),
  });
  state.heartbeatAt = store.now();
  state.beatAt = performance.now();
}

type Waiters = ReturnType<typeof waiters>;

/** Returns what begins to follow a table, unless this process does already or should not. */
function openFollowing(
  deps: RunnerDeps,
  own: {
    state: RunnerState;
    followers: Map<string, Follower>;
    moved: Waiters;
    nudges: Waiters;
    stopping: AbortController;
  },
): (model: Model) => void {
  const { store, pool, decode, log, projections } = deps;
  const { state, followers, moved, nudges, stopping } = own;
  const feeds = new Map<Log, Feed>();
  const feedOf = (of: Log): Feed => {
    const feed =
      feeds.get(of) ?? openFeed({ store, log: of, decode, signal: stopping.signal, limit: deps.pageLimit });
    feeds.set(of, feed);
    return feed;
  };
  const gate = openGate(deps.width ?? 4);
  const mover = openMover(pool);

  return ({ table, state: current, position, ...model }) => {
    if (followers.has(table) || current === 'retired' || stopping.signal.aborted) return;
    const isServed = state.models.some((one) => one.projection === model.projection && one.state === 'live');
    if (current === 'building' && isServed && model.idleSeconds < abandonedSeconds) return;
    const projection = projections.find(({ name }) => name === model.projection)!;
    const controller = new AbortController();
    const report: TableReport = { table, state: current, position };
    state.reports.set(table, report);
    const done = follow({
      pool,
      projection,
      report,
      gate,
      mover,
      log,
      feed: feedOf(projection.log),
      concerns: concernOf(projection, projections),
      mayGoLive: true,
      isNear: (at) => at >= (state.heads[projection.log] ?? Infinity) - nearPositions,
      moved: () => moved.wake(),
      signal: controller.signal,
    }).finally(() => {
      followers.delete(table);
      state.reports.delete(table);
      // The table was swapped away: the one in its place is to be followed at once.
      nudges.wake();
    });
    followers.set(table, { controller, done });
  };
}
