import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { DatabaseLog } from '../../database/log.js';
import { readPosition, type Mover } from './checkpoint.js';
import type { Projection } from './declaration.js';
import { causeOf } from './failures.js';
import type { Feed, FeedEvent, FeedPage } from './feed.js';
import type { Gate } from './gate.js';
import { applyPage } from './page-apply.js';

/** What is known about one table at the moment. */
export interface TableReport {
  table: string;
  state: 'building' | 'live';
  position: number;
  /** The event that this process does not know and stands before. */
  outdated?: { position: number; type: string } | undefined;
  /** Why the last attempt failed; it is repeated until it succeeds. */
  error?: string | undefined;
}

export interface FollowerDeps {
  pool: Pool;
  projection: Projection;
  report: TableReport;
  feed: Feed;
  gate: Gate;
  mover: Mover;
  concerns: (event: FeedEvent) => boolean;
  /** Whether the table may begin to serve when it is near the head. */
  mayGoLive: boolean;
  /** Whether a position is as good as the head of the log. */
  isNear: (position: number) => boolean;
  /** Called after every change of the report. */
  moved: (report: TableReport) => void;
  log: DatabaseLog;
  signal: AbortSignal;
}

const busyMs = 5;
const busyLimitMs = 100;
const gatherMs = 5;
const backoffMs = 50;
const backoffLimitMs = 5_000;

/**
 * Keeps one table up to date until `signal` aborts or the table is gone. Whatever fails is tried again, for
 * ever, and shows in the report; nothing is skipped.
 */
export async function follow(deps: FollowerDeps): Promise<'gone' | 'stopped'> {
  const { report, log, signal, projection } = deps;
  let failures = 0;
  let busy = 0;
  while (!signal.aborted) {
    try {
      const outcome = await step(deps);
      if (outcome === 'gone') return 'gone';
      busy = outcome === 'busy' ? busy + 1 : 0;
      if (busy > 0) await pause(Math.min(busyMs * busy, busyLimitMs), signal);
      if (failures > 0) log.info({ projection: projection.name }, 'the projection goes on');
      failures = 0;
      report.error = undefined;
    } catch (error) {
      if (signal.aborted) break;
      report.error = causeOf(error);
      if (failures === 0)
        log.warn({ projection: projection.name, error }, 'the projection waits and retries');
      await pause(Math.min(backoffMs * 2 ** failures, backoffLimitMs), signal);
      failures += 1;
    }
  }
  return 'stopped';
}

const pause = (ms: number, signal: AbortSignal): Promise<unknown> =>
  delay(ms, undefined, { signal }).catch(() => {});

/** One page, or a wait for one. */
async function step(deps: FollowerDeps): Promise<'gone' | 'busy' | 'moved' | 'idle'> {
  const { report, feed, mayGoLive, signal } = deps;
  const tick = feed.tick();
  const page = await feed.page(report.position);
  report.outdated = page.outdated;
  const goLive = mayGoLive && report.state === 'building' && (page.atHead || deps.isNear(page.scannedTo));
  if (page.scannedTo > page.after || goLive) {
    const outcome = await advance(deps, page, goLive);
    // Several events at once come from several writers, and more are on their way: one page for all is cheaper.
    if (page.atHead && page.events.length > 1) await pause(gatherMs, signal);
    if (outcome !== 'moved' || report.position !== page.after || !goLive) return outcome;
  }
  await feed.wait(tick, signal);
  // A newer process may have passed the event that stops this one.
  if (page.outdated) return standing(deps, await readPosition(deps.pool, report.table));
  return 'idle';
}

async function advance(
  deps: FollowerDeps,
  page: FeedPage,
  goLive: boolean,
): Promise<'gone' | 'busy' | 'moved'> {
  const { pool, projection, report, gate, mover, concerns } = deps;
  const { table } = report;
  if (!goLive && !page.events.some(concerns) && (await mover.move(table, page.after, page.scannedTo))) {
    return standing(deps, page.scannedTo);
  }
  const applied = await gate(() => applyPage({ pool, projection, table, page, goLive, concerns }));
  if (applied === 'gone' || applied === 'busy') return applied;
  if (applied.parked > 0) {
    deps.log.error({ projection: projection.name, parked: applied.parked }, 'the projection parked events');
  }
  report.state = applied.state;
  return standing(deps, applied.position);
}

function standing({ report, moved }: FollowerDeps, position: number | null): 'gone' | 'moved' {
  if (position === null) return 'gone';
  report.position = position;
  moved(report);
  return 'moved';
}
