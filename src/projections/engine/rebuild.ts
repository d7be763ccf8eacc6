import type { Pool } from 'pg';
import type { EventStore } from '../../commands/event-store/port.js';
import type { DatabaseLog } from '../../database/log.js';
import { openMover } from './checkpoint.js';
import type { Projection } from './declaration.js';
import { concernOf, openFeed, type Decode, type Feed, type FeedPage } from './feed.js';
import { follow, type TableReport } from './follower.js';
import { beginRebuild, dropUnneeded, listModels } from './models.js';

export interface Rebuilt {
  table: string;
  position: number;
  /** `live`: it serves now; `building`: it is up to date and waits for the processes that need it (`ahead`). */
  state: 'live' | 'building';
}

export interface RebuildDeps {
  store: EventStore;
  pool: Pool;
  projection: Projection;
  /** All there are: see `concernOf`. */
  projections: readonly Projection[];
  decode: Decode;
  /** Called whenever the new table has moved. */
  onProgress?: (progress: { position: number; head: number }) => void;
  /**
   * Builds the registered version before the processes that need it are there, and leaves it aside: it begins
   * to serve when the first of them has caught it up. Does nothing when the version serves already.
   */
  ahead?: boolean;
  log?: DatabaseLog;
  signal?: AbortSignal;
  pageLimit?: number;
}

const silent: DatabaseLog = { info() {}, warn() {}, error() {} };

/**
 * Builds a projection's table again from the first event, beside the one that serves, and lets it take that
 * one's place in one transaction once it is not behind it. Readers see the old table or the new one, each
 * whole. Goes on through database failures until `signal` aborts; what was built by then is taken up by the
 * runners of the version.
 * @throws Error when it was aborted, when another rebuild has taken its place, or when the log holds an event
 * that this program does not know
 */
export async function rebuild(deps: RebuildDeps): Promise<Rebuilt> {
  const { store, pool, projection, projections, decode, ahead = false, log = silent } = deps;
  if (ahead) {
    const live = (await listModels(pool, [projection])).find(({ state }) => state === 'live');
    if (live) return { table: live.table, position: live.position, state: 'live' };
  }
  const { table, position } = await beginRebuild(pool, projection);
  let head = await store.head(projection.log);
  const target = head;
  const report: TableReport = { table, state: 'building', position };
  const done = new AbortController();
  const stop = (): void => done.abort();
  deps.signal?.addEventListener('abort', stop);
  const isDone = (): boolean => report.state === 'live' || (ahead && report.position >= target);
  const progress = (): void => {
    head = Math.max(head, report.position);
    deps.onProgress?.({ position: report.position, head });
    if (isDone()) stop();
  };
  if (deps.signal?.aborted) stop();
  if (isDone()) stop();
  let outdated: FeedPage['outdated'];
  const feed = openFeed({ store, log: projection.log, decode, signal: done.signal, limit: deps.pageLimit });
  const outcome = await follow({
    pool,
    projection,
    report,
    log,
    feed: watched(feed, (event) => {
      outdated = event;
      stop();
    }),
    gate: (work) => work(),
    mover: openMover(pool),
    concerns: concernOf(projection, projections),
    mayGoLive: !ahead,
    isNear: (at) => at >= target,
    moved: progress,
    signal: done.signal,
  });
  deps.signal?.removeEventListener('abort', stop);
  if (!isDone()) {
    if (outcome === 'gone') throw new Error(`another rebuild took the place of ${table}`);
    if (!outdated) throw new Error('the rebuild was stopped');
    const { position: at, type } = outdated;
    throw new Error(`position ${at} holds ${type}, which is newer than this program`);
  }
  if (!ahead) await dropUnneeded(pool, [projection]).catch(() => []);
  return { table, position: report.position, state: report.state };
}

/**
 * A feed that tells of the event that this program does not know, when it comes to it: a runner waits for a newer
 * program there, a rebuild has nobody to wait for.
 */
const watched = (feed: Feed, met: (outdated: NonNullable<FeedPage['outdated']>) => void): Feed => ({
  ...feed,
  async page(after) {
    const page = await feed.page(after);
    if (page.outdated) met(page.outdated);
    return page;
  },
});
