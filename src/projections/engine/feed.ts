/**
 * The shared reader of one log: every projection of the process that stands at the same place gets the same
 * decoded page, and one that is behind reads for itself until it is back among the others.
 */
import { setImmediate } from 'node:timers/promises';
import {
  pageBytes,
  type EventPage,
  type EventStore,
  type Log,
  type StoredEvent,
} from '../../commands/event-store/port.js';
import { waiters } from '../../commands/event-store/waiters.js';
import { parseStream } from '../../domain/kernel.js';
import { handles, type ProjectedEvent, type Projection } from './declaration.js';
import { causeOf } from './failures.js';

/**
 * Parses a stored event. `outdated` means that it is of a newer process than this one.
 * Throws when it cannot be read although its type is known: the event is poison then.
 */
export type Decode = (
  stored: StoredEvent,
) => { kind: 'event'; event: ProjectedEvent } | { kind: 'outdated'; type?: string };

/** An event of a page; with `unreadable` (the reason) its data is empty. */
export interface FeedEvent extends ProjectedEvent {
  unreadable?: string;
}

export interface FeedPage {
  /** The page holds every event with `after` < position ≤ `scannedTo`. */
  after: number;
  scannedTo: number;
  /** The log ended here when the page was read. */
  atHead: boolean;
  events: FeedEvent[];
  /** The event right behind the page, when this process does not know it. */
  outdated?: { position: number; type: string };
}

export interface Feed {
  log: Log;
  /** Events after a position, in order. @throws StoreUnavailable */
  page(after: number): Promise<FeedPage>;
  /** Counts the wake-ups; taken before a page is asked for, it tells `wait` what has been seen. */
  tick(): number;
  /** Resolves when there was a wake-up since `tick`, on abort, or after a while. */
  wait(tick: number, signal: AbortSignal): Promise<void>;
}

const cachedPages = 8;
const cachedBytes = 16 * 1024 * 1024;
/** Much larger than what comes in between two looks at the log: whoever is behind writes each row less often. */
const pageEvents = 4_000;
const firstEvents = 500;
/** Decoding is synchronous: after so many events the process does something else first. */
const decodeBurst = 100;
const busyPollMs = 100;
const idlePollMs = 1_000;
const busyForMs = 2_000;

type Cached = FeedPage & { bytes: number };

/** Opens the reader of one log; it listens for new events until `signal` aborts. */
export function openFeed({
  store,
  log,
  decode,
  signal,
  limit = pageEvents,
}: {
  store: Pick<EventStore, 'readAll' | 'changed'>;
  log: Log;
  decode: Decode;
  signal: AbortSignal;
  limit?: number | undefined;
}): Feed {
  const cache: Cached[] = [];
  const reading = new Map<number, { tick: number; page: Promise<Cached> }>();
  const waiting = waiters();
  const readPage = sizedReader(store, log, limit);
  let ticks = 0;
  let busyAt = performance.now();

  async function listen(): Promise<void> {
    while (!signal.aborted) {
      const busy = performance.now() - busyAt < busyForMs;
      await store.changed(busy ? busyPollMs : idlePollMs, signal);
      ticks += 1;
      waiting.wake();
    }
  }

  async function load(after: number): Promise<Cached> {
    const page = await decodePage(await readPage(after), after, decode);
    if (page.events.length > 0) busyAt = performance.now();
    return page.scannedTo > after ? keep(cache, page, limit) : page;
  }

  function read(after: number): Promise<Cached> {
    const earlier = reading.get(after);
    // A read that began before the last wake-up may have missed what it was about.
    if (earlier && earlier.tick === ticks) return earlier.page;
    const page = load(after).finally(() => {
      if (reading.get(after)?.page === page) reading.delete(after);
    });
    reading.set(after, { tick: ticks, page });
    return page;
  }

  void listen();
  return {
    log,
    async page(after) {
      const page = slice(find(cache, after) ?? (await read(after)), after);
      if (!page.atHead && !page.outdated && !find(cache, page.scannedTo)) {
        // The next page is on its way while this one is folded; if that fails, whoever asks for it reads again.
        read(page.scannedTo).catch(() => {});
      }
      return page;
    },
    tick: () => ticks,
    wait: (tick, until) => (tick === ticks ? waiting.wait(idlePollMs, until) : Promise.resolve()),
  };
}

/**
 * Reads pages of a size that fits: the store ends a page of long texts early, and whoever asks for much more keeps
 * it busy for nothing; a read that failed may have been too much for the time there was.
 */
function sizedReader(
  store: Pick<EventStore, 'readAll'>,
  log: Log,
  limit: number,
): (after: number) => Promise<EventPage> {
  let size = Math.min(limit, firstEvents);
  return async (after) => {
    try {
      const page = await store.readAll(log, after, size);
      size = Math.min(limit, 2 * (page.atHead ? size : Math.max(page.events.length, 1)));
      return page;
    } catch (error) {
      size = Math.max(1, Math.floor(size / 2));
      throw error;
    }
  };
}

const find = (cache: readonly Cached[], after: number): Cached | undefined =>
  cache.find((page) => page.after <= after && after < page.scannedTo);

/** Puts a page into the cache, at the end of the one before it where both fit into one. */
function keep(cache: Cached[], page: Cached, limit: number): Cached {
  const before = cache.find((earlier) => earlier.scannedTo === page.after);
  const isSmall = (count: number, bytes: number): boolean => count <= limit && bytes <= pageBytes;
  if (before && isSmall(before.events.length + page.events.length, before.bytes + page.bytes)) {
    before.events.push(...page.events);
    Object.assign(before, { scannedTo: page.scannedTo, atHead: page.atHead, outdated: page.outdated });
    before.bytes += page.bytes;
    return before;
  }
  cache.push(page);
  const total = (): number => cache.reduce((sum, { bytes }) => sum + bytes, 0);
  while (cache.length > 1 && (cache.length > cachedPages || total() > cachedBytes)) cache.shift();
  return page;
}

/** The part of a page behind a position; a copy, because the page may still grow. */
function slice(page: Cached, after: number): FeedPage {
  const { scannedTo, atHead, events, outdated } = page;
  const from = after <= page.after ? 0 : events.findIndex(({ position }) => position > after);
  return {
    after,
    scannedTo: Math.max(scannedTo, after),
    atHead,
    events: from < 0 ? [] : events.slice(from),
    ...(outdated && { outdated }),
  };
}

async function decodePage(stored: EventPage, after: number, decode: Decode): Promise<Cached> {
  const page: Cached = { after, scannedTo: stored.scannedTo, atHead: stored.atHead, events: [], bytes: 0 };
  for (const [index, event] of stored.events.entries()) {
    if (index % decodeBurst === decodeBurst - 1) await setImmediate();
    const decoded = decodeEvent(event, decode);
    if (decoded.kind === 'outdated') {
      const outdated = { position: event.position, type: decoded.type ?? event.type };
      return { ...page, scannedTo: event.position - 1, atHead: false, outdated };
    }
    page.events.push(decoded.event);
    page.bytes += event.data.length + event.actor.length + event.meta.length;
  }
  return page;
}

/** Decodes one event; what cannot be read becomes an event that says so, for the projections it concerns to park. */
export function decodeEvent(stored: StoredEvent, decode: Decode): ReturnType<Decode> & { event?: FeedEvent } {
  try {
    return decode(stored);
  } catch (error) {
    return { kind: 'event', event: unreadable(stored, error) };
  }
}

function unreadable(stored: StoredEvent, error: unknown): FeedEvent {
  const { log, position, eventId, type, tenantId, stream, version, occurredAt, recordedAt } = stored;
  return {
    log,
    position,
    eventId,
    type,
    data: {},
    meta: {
      tenantId,
      stream,
      streamId: parseStream(stream)?.streamId ?? stream,
      version,
      occurredAt,
      recordedAt,
      actor: { kind: 'service', id: 'unreadable', roles: [] },
      commandId: '',
    },
    unreadable: causeOf(error),
  };
}

/**
 * Which events concern a projection: those of the types it handles, and what cannot be read under a name that
 * no projection handles — a retired name, whose present one nobody can tell.
 */
export function concernOf(projection: Projection, all: readonly Projection[]): (event: FeedEvent) => boolean {
  const isNobodys = (type: string): boolean =>
    !all.some((other) => other.kind === 'row' && handles(other, type));
  return ({ type, unreadable }) => handles(projection, type) || (unreadable !== undefined && isNobodys(type));
}
