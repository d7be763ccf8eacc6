/**
 * States of streams, folded from their events and cached with their versions. Only an append validates a
 * cache: whoever wants to refuse something, or to answer that nothing changes, loads the tail first.
 * That a stream is not there is remembered for a moment too, but only for those whose append guards it.
 */
import { LRUCache } from 'lru-cache';
import { evolve, streamName, type AnyDecider } from '../domain/kernel.js';
import type { ProjectedEvent } from '../projections/engine/declaration.js';
import type { Codec, Decoded } from './codec.js';
import type { EventStore, Log, StoredEvent } from './event-store/port.js';
import { refuse } from './rejections.js';

/** A state with the version and the log position of the last event folded into it; 0 and 0 before the first. */
export interface Loaded {
  state: unknown;
  version: number;
  position: number;
}

interface Entry extends Loaded {
  /** Bytes of the events folded so far: what the cache's bound counts. */
  size: number;
  /** When the store last said that there is nothing newer; milliseconds of a monotonic clock. */
  checkedAt: number;
}

export interface States {
  /**
   * The state after every event that is in the store when the call is made, or — with `maxAgeMs` — a
   * cached one that was so that many milliseconds ago. @throws Rejection `outdated`, StoreUnavailable
   */
  load(decider: AnyDecider, tenantId: string, id: string, maxAgeMs?: number): Promise<Loaded>;
  /** The cached state, however old, or undefined. */
  cached(stream: string): Loaded | undefined;
  /**
   * What is known of a stream without asking the store: its cached state, or that a moment ago there was no such
   * stream. For a decision whose append guards it.
   */
  recalled(decider: AnyDecider, stream: string): Loaded | undefined;
  /** Keeps the state that follows from an append. `bytes` is the size of the new events. */
  keep(stream: string, loaded: Loaded, bytes: number): void;
  forget(stream: string): void;
}

/** The log that a decider's events go to. */
export const logOf = (decider: AnyDecider): Log =>
  decider.dataClass === 'telemetry' ? 'telemetry' : 'record';

const pageSize = 1000;
/** A stream may grow for ever, its state does not: beyond this its events no longer tell its size. */
const largestState = 256 * 1024;

/** How long it is remembered that a stream is not there, and of how many. */
const absenceMs = 10_000;
const mostAbsent = 10_000;

/** An event as decisions see it. @throws Rejection `outdated`; `event-unreadable`, which says where, not what */
export function readEvent(codec: Codec, stored: StoredEvent): ProjectedEvent {
  let decoded: Decoded;
  try {
    decoded = codec.decode(stored);
  } catch {
    const { type, stream, position } = stored;
    return refuse(
      'event-unreadable',
      `${type} at position ${position} of ${stream} does not match its schema`,
    );
  }
  return decoded.kind === 'event' ? decoded.event : refuse('outdated', `the log holds ${decoded.type}`);
}

/** An entry with every event that came after it folded in. */
async function folded(
  { store, codec }: { store: EventStore; codec: Codec },
  decider: AnyDecider,
  stream: string,
  from: Entry,
): Promise<Entry> {
  let entry = from;
  for (;;) {
    const events = await store.readStream(logOf(decider), stream, entry.version, pageSize);
    for (const stored of events) {
      const event = readEvent(codec, stored);
      entry = {
        ...entry,
        state: evolve(decider, entry.state, event, event.meta),
        version: stored.version,
        position: stored.position,
        size: entry.size + stored.data.length,
      };
    }
    if (events.length < pageSize) return entry;
  }
}

export function openStates(deps: {
  store: EventStore;
  codec: Codec;
  /** Bytes of events whose states are kept. */
  maxBytes?: number;
}): States {
  const cache = new LRUCache<string, Entry>({
    maxSize: deps.maxBytes ?? 64 * 1024 * 1024,
    sizeCalculation: (entry) => Math.min(entry.size, largestState) + 200,
  });
  const absent = new LRUCache<string, true>({ max: mostAbsent, ttl: absenceMs });

  async function refreshed(decider: AnyDecider, stream: string, known: Entry | undefined): Promise<Entry> {
    const checkedAt = performance.now();
    const from = known ?? { state: decider.initialState(), version: 0, position: 0, size: 0, checkedAt };
    const entry = { ...(await folded(deps, decider, stream, from)), checkedAt };
    // A stream that does not exist is not worth a place: whoever guesses ids would fill the cache.
    if (entry.version === 0) absent.set(stream, true);
    else absent.delete(stream);
    if (entry.version > 0 && entry.version >= (cache.peek(stream)?.version ?? 0)) cache.set(stream, entry);
    return entry;
  }

  // Many requests find a state too old at the same moment: one question serves those that may share it.
  const refreshing = new Map<string, Promise<Entry>>();

  return {
    async load(decider, tenantId, id, maxAgeMs = 0) {
      const stream = streamName(decider.name, tenantId, id);
      const known = cache.get(stream);
      if (maxAgeMs === 0) return refreshed(decider, stream, known);
      if (known && performance.now() - known.checkedAt <= maxAgeMs) return known;
      const underWay = refreshing.get(stream) ?? refreshed(decider, stream, known);
      refreshing.set(stream, underWay);
      return underWay.finally(() => refreshing.delete(stream));
    },
    cached: (stream) => cache.get(stream),
    recalled: (decider, stream) =>
      cache.get(stream) ??
      (absent.get(stream) ? { state: decider.initialState(), version: 0, position: 0 } : undefined),
    keep(stream, loaded, bytes) {
      absent.delete(stream);
      const size = (cache.peek(stream)?.size ?? 0) + bytes;
      cache.set(stream, { ...loaded, size, checkedAt: performance.now() });
    },
    forget(stream) {
      cache.delete(stream);
      absent.delete(stream);
    },
  };
}
