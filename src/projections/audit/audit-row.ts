/**
 * What the audit log keeps of an event: who did what, when, to what, with which credential and outcome. Only
 * clear values enter it; what is sealed in the log is left out here, not copied.
 */
import { isSealed } from '../../domain/sealed.js';
import type { ProjectedEvent } from '../engine/declaration.js';

export interface AuditRow {
  tenant_id: string;
  position: number;
  /** Milliseconds since 1970, and the instant as the log has it. */
  recorded_ms: number;
  recorded_at: string;
  occurred_at: string;
  actor: ProjectedEvent['meta']['actor'];
  type: string;
  stream: string;
  persona_id: string | null;
  command_id: string;
  outcome: string;
  /** Clear scalar members of the event's data. */
  detail: Record<string, unknown>;
  /** Lower-case text to search in. */
  search: string;
}

/** Longer texts are cut: the log has them whole. */
const detailCharacters = 500;
const searchCharacters = 4_000;

/** Keeps the first characters of a text, never half of one, and none that a database refuses. */
function cut(text: string, length: number): string {
  const shown = text.replaceAll('\0', '\uFFFD');
  return shown.length <= length ? shown : shown.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** The audit log's row of an event. Pure. */
export function auditRow({ type, data, meta, position }: ProjectedEvent): AuditRow {
  const { stream, streamId, actor } = meta;
  const detail = Object.fromEntries(
    Object.entries(data)
      .filter(([, value]) => value !== undefined && (value === null || typeof value !== 'object'))
      .map(([name, value]) => [name, typeof value === 'string' ? cut(value, detailCharacters) : value]),
  );
  const named = data['personaId'];
  const texts = [type, stream, actor.id, actor.credential, ...clearTexts(data)];
  return {
    tenant_id: meta.tenantId,
    position,
    recorded_ms: Date.parse(meta.recordedAt),
    recorded_at: meta.recordedAt,
    occurred_at: meta.occurredAt,
    actor,
    type,
    stream,
    persona_id: typeof named === 'string' ? named : stream.startsWith('persona-') ? streamId : null,
    command_id: meta.commandId,
    outcome: outcomeOf(type, data),
    detail,
    search: searchText(texts.filter((text) => text !== undefined)),
  };
}

/** What became of it: an event of the record says that it happened; a telemetry event may say something else. */
function outcomeOf(type: string, data: Record<string, unknown>): string {
  if (typeof data['outcome'] === 'string') return cut(data['outcome'], 100);
  if (type === 'AccessDenied') return 'denied';
  return type === 'EventsRead' ? 'read' : 'accepted';
}

/** Every text in a value that is not within a sealed one, in the value's order. */
function* clearTexts(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null || isSealed(value)) return;
  for (const member of Object.values(value)) yield* clearTexts(member);
}

/** How a text is written into the search column and how what is looked for has to be written. */
export const searchForm = (text: string): string => text.toLowerCase();

function searchText(texts: Iterable<string>): string {
  let found = '';
  for (const text of texts) {
    found += `${cut(searchForm(text), searchCharacters)}\n`;
    if (found.length > searchCharacters) break;
  }
  return cut(found, searchCharacters);
}
