/**
 * Folding a page of events into rows, in memory and purely. The result does not depend on how the log was cut
 * into pages: rows are always in their stored form, and every change is told apart by its own position.
 */
import type { ProjectedEvent, Row, RowProjection } from './declaration.js';
import { causeOf } from './failures.js';
import type { FeedEvent } from './feed.js';
import { storedForm } from './stored-form.js';

/** A row as its table holds it. */
export interface KeptRow {
  row: Row;
  /** Of the last event that changed it. */
  position: number;
}

/** An event with the row it will touch, or with the reason why that cannot be told. */
export type Step = { event: FeedEvent; tenantId: string } & (
  { key: string; failure?: undefined } | { key: null; failure: string }
);

/** A state that a row was in: from the event at `from` on, until the one at `to` (null: it still is). */
interface RowState {
  row: Row;
  from: number;
  to: number | null;
}

export interface RowChange {
  tenantId: string;
  key: string;
  /** Where the row stood before the page; null: there was none. */
  before: KeptRow | null;
  /** Null: the page deleted it, or it came and went within the page. */
  after: KeptRow | null;
  /** Every state the page brought about, in order. */
  states: RowState[];
  /** Position at which `before` ended. */
  changedAt: number;
}

/** An event that could not be folded. */
export interface Poison {
  event: FeedEvent;
  key: string | null;
  cause: string;
}

/** Names a row among all tenants'; neither a tenant's id nor a key's use of it can make two rows one. */
export const rowId = (tenantId: string, key: string): string => `${tenantId}\n${key}`;

/** Which row each event touches. */
export function planSteps(projection: RowProjection, events: readonly FeedEvent[]): Step[] {
  return events.map((event) => {
    const { tenantId } = event.meta;
    if (event.unreadable !== undefined) return { event, tenantId, key: null, failure: event.unreadable };
    try {
      const key: unknown = projection.key(event);
      if (typeof key !== 'string' || key === '') throw new Error(`the key of ${event.type} is not a text`);
      return { event, tenantId, key };
    } catch (error) {
      return { event, tenantId, key: null, failure: causeOf(error) };
    }
  });
}

/**
 * Folds planned events into `rows` (by `rowId`; left as it is, in stored form). A step that fails leaves its
 * row as it was; in a stream-keyed projection the later events of its stream are not folded.
 */
export function foldSteps(
  projection: RowProjection,
  steps: readonly Step[],
  rows: ReadonlyMap<string, KeptRow>,
): { changes: RowChange[]; poison: Poison[] } {
  const folding = new Map<string, Folding>();
  const poison: Poison[] = [];
  const waiting = new Set<string>();
  for (const { event, tenantId, key, failure } of steps) {
    if (waiting.has(event.meta.stream)) continue;
    try {
      if (failure !== undefined) throw new Error(failure);
      const id = rowId(tenantId, key);
      const row = folding.get(id) ?? begin(tenantId, key, rows.get(id) ?? null);
      step(projection, row, event);
      folding.set(id, row);
    } catch (error) {
      poison.push({ event, key, cause: failure ?? causeOf(error) });
      if (projection.streamKeyed) waiting.add(event.meta.stream);
    }
  }
  const changes = [...folding.values()].filter(({ changedAt }) => changedAt !== null);
  return { changes: changes as RowChange[], poison };
}

/** A row in the course of a page. */
interface Folding extends Omit<RowChange, 'changedAt'> {
  changedAt: number | null;
  /** `after` as the next handler gets it, as soon as one asks. */
  stored: Row | null | undefined;
  /** What `after` was made of, in stored form. */
  base: Row | null;
}

const begin = (tenantId: string, key: string, before: KeptRow | null): Folding => ({
  tenantId,
  key,
  before,
  after: before,
  states: [],
  changedAt: null,
  stored: before && before.row,
  base: null,
});

function step(projection: RowProjection, folding: Folding, event: ProjectedEvent): void {
  // Most rows are touched once in a page: the form is made when a second handler wants it.
  folding.stored ??= storedForm(folding.after?.row ?? null, folding.base) as Row | null;
  const before = folding.stored;
  const row = projection.on[event.type]!(before, event.data as never, event);
  if (row === before) return;
  if (row !== null && (typeof row !== 'object' || Array.isArray(row))) {
    throw new TypeError(`${projection.name} makes no row of ${event.type}`);
  }
  const { position } = event;
  const last = folding.states.at(-1);
  if (last) last.to ??= position;
  if (row) folding.states.push({ row, from: position, to: null });
  folding.after = row && { row, position };
  folding.base = before;
  folding.stored = undefined;
  folding.changedAt ??= position;
}
