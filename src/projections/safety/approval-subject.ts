/** What is decided on, as it is shown to those who decide on it and to those who answer for it. */
import type { z } from 'zod';
import { isRequester, oversees } from '../../domain/safety/approval-rules.js';
import { allowed } from '../../domain/tenancy/permissions.js';
import type { QueryContext, Reader } from '../engine/declaration.js';
import { refinementShown, seesPersona, type shownRefinement } from '../personas/facts.js';
import { approvalArgs, type ApprovalArgs } from './approval-remarks.js';
import { standingIn } from './approval-sight.js';
import type { ApprovalRow } from './approvals.js';

const answersFor = (row: ApprovalRow, reader: Reader): boolean =>
  oversees(reader) || isRequester(row, { id: reader.memberId });

/** The arguments, for who decides, who asked, and who oversees. */
export async function argsFor(
  ctx: QueryContext,
  approvalId: string,
  now: ApprovalRow,
): Promise<Partial<ApprovalArgs>> {
  const mayRead = answersFor(now, ctx.reader) || standingIn(now, ctx.reader, null) !== null;
  return mayRead ? ((await ctx.model(approvalArgs).get<ApprovalArgs>(approvalId))?.row ?? {}) : {};
}

async function maySeeRefinement(ctx: QueryContext, now: ApprovalRow): Promise<boolean> {
  const { reader } = ctx;
  if (answersFor(now, reader)) return true;
  if (allowed(reader, 'approvals:vote') && standingIn(now, reader, null) !== null) return true;
  return now.personaId !== undefined && (await seesPersona(ctx, now.personaId));
}

/**
 * The refinement, for who may vote on it, who asked, who oversees, and who sees the persona: nobody decides on a
 * difference that is hidden from the one who decides. Once it is decided, it stays the one that was decided on.
 * @param then the approval as of the context's moment
 * @param now the approval as it is now, by which it is judged who may see
 */
export async function refinementFor(
  ctx: QueryContext,
  then: ApprovalRow,
  now: ApprovalRow,
): Promise<{ refinement?: z.output<typeof shownRefinement> }> {
  const { kind, ref, decidedAt } = then;
  if (kind !== 'refinement' || ref === undefined || !(await maySeeRefinement(ctx, now))) return {};
  const at = decidedAt === undefined ? undefined : await ctx.at(decidedAt);
  const moment = at === undefined ? ctx : ctx.asOfPosition(Math.min(at, ctx.asOf ?? at));
  const refinement = await refinementShown(moment, ref);
  return refinement ? { refinement } : {};
}
