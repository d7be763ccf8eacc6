import type { Log } from '../../commands/event-store/port.js';
import type { QueryContext, SqlProjection } from '../engine/declaration.js';
import { searchForm, type AuditRow } from './audit-row.js';
import { auditRecord, auditTelemetry } from './audit-tables.js';

export interface AuditSearch {
  order: 'asc' | 'desc';
  limit: number;
  actor?: string | undefined;
  type?: string | undefined;
  personaId?: string | undefined;
  /** Recorded at or after; ISO 8601. */
  from?: string | undefined;
  /** Recorded before; ISO 8601. */
  to?: string | undefined;
  credential?: string | undefined;
  outcome?: string | undefined;
  stream?: string | undefined;
  /** Words that all occur. */
  q?: string | undefined;
}

/** A row as the database gives it, with the name of its log; its large numbers are texts there. */
export type LoggedRow = Omit<AuditRow, 'tenant_id' | 'search' | 'position' | 'recorded_ms'> & {
  position: string;
  recorded_ms: string;
  log: Log;
};

/** Where a row stands among those of both logs. */
export type Place = [recordedMs: number, log: Log, position: number];

export const placeOf = ({ recorded_ms, log, position }: LoggedRow): Place => [
  Number(recorded_ms),
  log,
  Number(position),
];

/** The order of both logs together: by time, then by log, then by position. */
export const inOrder = (a: Place, b: Place): number =>
  a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : a[2] - b[2]);

/** The rows of both logs behind a place, in order; one more than `limit` where there are more. */
export async function searchAudit(
  ctx: QueryContext,
  search: AuditSearch,
  after: Place | undefined,
): Promise<LoggedRow[]> {
  const parts = await Promise.all(
    [auditRecord, auditTelemetry].map((table) => searchLog(ctx, table, search, after)),
  );
  const sign = search.order === 'asc' ? 1 : -1;
  const found = parts.flat().sort((a, b) => sign * inOrder(placeOf(a), placeOf(b)));
  return found.slice(0, search.limit + 1);
}

async function searchLog(
  ctx: QueryContext,
  table: SqlProjection,
  search: AuditSearch,
  after: Place | undefined,
): Promise<LoggedRow[]> {
  const { log } = table;
  const { order, limit } = search;
  const { conditions, values } = conditionsOf(search, log, after);
  return ctx.sql<LoggedRow>(
    table,
    `SELECT '${log}' AS log, position, recorded_ms, recorded_at, occurred_at, actor, type, stream, persona_id, command_id, outcome, detail
     FROM {table} t WHERE ${['true', ...conditions].join(' AND ')}
     ORDER BY recorded_ms ${order}, position ${order} LIMIT ${limit + 1}`,
    values,
  );
}

const msOf = (instant: string | undefined): number | undefined =>
  instant === undefined ? undefined : Date.parse(instant);

function conditionsOf(
  search: AuditSearch,
  log: Log,
  after: Place | undefined,
): { conditions: string[]; values: unknown[] } {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const and = (sql: (...parameters: string[]) => string, ...given: unknown[]): void => {
    if (given.includes(undefined)) return;
    conditions.push(sql(...given.map((value) => `$${values.push(value)}`)));
  };
  and((actor) => `t.actor_id = ${actor}`, search.actor);
  and((type) => `t.type = ${type}`, search.type);
  and((persona) => `t.persona_id = ${persona}`, search.personaId);
  and((from) => `t.recorded_ms >= ${from}::bigint`, msOf(search.from));
  and((to) => `t.recorded_ms < ${to}::bigint`, msOf(search.to));
  and((credential) => `t.credential = ${credential}`, search.credential);
  and((outcome) => `t.outcome = ${outcome}`, search.outcome);
  and((stream) => `t.stream = ${stream}`, search.stream);
  const words = searchForm(search.q ?? '').split(/\s+/);
  for (const word of words.filter((one) => one !== '')) and((one) => `strpos(t.search, ${one}) > 0`, word);
  if (!after) return { conditions, values };
  const [recordedMs, at, position] = after;
  const beyond = search.order === 'asc' ? '>' : '<';
  if (log === at) {
    and(
      (ms, last) => `(t.recorded_ms, t.position) ${beyond} (${ms}::bigint, ${last}::bigint)`,
      recordedMs,
      position,
    );
  } else {
    // Of the same instant, a log that comes later in the order is still to come; the other one is over.
    const isToCome = search.order === 'asc' ? log > at : log < at;
    and((ms) => `t.recorded_ms ${beyond}${isToCome ? '=' : ''} ${ms}::bigint`, recordedMs);
  }
  return { conditions, values };
}
