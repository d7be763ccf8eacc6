import { z } from 'zod';
import { memberId } from '../../domain/ids.js';
import { personaRef } from '../../domain/personas/events.js';
import { oversees } from '../../domain/safety/approval-rules.js';
import { approvalKind } from '../../domain/safety/events.js';
import {
  query,
  type Condition,
  type Found,
  type ListRequest,
  type QueryContext,
} from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { ofVisiblePersonas, personas, visiblePersona } from '../personas/facts.js';
import { approvals, type ApprovalRow } from './approvals.js';
import { approvalShape, approvalState, shownOf } from './approval-view.js';
import { concerningReader, waitingForReader } from './approval-sight.js';

const listApprovalsInput = z.strictObject({
  ...listInput,
  state: z
    .enum([...approvalState.options, 'pending'])
    .optional()
    .describe('`pending`: waiting for a decision'),
  mine: z.boolean().optional().describe('Only those on which the reader may vote now, and has not'),
  kind: approvalKind.optional(),
  personaId: personaRef.optional(),
  requesterId: memberId.optional(),
  sort: z.enum(['newest', 'deadline']).default('newest').describe('`deadline`: the next one first'),
});
type Asked = z.output<typeof listApprovalsInput>;

const pending = "row->>'state' IN ('requested', 'info_requested')";

function conditions({ state, kind, requesterId, personaId }: Asked): Condition[] {
  const wanted: [string, string | undefined][] = [
    ["row->>'state' = ?", state === 'pending' ? undefined : state],
    ["row->>'kind' = ?", kind],
    ["row->>'requesterId' = ?", requesterId],
    ["row->>'personaId' = ?", personaId],
  ];
  const given = wanted.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, values: [value] }]));
  return state === 'pending' ? [...given, { sql: pending }] : given;
}

/** Where a list goes on, and the moment at which it began: what is due by then stays out of all its pages. */
interface Place {
  at: string;
  after?: [sorted: string, key: string];
}
type Row = Found<ApprovalRow>;

/** One page of what concerns the reader and of what is about personas that it sees, as if it were one list. */
async function pageFor(
  ctx: QueryContext,
  asked: Asked,
  place: Place,
): Promise<{ rows: Row[]; hasMore: boolean }> {
  const field = asked.sort === 'newest' ? 'requestedAt' : 'deadline';
  const orderBy = `row->>'${field}'`;
  const descending = asked.sort === 'newest';
  const where = conditions(asked);
  if (place.after) {
    where.push({ sql: `(${orderBy}, key) ${descending ? '<' : '>'} (?, ?)`, values: place.after });
  }
  const request: ListRequest = { where, orderBy, descending, limit: asked.limit };
  const model = ctx.model(approvals);
  const lists: ListRequest[] = [{ ...request, whereNow: concerningReader(ctx.reader) }];
  if (asked.mine) {
    // How long a delegation lasted, and which deadline had passed, is not asked of another moment.
    const waiting = waitingForReader(ctx.reader, ctx.asOf === undefined ? place.at : null);
    if (!waiting) return { rows: [], hasMore: false };
    where.push(...waiting);
  } else if (!oversees(ctx.reader)) {
    lists.push({ ...request, whereOther: ofVisiblePersonas(ctx.reader) });
  }
  const pages = await Promise.all(lists.map((one) => model.list<ApprovalRow>(one)));
  const found = new Map(pages.flatMap(({ items }) => items).map((one) => [one.key, one]));
  const sortedBy = ({ row, key }: Row): string => `${row[field]} ${key}`;
  const rows = [...found.values()].sort((a, b) => (sortedBy(a) < sortedBy(b) === descending ? 1 : -1));
  const hasMore = rows.length > asked.limit || pages.some(({ next }) => next !== null);
  return { rows: rows.slice(0, asked.limit), hasMore };
}

export const listApprovals = query({
  http: 'GET /approvals',
  summary:
    'Approvals, newest first: the inbox of who decides (`mine`), and whatever else the reader may know of',
  permission: 'approvals:read',
  input: listApprovalsInput,
  output: pageOf(z.strictObject(approvalShape)),
  asOf: true,
  reads: [approvals, personas],
  rejects: ['persona-not-found'],
  run: async ({ cursor, ...input }, ctx) => {
    const persona =
      input.personaId === undefined ? null : await visiblePersona(ctx.current(), input.personaId);
    const asked = { ...input, ...(persona && { personaId: persona.personaId }) };
    const scope = ['approvals', asked, ctx.asOf ?? null];
    const place = cursor === undefined ? { at: ctx.now } : (ctx.cursor.open(cursor, scope) as Place);
    const { rows, hasMore } = await pageFor(ctx, asked, place);
    const last = hasMore ? rows.at(-1) : undefined;
    const after = last && [last.row[asked.sort === 'newest' ? 'requestedAt' : 'deadline'], last.key];
    const next = after ? ctx.cursor.seal({ at: place.at, after }, scope) : null;
    return { body: { items: rows.map(({ row }) => shownOf(row)), next } };
  },
});
