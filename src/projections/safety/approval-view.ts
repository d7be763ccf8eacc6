import { z } from 'zod';
import { instant, memberId } from '../../domain/ids.js';
import { rejecter } from '../../domain/kernel.js';
import { isExcluded } from '../../domain/safety/approval-rules.js';
import { approvalRef } from '../../domain/safety/approval-grants.js';
import { approvalEvents, reason } from '../../domain/safety/events.js';
import { safetyRejections } from '../../domain/safety/rejections.js';
import { allowed } from '../../domain/tenancy/permissions.js';
import { query, type QueryContext, type Reader } from '../engine/declaration.js';
import { personas, refinements, shownRefinement } from '../personas/facts.js';
import { approvalArgs, approvalRemarks, remarkKind, type RemarkRow } from './approval-remarks.js';
import { isForReader, standingIn } from './approval-sight.js';
import { argsFor, refinementFor } from './approval-subject.js';
import { approvals, type ApprovalRow } from './approvals.js';

const { args, quorum: _, ...asked } = approvalEvents.ApprovalRequested.shape;
const { by, roles, onBehalfOf, onBehalfOfRoles, decision, actionHash } =
  approvalEvents.ApprovalVoteCast.shape;
const states = ['requested', 'info_requested', 'approved', 'auto_approved', 'rejected', 'expired'] as const;
export const approvalState = z.enum([...states, 'cancelled']);

/** What is shown of an approval, in lists too. */
export const approvalShape = {
  ...asked,
  quorum: z.int().describe('So many different people have to agree'),
  state: approvalState,
  level: z.int().describe('How often it was escalated'),
  levelName: z.string().optional(),
  votes: z.array(
    z.strictObject({
      by,
      roles,
      onBehalfOf,
      onBehalfOfRoles,
      decision,
      actionHash,
      reason: reason.optional(),
      at: instant,
    }),
  ),
  delegations: z.array(z.strictObject({ from: memberId, to: memberId, until: instant.nullable() })),
  remindedAt: z.string().optional(),
  decidedAt: z.string().optional(),
  decidedBy: z
    .array(memberId)
    .describe(
      'Voters, or who gave it up; nobody where the deadline did, or where too few were left to agree',
    ),
  autoApprovedBy: z.string().optional().describe('The rule by which silence was a yes'),
  grant: z.strictObject({
    state: z.enum(['none', 'issued', 'consumed', 'lapsed']),
    grantId: z.string().optional(),
    expiresAt: z.string().optional(),
    consumedBy: z.string().optional(),
    endedAt: z.string().optional(),
  }),
  updatedAt: z.string(),
  version: z.int().describe('Of the stream: what If-Match takes'),
};

/** A row as it is shown. */
export function shownOf({ voted: __, votes, delegations, ...row }: ApprovalRow) {
  return {
    ...row,
    votes: Object.values(votes).sort((a, b) => (a.at + a.by < b.at + b.by ? -1 : 1)),
    delegations: Object.entries(delegations).map(([from, { to, until }]) => ({ from, to, until })),
  };
}

const why = z.enum([
  ...(['named', 'role', 'delegated', 'forbidden'] as const),
  ...(['approval-own', 'approval-not-yours', 'approval-decided', 'approval-overdue'] as const),
]);

/** Whether a reader may vote now: by what, or else why not, as the vote would be refused. */
function votingOf(
  row: ApprovalRow,
  reader: Reader,
  now: string,
): { mayVote: boolean; why: z.output<typeof why> } {
  const not = (because: z.output<typeof why>) => ({ mayVote: false, why: because });
  if (!allowed(reader, 'approvals:vote')) return not('forbidden');
  if (isExcluded(row, { id: reader.memberId })) return not('approval-own');
  const standing = standingIn(row, reader, now);
  if (!standing) return not('approval-not-yours');
  if (row.state !== 'requested' && row.state !== 'info_requested') return not('approval-decided');
  return now >= row.deadline ? not('approval-overdue') : { mayVote: true, why: standing.by };
}

const reject = rejecter(safetyRejections);

/** What was said; a decider lets no more be said than one answer holds. */
async function remarksOf(ctx: QueryContext, approvalId: string) {
  const where = [{ sql: "row->>'approvalId' = ?", values: [approvalId] }];
  const { items } = await ctx.model(approvalRemarks).list<RemarkRow>({ where, limit: 1_000 });
  return items.map(({ row: { remark, by: who, text, at } }) => ({ remark, by: who, text, at }));
}

export const getApproval = query({
  http: 'GET /approvals/:approvalId',
  summary: 'An approval with its votes, what was said about it, and what the reader may do',
  permission: 'approvals:read',
  input: z.strictObject({ approvalId: approvalRef }),
  output: z.strictObject({
    ...approvalShape,
    args: args.describe('Shown to who decides, who asked, admins, owners and auditors'),
    refinement: shownRefinement
      .optional()
      .describe('What a refinement changes; shown to those too who decide and do not see the persona'),
    thread: z.array(z.strictObject({ remark: remarkKind, by: memberId, text: reason, at: instant })),
    mayVote: z.boolean().describe('Whether the reader may vote on it now'),
    why: why.describe('By what the reader may vote, or the code with which a vote would be refused'),
  }),
  asOf: true,
  reads: [approvals, approvalRemarks, approvalArgs, personas, refinements],
  rejects: ['approval-not-found'],
  run: async ({ approvalId: id }, ctx) => {
    const approvalId = id.toLowerCase();
    const then = await ctx.model(approvals).get<ApprovalRow>(approvalId);
    const now =
      ctx.asOf === undefined ? then : await ctx.current().model(approvals).get<ApprovalRow>(approvalId);
    if (!then || !now || !(await isForReader(ctx, now.row))) {
      return reject('approval-not-found', 'there is no such approval');
    }
    const body = {
      ...shownOf(then.row),
      ...(await argsFor(ctx, approvalId, now.row)),
      ...(await refinementFor(ctx, then.row, now.row)),
      thread: await remarksOf(ctx, approvalId),
      ...votingOf(now.row, ctx.reader, ctx.now),
    };
    // What may be done depends on the time and on who asks, and the refinement has a stream of its own.
    return { body, version: then.row.version, changesUnseen: true };
  },
});
