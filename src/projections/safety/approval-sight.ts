/** Who may know of an approval, and who may vote on it, as conditions on rows and for one row. */
import {
  isExcluded,
  isRequester,
  oversees,
  standingOf,
  type Person,
  type Standing,
} from '../../domain/safety/approval-rules.js';
import { allowed } from '../../domain/tenancy/permissions.js';
import type { Condition, QueryContext, Reader } from '../engine/declaration.js';
import { seesPersona } from '../personas/facts.js';
import type { ApprovalRow } from './approvals.js';

const personOf = ({ memberId, roles }: Reader): Person => ({ id: memberId, roles });

/** By what the reader is among those who decide, at a moment or — without one — at all. */
export const standingIn = (row: ApprovalRow, reader: Reader, now: string | null): Standing | null =>
  standingOf(row, personOf(reader), now);

/** Whether an approval as it is now is for the reader to see: it concerns the reader, or its persona is seen. */
export async function isForReader(ctx: QueryContext, row: ApprovalRow): Promise<boolean> {
  const person = personOf(ctx.reader);
  if (oversees(person) || isRequester(row, person) || isExcluded(row, person)) return true;
  if (standingOf(row, person, null)) return true;
  return row.personaId !== undefined && (await seesPersona(ctx, row.personaId));
}

/** `standingOf` in SQL over `row`. Roles of delegators are those that they held when they delegated. */
function deciding({ memberId, roles }: Reader, now: string | null): Condition {
  const lasts = now === null ? '' : "AND coalesce(d.value->>'until' > ?, true)";
  return {
    sql: `NOT jsonb_exists(row->'excluded', ?) AND (
      jsonb_exists(row->'approvers'->'members', ?)
      OR jsonb_exists_any(row->'approvers'->'roles', ?::text[])
      OR EXISTS (SELECT FROM jsonb_each(row->'delegations') d WHERE d.value->>'to' = ? ${lasts}
        AND NOT jsonb_exists(row->'excluded', d.key)
        AND (row->'votes'->d.key->>'by') IS DISTINCT FROM d.key
        AND (jsonb_exists(row->'approvers'->'members', d.key)
          OR EXISTS (SELECT FROM jsonb_array_elements_text(d.value->'roles') r
            WHERE jsonb_exists(row->'approvers'->'roles', r.value)))))`,
    values: [memberId, memberId, [...roles], memberId, ...(now === null ? [] : [now])],
  };
}

/** That an approval itself concerns the reader, whether or not it sees the persona. Nobody of whom all are shown. */
export function concerningReader(reader: Reader): Condition[] {
  if (oversees(reader)) return [];
  const { sql, values = [] } = deciding(reader, null);
  return [
    {
      sql: `row->>'requesterId' = ? OR jsonb_exists(row->'excluded', ?) OR (${sql})`,
      values: [reader.memberId, reader.memberId, ...values],
    },
  ];
}

/** That it waits for the reader: who may vote on it at this moment, and has not. Null for who may never vote. */
export function waitingForReader(reader: Reader, now: string | null): Condition[] | null {
  if (!allowed(reader, 'approvals:vote')) return null;
  return [
    { sql: "row->>'state' IN ('requested', 'info_requested')" },
    { sql: "NOT jsonb_exists(row->'voted', ?)", values: [reader.memberId] },
    ...(now === null ? [] : [{ sql: "row->>'deadline' > ?", values: [now] }]),
    deciding(reader, now),
  ];
}
