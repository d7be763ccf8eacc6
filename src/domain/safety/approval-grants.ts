/** Commands about what an approval grants: the right, once, to do exactly what was approved. */
import { z } from 'zod';
import { instant, opaqueId } from '../ids.js';
import { personaRef } from '../personas/events.js';
import { clear, personal } from '../sealed.js';
import { isTooLarge } from '../text.js';
import {
  about,
  actionHashOf,
  approval,
  existing,
  isOpen,
  visible,
  type ExistingApproval,
} from './approval.js';
import { sightOf } from './approval-facts.js';
import { later } from './approval-rules.js';
import { approvalFact } from './facts.js';
import { actionName } from './policy-document.js';

/** The id of an approval as clients name it. */
export const approvalRef = clear(z.uuid());

/**
 * What an action is done with. What is kept is what `facts` seals: for the subject or, where nobody is named, for the
 * approval, so that what is used later can be compared with what was approved.
 */
export const actionArgs = personal(
  'subjectId',
  z
    .record(z.string(), z.unknown())
    .refine((args) => !isTooLarge(JSON.stringify(args)), { error: 'is larger than 64 KiB' }),
);

/** The grant that an approval comes with. */
export const issued = (
  ctx: { now: string; id(name: string): string },
  { grantSeconds }: Pick<ExistingApproval, 'grantSeconds'>,
) => ({ grantId: ctx.id('grant'), expiresAt: later(ctx.now, grantSeconds) });

export const grantCommands = {
  consumeGrant: approval.command({
    http: 'POST /approvals/:approvalId/consume',
    summary: 'Use the grant of an approval, once, for exactly what was approved',
    permission: 'approvals:consume',
    input: z.strictObject({
      approvalId: approvalRef,
      action: actionName.optional(),
      args: actionArgs.optional().describe('As they were when the approval was asked for'),
      personaId: personaRef.optional().describe('Absent: the persona that the approval is about'),
      ref: opaqueId.optional().describe('Absent: what the approval is about'),
    }),
    rejects: [
      'approval-not-found',
      'persona-not-found',
      'grant-not-issued',
      'grant-consumed',
      'grant-lapsed',
      'action-differs',
    ],
    facts: async ({ approvalId, args }, read) => {
      const sight = await sightOf(approvalId, read);
      const state = await approvalFact(approvalId, read);
      // Only where there is something to compare with, whose key is there already: what is refused makes no key.
      if (args === undefined || state.status === 'none' || !state.args || !state.grant) return sight;
      return { ...sight, args: await read.seal('args', state.subjectId, args) };
    },
    decide: (before, input, ctx) => {
      const state = visible(before, ctx.actor, ctx.facts);
      const { grant } = state;
      if (!grant) return ctx.reject('grant-not-issued', `it is ${state.status}`);
      if (grant.state === 'consumed') return ctx.reject('grant-consumed');
      if (grant.state === 'lapsed' || ctx.now >= grant.expiresAt) {
        return ctx.reject('grant-lapsed', `it lapsed at ${grant.expiresAt}`);
      }
      // What was not approved with arguments is not done with any.
      const args = input.args && 'args' in ctx.facts ? ctx.facts.args : undefined;
      const { kind, actionHash } = state;
      const { action, personaId = state.personaId, ref = state.ref } = input;
      const isOther =
        (input.args === undefined) !== (args === undefined) ||
        actionHashOf({ kind, personaId, action, args, ref }) !== actionHash;
      if (isOther) return ctx.reject('action-differs');
      const data = { grantId: grant.grantId, actionHash, by: ctx.actor.id };
      return [approval.event('ApprovalGrantConsumed', { ...about(ctx.streamId, state), ...data })];
    },
    reply: (_, [consumed]) =>
      consumed?.type === 'ApprovalGrantConsumed' ? { grantId: consumed.data.grantId } : undefined,
  }),

  lapseGrant: approval.command({
    http: 'internal',
    summary: 'Record that a grant was not used in time',
    permission: 'approvals:consume',
    input: z.strictObject({ approvalId: approvalRef, expectedDeadline: instant }),
    rejects: ['approval-not-found'],
    decide: (before, { expectedDeadline }, ctx) => {
      const state = existing(before);
      const { grant, actionHash } = state;
      if (isOpen(state) || grant?.state !== 'issued') return [];
      if (grant.expiresAt !== expectedDeadline || ctx.now < grant.expiresAt) return [];
      const data = { grantId: grant.grantId, actionHash };
      return [approval.event('ApprovalGrantLapsed', { ...about(ctx.streamId, state), ...data })];
    },
  }),
};
