import type { AppendItem, AppendResult, Log, NewEvent, Replay, StoredEvent } from './port.js';

interface MemoryLog {
  events: StoredEvent[];
  streams: Map<string, StoredEvent[]>;
}

/** All that a memory store knows. */
export interface Memory {
  logs: Record<Log, MemoryLog>;
  /** Claim → the stream that holds it. */
  claims: Map<string, string>;
  /** Idempotency key → first outcome, with the instant it was recorded. */
  replays: Map<string, Replay & { recordedAt: string }>;
}

/** What an append is answered without writing anything, or null when it is to be written. */
export function refusal(memory: Memory, item: AppendItem): AppendResult | null {
  return (
    earlierOutcome(memory, item) ??
    versionOutcome(memory, item) ??
    claimConflict(memory, item) ??
    guardConflict(memory, item)
  );
}

function earlierOutcome({ replays }: Memory, { idempotency, commandId }: AppendItem): AppendResult | null {
  const earlier = idempotency && replays.get(mapKey(idempotency.scope, idempotency.key));
  if (!earlier) return null;
  const { recordedAt, ...replay } = earlier;
  // The same command has come again, not another one under its key.
  if (replay.commandId === commandId) {
    return { outcome: 'appended', version: replay.version, position: replay.position, recordedAt };
  }
  return { outcome: 'replayed', ...replay };
}

function versionOutcome(
  { logs }: Memory,
  { log, stream, expectedVersion, events }: AppendItem,
): AppendResult | null {
  const present = logs[log].streams.get(stream) ?? [];
  if (present.length === expectedVersion) return null;
  const version = expectedVersion + events.length;
  const last = present[version - 1];
  if (events[0] && last && present[expectedVersion]?.eventId === events[0].eventId) {
    return { outcome: 'appended', version, position: last.position, recordedAt: last.recordedAt };
  }
  return { outcome: 'version-conflict', currentVersion: present.length };
}

function claimConflict(
  { claims: held }: Memory,
  { tenantId, stream, claims }: AppendItem,
): AppendResult | null {
  for (const { op, kind, key } of claims) {
    const owner = held.get(mapKey(tenantId, kind, key));
    if (op === 'take' && owner !== undefined && owner !== stream)
      return { outcome: 'claim-conflict', kind, key, owner };
  }
  return null;
}

function guardConflict({ logs }: Memory, { log, guards }: AppendItem): AppendResult | null {
  for (const guard of guards) {
    const currentVersion = logs[guard.log ?? log].streams.get(guard.stream)?.length ?? 0;
    if (currentVersion !== guard.version)
      return { outcome: 'guard-conflict', stream: guard.stream, currentVersion };
  }
  return null;
}

/** Writes what was not refused; `now` is the store's clock. Throws before it changes anything. */
export function write(memory: Memory, item: AppendItem, now: string): AppendResult {
  const { log, tenantId, stream, expectedVersion } = item;
  const { events, streams } = memory.logs[log];
  if (log === 'telemetry' && !/_\d{8}$/.test(stream)) {
    throw new Error(`The telemetry stream ${stream} does not end in _<yyyymmdd>.`);
  }
  for (const event of item.events) assertJson(event);
  const present = streams.get(stream) ?? [];
  const last = events.at(-1)?.recordedAt ?? '';
  const recordedAt = now > last ? now : last;
  for (const [index, event] of item.events.entries()) {
    const version = expectedVersion + index + 1;
    const stored = { log, position: events.length + 1, tenantId, stream, version, ...event, recordedAt };
    events.push(Object.freeze(stored));
    present.push(stored);
  }
  if (present.length > 0) streams.set(stream, present);
  changeClaims(memory, item);
  const version = expectedVersion + item.events.length;
  const position = present.at(-1)?.position ?? 0;
  if (item.idempotency) {
    const { scope, key, fingerprint } = item.idempotency;
    const replay = {
      fingerprint,
      commandId: item.commandId,
      stream,
      fromVersion: expectedVersion,
      version,
      position,
    };
    memory.replays.set(mapKey(scope, key), { ...replay, recordedAt });
  }
  return { outcome: 'appended', version, position, recordedAt };
}

function changeClaims({ claims: held }: Memory, { tenantId, stream, claims }: AppendItem): void {
  for (const { op, kind, key } of claims) {
    const claim = mapKey(tenantId, kind, key);
    if (op === 'release' && held.get(claim) === stream) held.delete(claim);
  }
  for (const { op, kind, key } of claims) {
    if (op === 'take') held.set(mapKey(tenantId, kind, key), stream);
  }
}

/** The database refuses text that is not JSON; so does this store. */
function assertJson({ data, actor, meta }: NewEvent): void {
  for (const text of [data, actor, meta]) JSON.parse(text);
}

/** Several texts as one key of a map. */
export function mapKey(...parts: string[]): string {
  return parts.join('\u0000');
}
