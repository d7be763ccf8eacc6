/** Folds events through a row projection as the engine does, without a database. */
import { expect } from 'vitest';
import type { Actor, DomainEvent } from '../../src/domain/kernel.js';
import type { ProjectedEvent, Row, RowProjection } from '../../src/projections/engine/declaration.js';

/** Where an event stands; positions and versions count up by themselves. */
export interface Place {
  category: string;
  streamId: string;
  tenantId?: string;
  actor?: Actor;
  /** Position of the first event. */
  from?: number;
}

/** The instant that is recorded at a position: one second per event. */
export const instantAt = (position: number): string =>
  new Date(Date.UTC(2026, 0, 1, 0, 0, position)).toISOString();

/** Events of one stream as they come out of the log. */
export function recorded(place: Place, ...events: DomainEvent[]): ProjectedEvent[] {
  const { category, streamId, tenantId = 'acme', from = 1 } = place;
  const actor: Actor = place.actor ?? { kind: 'user', id: 'ada', roles: ['owner'] };
  return events.map(({ type, data }, index) => ({
    log: 'record',
    position: from + index,
    eventId: `event-${from + index}`,
    type,
    data,
    meta: {
      tenantId,
      stream: `${category}-${tenantId}_${streamId}`,
      streamId,
      version: index + 1,
      occurredAt: instantAt(from + index),
      recordedAt: instantAt(from + index),
      actor,
      commandId: `command-${from + index}`,
    },
  }));
}

/** The rows that the events make, by key; what the projection does not handle passes it by. */
export function projected<R extends Row = Row>(
  projection: RowProjection,
  events: readonly ProjectedEvent[],
): Map<string, R> {
  const rows = new Map<string, Row>();
  for (const event of events) {
    const handler = projection.on[event.type];
    if (!handler) continue;
    const key = projection.key(event);
    const before = rows.get(key) ?? null;
    const frozen = JSON.stringify(before);
    const after = handler(before, event.data as never, event);
    expect(JSON.stringify(before), `${event.type} leaves the former row as it was`).toBe(frozen);
    // Rows are stored as JSON: what does not survive that is not there.
    if (after === null) rows.delete(key);
    else rows.set(key, JSON.parse(JSON.stringify(after)) as Row);
  }
  return rows as Map<string, R>;
}

/** Fails unless every event that the projection handles occurs among the examples. */
export function expectExampleForEvery(projection: RowProjection, examples: readonly DomainEvent[]): void {
  const shown = new Set(examples.map(({ type }) => type));
  expect(
    Object.keys(projection.on).filter((type) => !shown.has(type)),
    `events that ${projection.name} handles without an example`,
  ).toEqual([]);
}
