import type { StoredEvent } from './port.js';

/**
 * The event as one line of RFC 8785 canonical JSON, without the newline: what an export writes and what a leaf
 * of the transparency log hashes. `data`, `actor` and `meta` are canonical already, so they are put in as they
 * stand; `position` is a decimal string because it may outgrow a JSON number. `es.event_line` is the same
 * function in SQL, and the contract suite compares the two.
 */
export function eventLine(event: StoredEvent): string {
  return (
    `{"actor":${event.actor},"data":${event.data},"id":"${event.eventId}","meta":${event.meta}` +
    `,"occurredAt":"${event.occurredAt}","position":"${event.position}","recordedAt":"${event.recordedAt}"` +
    `,"schemaVersion":${event.schemaVersion},"stream":${JSON.stringify(event.stream)}` +
    `,"tenant":${JSON.stringify(event.tenantId)},"type":${JSON.stringify(event.type)},"version":${event.version}}`
  );
}
