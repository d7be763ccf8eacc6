/** The work of one reactor in the process that leads it: page after page of the record, each stream in order. */
import type { Reactor } from '../domain/kernel.js';
import type { DatabaseLog } from '../database/log.js';
import { causeOf } from '../projections/engine/failures.js';
import {
  decodeEvent,
  type Decode,
  type Feed,
  type FeedEvent,
  type FeedPage,
} from '../projections/engine/feed.js';
import type { Checkpoints } from './checkpoints.js';
import { concurrently } from './concurrently.js';
import type { EventStore } from './event-store/port.js';
import { backoff, pause, type Term } from './leadership.js';
import { isOutdated, isPassing } from './reaction.js';
import type { ReactorEvent } from './reactor-events.js';

/** What is known about one reactor at the moment. */
export interface ReactorReport {
  position: number;
  /** Whether this process works for it. */
  leads: boolean;
  /** Events that wait for another attempt. */
  setAside: number;
  /** The event that this process does not know, or may not react to, and stands before. */
  outdated: { position: number; type: string } | null;
  /** Why the last attempt failed; it is repeated until it succeeds. */
  error: string | null;
}

export interface WorkDeps {
  reactor: Reactor;
  report: ReactorReport;
  store: Pick<EventStore, 'readAll'>;
  decode: Decode;
  feed: Feed;
  checkpoints: Checkpoints;
  concerns: (event: FeedEvent) => event is ReactorEvent;
  /** Sends what the reactor answers to an event. */
  react: (event: ReactorEvent) => Promise<void>;
  /** How often it is looked whether what was set aside is due. */
  lookMs: number;
  /** Called after every change of the report. */
  moved: () => void;
  log: DatabaseLog;
}

/** Streams that are reacted to at once. */
const width = 8;
/** Attempts at once before an event is set aside, and the pauses between them. */
const quickAttempts = 3;
const quickMs = 20;
const passingMs = 50;
const passingLimitMs = 5_000;
/** A checkpoint that moved past nothing but foreign events is kept so often. */
const saveMs = 1_000;
/** How long what was set aside waits for another attempt, at least and at most. */
const asideMs = 1_000;
const asideLimitMs = 600_000;
const asidePage = 20;

/** An event of a newer process is in the way: somebody else has to go on. */
class StandsAside extends Error {
  constructor(readonly event: { position: number; type: string }) {
    super(`position ${event.position} is for a newer process`);
  }
}

/** Works until the term is over, or until it stands before an event of a newer process. */
export async function work(deps: WorkDeps, term: Term): Promise<void> {
  const { report, reactor, checkpoints, log } = deps;
  const { over } = term;
  const at: Place = { saved: await checkpoints.position(reactor.name), savedAt: 0, lookedAt: 0 };
  Object.assign(report, { position: at.saved, leads: true, outdated: null });
  let failures = 0;
  try {
    while (!over.aborted) {
      try {
        if (!(await step(deps, term, at))) return;
        if (failures > 0) log.info({ reactor: reactor.name }, 'the reactor goes on');
        failures = 0;
        report.error = null;
      } catch (error) {
        if (error instanceof StandsAside) return void (report.outdated = error.event);
        report.error = causeOf(error);
        if (failures === 0) log.warn({ reactor: reactor.name, error }, 'the reactor waits and retries');
        await pause(backoff(failures, passingMs, passingLimitMs), over);
        failures += 1;
      }
    }
    await save(deps, term, at).catch(() => {});
  } finally {
    report.leads = false;
    deps.moved();
  }
}

/** Where the worker stands beside its report; times are of the monotonic clock. */
interface Place {
  /** The checkpoint that is kept. */
  saved: number;
  savedAt: number;
  lookedAt: number;
}

/** One page, or a wait for one. False: another process works now. */
async function step(deps: WorkDeps, term: Term, at: Place): Promise<boolean> {
  const { feed, report, concerns } = deps;
  const tick = feed.tick();
  const page = await feed.page(report.position);
  const events = page.events.filter(concerns);
  if (!(await reactToAll(deps, term, events))) return true;
  report.position = page.scannedTo;
  deps.moved();
  const isDue = events.length > 0 || page.outdated || performance.now() - at.savedAt >= saveMs;
  if (isDue && !(await save(deps, term, at))) return false;
  if (page.outdated) throw new StandsAside(page.outdated);
  await retryDue(deps, term, at);
  if (isAtEnd(page)) await feed.wait(tick, term.over);
  return true;
}

const isAtEnd = ({ after, scannedTo }: FeedPage): boolean => scannedTo === after;

/** Keeps the checkpoint; false when it is no longer this process's to move. */
async function save(
  { checkpoints, reactor, report }: WorkDeps,
  { token }: Term,
  at: Place,
): Promise<boolean> {
  if (report.position !== at.saved) {
    if (!(await checkpoints.move(reactor.name, token, at.saved, report.position))) return false;
    at.saved = report.position;
  }
  at.savedAt = performance.now();
  return true;
}

/** Each stream in order, several streams at once. False: the term is over, and not every event was reacted to. */
async function reactToAll(deps: WorkDeps, term: Term, events: readonly ReactorEvent[]): Promise<boolean> {
  const streams = new Map<string, ReactorEvent[]>();
  for (const event of events) {
    const own = streams.get(event.meta.stream);
    if (own) own.push(event);
    else streams.set(event.meta.stream, [event]);
  }
  await concurrently([...streams.values()], width, async (own) => {
    for (const event of own) if (!term.over.aborted) await reactTo(deps, term, event);
  });
  return !term.over.aborted;
}

/** Reacts to one event, or sets it aside. What passes with time is waited for. */
async function reactTo(deps: WorkDeps, term: Term, event: ReactorEvent): Promise<void> {
  const { position, type } = event;
  let passing = 0;
  for (let attempt = 1; !term.over.aborted;) {
    try {
      await deps.react(event);
      if (passing > 0) deps.report.error = null;
      return;
    } catch (error) {
      if (isOutdated(error)) throw new StandsAside({ position, type });
      if (isPassing(error)) {
        deps.report.error = causeOf(error);
        await pause(backoff(passing++, passingMs, passingLimitMs), term.over);
        continue;
      }
      if (attempt === quickAttempts) return setAside(deps, term, event, { error, attempts: attempt });
      await pause(quickMs * attempt, term.over);
      attempt += 1;
    }
  }
}

async function setAside(
  { checkpoints, reactor, report, log }: WorkDeps,
  { token }: Term,
  event: ReactorEvent,
  { error, attempts }: { error: unknown; attempts: number },
): Promise<void> {
  const { position, eventId, type, meta } = event;
  const { tenantId, stream } = meta;
  const entry = { position, eventId, tenantId, stream, type, cause: causeOf(error), attempts };
  const waitMs = backoff(attempts - quickAttempts, asideMs, asideLimitMs);
  if (!(await checkpoints.setAside(reactor.name, token, entry, waitMs))) return;
  // The exact number is counted from time to time; what matters at once is that there is one.
  report.setAside ||= 1;
  if (attempts === quickAttempts) {
    log.error({ reactor: reactor.name, position, type, cause: entry.cause }, 'an event was set aside');
  }
}

/** Tries again what was set aside and is due; the checkpoint has nothing to do with it. */
async function retryDue(deps: WorkDeps, term: Term, at: Place): Promise<void> {
  const { checkpoints, reactor, report, lookMs, log } = deps;
  if (report.setAside === 0 || performance.now() - at.lookedAt < lookMs) return;
  at.lookedAt = performance.now();
  for (const { position, attempts } of await checkpoints.due(reactor.name, asidePage)) {
    if (term.over.aborted) return;
    const event = await eventAt(deps, position);
    if (!event) continue;
    try {
      await deps.react(event);
      await checkpoints.settle(reactor.name, position);
      log.info({ reactor: reactor.name, position }, 'an event that was set aside was reacted to');
    } catch (error) {
      if (isPassing(error)) return;
      await setAside(deps, term, event, { error, attempts: attempts + 1 });
    }
  }
}

/** The event at a position, as the reactor gets it; undefined for one of a newer process. */
async function eventAt({ store, decode }: WorkDeps, position: number): Promise<ReactorEvent | undefined> {
  const { events } = await store.readAll('record', position - 1, 1);
  const decoded = decodeEvent(events[0]!, decode);
  return decoded.kind === 'event' ? (decoded.event as ReactorEvent) : undefined;
}
