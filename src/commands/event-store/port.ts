/**
 * The port every event store implements. Two logs share it: the `record` log is dense, proven and never
 * deleted; the `telemetry` log is partitioned by day and expires. An adapter passes the contract suite in
 * `test/contract` or it is not an adapter.
 *
 * Conflicts are values, because a caller decides again on them; only the store's own troubles are thrown,
 * as `StoreUnavailable`.
 */
import type { ClaimChange } from '../../domain/kernel.js';

export type Log = 'record' | 'telemetry';

/** An event as the codec hands it over. `data`, `actor` and `meta` are RFC 8785 (canonical JSON) texts. */
export interface NewEvent {
  eventId: string;
  type: string;
  schemaVersion: number;
  data: string;
  actor: string;
  meta: string;
  /** ISO 8601, UTC, exactly three decimals. */
  occurredAt: string;
}

/** What must be unique across streams: taken or released in the transaction of the append. */
export type { ClaimChange } from '../../domain/kernel.js';

/** Another stream that the decision read; its version is checked again under the append's lock. */
export interface Guard {
  stream: string;
  version: number;
  /** The log that the guarded stream is in; by default the one that is appended to. */
  log?: Log;
}

/** An idempotency key as the client gave it, in its scope, with the keyed hash of the input. */
export interface IdempotencyKey {
  /** tenant, member and operation, joined by the caller. */
  scope: string;
  key: string;
  fingerprint: string;
}

/** One decision on its way into one stream. */
export interface AppendItem {
  log: Log;
  tenantId: string;
  /** `<category>-<tenant>_<id>`; a telemetry stream's id ends in `_<yyyymmdd>`. */
  stream: string;
  /** How many events the stream holds; 0 for a new stream. */
  expectedVersion: number;
  /** May be empty only with `idempotency`: a decision that changed nothing is remembered too. */
  events: NewEvent[];
  claims: ClaimChange[];
  guards: Guard[];
  commandId: string;
  idempotency?: IdempotencyKey;
}

/** The first outcome under an idempotency key, enough to build its receipt again from the log. */
export interface Replay {
  fingerprint: string;
  commandId: string;
  stream: string;
  /** Version of the stream before and after; equal for an empty decision. */
  fromVersion: number;
  version: number;
  position: number;
}

/** Checked in this order: idempotency key, version, claims, guards. The first obstacle is the answer. */
export type AppendResult =
  /**
   * Also the answer to an identical append sent a second time, its idempotency key included: its first receipt.
   * `position` is that of the last event; for an empty decision that of the stream's last event, 0 without one.
   */
  | { outcome: 'appended'; version: number; position: number; recordedAt: string }
  /** Another command has been here under the same key, whatever its fingerprint: the caller compares. */
  | ({ outcome: 'replayed' } & Replay)
  | { outcome: 'version-conflict'; currentVersion: number }
  | { outcome: 'claim-conflict'; kind: string; key: string; owner: string }
  | { outcome: 'guard-conflict'; stream: string; currentVersion: number };

/** An event as it is on disk. The three JSON members stay text until somebody wants them parsed. */
export interface StoredEvent {
  log: Log;
  position: number;
  tenantId: string;
  stream: string;
  version: number;
  eventId: string;
  type: string;
  schemaVersion: number;
  data: string;
  actor: string;
  meta: string;
  occurredAt: string;
  recordedAt: string;
}

export interface EventFilter {
  tenantId?: string;
  types?: readonly string[];
  categories?: readonly string[];
  stream?: string;
}

/** A page ends with the event that brings its data to so many bytes, however many more were asked for. */
export const pageBytes = 1024 * 1024;

/** A page in position order. `scannedTo` is the cursor for the next page, also when `events` is empty. */
export interface EventPage {
  events: StoredEvent[];
  /** Every position ≤ this one has been looked at. Equals `after` when there was nothing to look at. */
  scannedTo: number;
  /** True when the page ended because the log did. */
  atHead: boolean;
}

export interface EventStore {
  /**
   * Appends durably: when the promise resolves to `appended`, the events survive a crash of everything.
   * An unknown outcome is settled inside by sending the identical item again.
   * @throws StoreUnavailable
   */
  append(item: AppendItem): Promise<AppendResult>;
  /** Events of one stream with version > `after`, in order. */
  readStream(log: Log, stream: string, after?: number, limit?: number): Promise<StoredEvent[]>;
  /**
   * Events with position > `after`, in order: at most `limit`, and about `pageBytes`, but at least one. Scans at
   * most 100,000 rows however few the filter lets through.
   */
  readAll(log: Log, after: number, limit: number, filter?: EventFilter): Promise<EventPage>;
  /** Yields non-empty pages from `after` on, each read when it is asked for; waits at the head, ends on abort. */
  subscribe(log: Log, after: number, signal: AbortSignal, filter?: EventFilter): AsyncIterable<EventPage>;
  /** The events of (after, to] as lines of canonical JSON, each ending in a newline, in chunks. */
  exportLines(log: Log, after: number, to: number, filter?: EventFilter): AsyncIterable<Buffer>;
  /** The greatest position, 0 for an empty log. Read from the database after the call was made. */
  head(log: Log): Promise<number>;
  /** The greatest position recorded at or before the instant (ISO 8601), 0 if there is none. */
  positionAt(log: Log, instant: string): Promise<number>;
  /** The stream that holds the claim, or null. */
  claimOwner(tenantId: string, kind: string, key: string): Promise<string | null>;
  /** What an idempotency key led to, or null. */
  findReplay(scope: string, key: string): Promise<Replay | null>;
  /**
   * Resolves when something may have been appended, or after `timeoutMs`, or on abort; never rejects. Call it
   * before looking at the log: it may not know of what was appended between a look and the call.
   */
  changed(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** The process clock corrected by the measured offset to the store's clock; ISO, three decimals. */
  now(): string;
  close(): Promise<void>;
}

/** The store cannot answer now. Callers turn it into 503 with `Retry-After`. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  constructor(
    message: string,
    /** Whether the append may have happened all the same; a client must retry with its key. */
    readonly outcome: 'not-applied' | 'unknown' = 'not-applied',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
