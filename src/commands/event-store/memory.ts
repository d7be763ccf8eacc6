import { eventLine } from './event-line.js';
import { matcher } from './event-filter.js';
import { follow } from './follow.js';
import { mapKey, refusal, write, type Memory } from './memory-append.js';
import type {
  AppendItem,
  AppendResult,
  EventFilter,
  EventPage,
  EventStore,
  Log,
  Replay,
  StoredEvent,
} from './port.js';
import { pageBytes, StoreUnavailable } from './port.js';
import { waiters } from './waiters.js';

const scanLimit = 100_000;
const exportChunkEvents = 1_000;

/**
 * The event store of tests and of the simulation: the semantics of the port in one process's memory.
 * `now` gives the store's clock (ISO 8601, three decimals); the process's own by default.
 */
export class MemoryStore implements EventStore {
  readonly #memory: Memory = {
    logs: { record: { events: [], streams: new Map() }, telemetry: { events: [], streams: new Map() } },
    claims: new Map(),
    replays: new Map(),
  };
  readonly #waiters = waiters();
  readonly #now: () => string;
  #closed = false;

  constructor({ now = () => new Date().toISOString() }: { now?: () => string } = {}) {
    this.#now = now;
  }

  async append(item: AppendItem): Promise<AppendResult> {
    this.#open();
    if (item.events.length === 0 && item.idempotency === undefined) {
      throw new Error('An append without events needs an idempotency key.');
    }
    const result = refusal(this.#memory, item) ?? write(this.#memory, item, this.#now());
    if (result.outcome === 'appended') this.#waiters.wake();
    return result;
  }

  async readStream(log: Log, stream: string, after = 0, limit = Infinity): Promise<StoredEvent[]> {
    this.#open();
    return (this.#memory.logs[log].streams.get(stream) ?? []).slice(after, after + limit);
  }

  async readAll(log: Log, after: number, limit: number, filter?: EventFilter): Promise<EventPage> {
    this.#open();
    const { events } = this.#memory.logs[log];
    const matches = matcher(filter);
    const found: StoredEvent[] = [];
    const end = Math.min(events.length, after + scanLimit);
    let scannedTo = after;
    let bytes = 0;
    while (scannedTo < end && found.length < limit && bytes < pageBytes) {
      const event = events[scannedTo++]!;
      if (!matches(event)) continue;
      found.push(event);
      bytes += Buffer.byteLength(event.data);
    }
    return { events: found, scannedTo, atHead: scannedTo >= events.length };
  }

  subscribe(log: Log, after: number, signal: AbortSignal, filter?: EventFilter): AsyncIterable<EventPage> {
    return follow(this, { log, after, signal, filter });
  }

  async *exportLines(log: Log, after: number, to: number, filter?: EventFilter): AsyncGenerator<Buffer> {
    this.#open();
    const { events } = this.#memory.logs[log];
    const end = Math.min(to, events.length);
    const matches = matcher(filter);
    for (let from = after; from < end; from += exportChunkEvents) {
      const lines = events.slice(from, Math.min(from + exportChunkEvents, end)).filter(matches);
      if (lines.length > 0) yield Buffer.from(lines.map((event) => eventLine(event) + '\n').join(''));
    }
  }

  async head(log: Log): Promise<number> {
    this.#open();
    return this.#memory.logs[log].events.length;
  }

  async positionAt(log: Log, instant: string): Promise<number> {
    this.#open();
    const { events } = this.#memory.logs[log];
    const at = Date.parse(instant);
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (Date.parse(events[middle]!.recordedAt) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async claimOwner(tenantId: string, kind: string, key: string): Promise<string | null> {
    this.#open();
    return this.#memory.claims.get(mapKey(tenantId, kind, key)) ?? null;
  }

  async findReplay(scope: string, key: string): Promise<Replay | null> {
    this.#open();
    const found = this.#memory.replays.get(mapKey(scope, key));
    if (found === undefined) return null;
    const { recordedAt: _, ...replay } = found;
    return replay;
  }

  changed(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return this.#closed ? Promise.resolve() : this.#waiters.wait(timeoutMs, signal);
  }

  now(): string {
    return this.#now();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiters.wake();
  }

  #open(): void {
    if (this.#closed) throw new StoreUnavailable('The event store is closed.');
  }
}
