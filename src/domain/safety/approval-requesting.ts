/** Commands by which an approval begins, by hand or because something calls for it, and by which it is given up. */
import { z } from 'zod';
import { digest, memberId, opaqueId } from '../ids.js';
import { settingsFact } from '../configuration/facts.js';
import { personaFact } from '../personas/facts.js';
import { personaRef } from '../personas/events.js';
import { clear, type Personal } from '../sealed.js';
import { about, actionHashOf, approval, existing, isOpen, undecided, visible } from './approval.js';
import { sightOf, strangersAmong, type Stranger } from './approval-facts.js';
import { actionArgs, approvalRef } from './approval-grants.js';
import { halfWay, isRequester, later, managesApprovals } from './approval-rules.js';
import { answerable, decided, enough, inOneForm } from './approval-voting.js';
import { approvalKind, reason, type ApprovalKind } from './events.js';
import { approvalFact } from './facts.js';
import { knownPersona } from './known-persona.js';
import { actionName, approvalTerms, type Approvers } from './policy-document.js';
import { requiredApproval, type RequiredApproval } from './verdict.js';

const daySeconds = 86_400;
const weekSeconds = 7 * daySeconds;
/** Somebody waits for these while they are decided. */
const isPressing = (kind: ApprovalKind): boolean => kind === 'action' || kind === 'switch';

const { quorum, approvers, notifyChannels } = approvalTerms.shape;
const byHand = z
  .strictObject({
    kind: approvalKind,
    personaId: personaRef.optional(),
    ref: opaqueId.optional().describe('The id of what is decided on'),
    action: actionName.optional(),
    args: actionArgs.optional(),
    subjectId: opaqueId.optional().describe('Whom the arguments are about'),
    reason,
    quorum,
    approvers,
    deadlineSeconds: z
      .int()
      .min(1)
      .max(30 * daySeconds)
      .optional()
      .describe('Default 600 for actions and switches, else 7 days'),
    requireReason: z.boolean().default(false).describe('Whoever votes has to say why'),
    notifyChannels,
  })
  .refine(({ kind, action }) => kind !== 'action' || action !== undefined, {
    path: ['action'],
    error: 'is needed: which action is it?',
  })
  .refine(({ kind, action, ref }) => kind === 'action' || action !== undefined || ref !== undefined, {
    path: ['ref'],
    error: 'is needed, or an action: what is to be decided on?',
  });

/** What was looked up for an approval that is asked for by hand. */
interface Found {
  personaExists: boolean;
  strangers: readonly Stranger[];
  fourEyes: boolean;
}

/** The people without whom it is decided. */
const handsIn = (fourEyes: boolean, ...people: (string | undefined)[]): string[] =>
  fourEyes ? [...new Set(people.filter((id) => id !== undefined))] : [];

type ByHand = z.output<typeof byHand>;
/** Refuses what cannot be asked for. */
function refuseImpossible(input: ByHand, found: Found, actor: { id: string; onBehalfOf?: string }): void {
  if (input.kind === 'refinement') approval.reject('approval-kind-reserved');
  knownPersona(found.personaExists ? {} : null);
  enough({ ...input, excluded: handsIn(found.fourEyes, actor.id, actor.onBehalfOf) }, found.strangers);
}

/** What `ApprovalRequested` says on top of what is decided on. */
const termsFrom = (
  now: string,
  kind: ApprovalKind,
  terms: Omit<RequiredApproval, 'autoApproveAfterTimeout'>,
) => {
  const deadline = later(now, terms.timeoutSeconds);
  return {
    reasonRequired: terms.requireReason,
    approvers: inOneForm(terms.approvers),
    quorum: { n: terms.quorum },
    requestedAt: now,
    deadline,
    remindAt: halfWay(now, deadline),
    escalation: terms.escalation,
    grantSeconds: kind === 'action' ? 3_600 : weekSeconds,
    channels: terms.notifyChannels,
    rules: terms.rules,
  };
};

/** What is decided on, as far as inputs tell it. */
interface Subject {
  ref?: string | undefined;
  personaId?: string | undefined;
  action?: string | undefined;
  subjectId?: string | undefined;
  riskScore?: number | undefined;
}
/** What is decided on, without the members that it does not have. */
const subjectOf = ({ ref, personaId, action, subjectId, riskScore }: Subject) => ({
  ...(ref !== undefined && { ref }),
  ...(personaId !== undefined && { personaId }),
  ...(action !== undefined && { action }),
  ...(subjectId !== undefined && { subjectId }),
  ...(riskScore !== undefined && { riskScore }),
});

const terms = z.strictObject({ ...requiredApproval.shape, rules: requiredApproval.shape.rules.default([]) });

export const requestingCommands = {
  requestApproval: approval.command({
    http: 'POST /approvals',
    summary: 'Ask others to decide on something before it is done',
    permission: 'approvals:request',
    input: byHand,
    rejects: [
      'approval-kind-reserved',
      'persona-not-found',
      'approver-unknown',
      'approvers-too-few',
      'approval-exists',
    ],
    facts: async (input, read) => {
      const found = {
        personaExists: input.personaId === undefined || (await personaFact(input.personaId, read)) !== null,
        strangers: await strangersAmong(input.approvers.members, read),
        fourEyes: (await settingsFact(read)).fourEyes,
      };
      if (input.args === undefined) return found;
      // What is refused makes no key.
      refuseImpossible(input, found, read.caller);
      return { ...found, args: await read.seal('args', input.subjectId, input.args) };
    },
    decide: (state, input, ctx) => {
      refuseImpossible(input, ctx.facts, ctx.actor);
      if (state.status !== 'none') return ctx.reject('approval-exists');
      const { kind } = input;
      const { args }: { args?: Personal } = 'args' in ctx.facts ? ctx.facts : {};
      const timeoutSeconds = input.deadlineSeconds ?? (isPressing(kind) ? 600 : weekSeconds);
      return [
        approval.event('ApprovalRequested', {
          approvalId: ctx.streamId,
          kind,
          ...subjectOf(input),
          ...(args && { args }),
          actionHash: actionHashOf({ ...input, args }),
          requesterId: ctx.actor.id,
          excluded: handsIn(ctx.facts.fourEyes, ctx.actor.id, ctx.actor.onBehalfOf),
          reason: input.reason,
          ...termsFrom(ctx.now, kind, { ...input, timeoutSeconds, escalation: [], rules: [] }),
          onTimeout: 'deny',
        }),
      ];
    },
    reply: (_, [requested]) =>
      requested?.type === 'ApprovalRequested'
        ? {
            approvalId: requested.data.approvalId,
            actionHash: requested.data.actionHash,
            deadline: requested.data.deadline,
          }
        : undefined,
  }),

  openApproval: approval.command({
    http: 'internal',
    summary: 'Ask for the approval that a check or a refinement calls for',
    permission: 'approvals:request',
    input: z.strictObject({
      approvalId: approvalRef,
      kind: approvalKind,
      personaId: clear(z.uuid()).optional(),
      ref: opaqueId,
      action: actionName.optional(),
      args: actionArgs.optional(),
      subjectId: opaqueId.optional(),
      actionHash: digest.optional(),
      riskScore: z.number().min(0).max(1).optional(),
      requesterId: memberId,
      excluded: z.array(memberId),
      terms,
      canAutoApprove: z.boolean(),
    }),
    rejects: [],
    facts: async ({ approvalId, args, subjectId, terms: { approvers: named, escalation } }, read) => {
      const everybody = [named, ...escalation.map(({ to }) => to)].flatMap(({ members }) => members);
      const found = {
        fourEyes: (await settingsFact(read)).fourEyes,
        strangers: await strangersAmong([...new Set(everybody)], read),
      };
      const isThere = (await approvalFact(approvalId, read)).status !== 'none';
      if (args === undefined || isThere) return found;
      return { ...found, args: await read.seal('args', subjectId, args) };
    },
    decide: (state, input, ctx) => {
      if (state.status !== 'none') return [];
      const { kind, requesterId, canAutoApprove } = input;
      const { autoApproveAfterTimeout, ...asked } = input.terms;
      const { fourEyes, strangers } = ctx.facts;
      const excluded = handsIn(fourEyes, requesterId, ...input.excluded);
      const { quorum } = asked;
      const able = (named: Approvers): Approvers =>
        answerable({ approvers: named, excluded, quorum }, strangers);
      const escalation = asked.escalation.map((level) => ({ ...level, to: able(level.to) }));
      const { args }: { args?: Personal } = 'args' in ctx.facts ? ctx.facts : {};
      // Asking the next in line is stricter than taking silence for a yes.
      const silence = autoApproveAfterTimeout && canAutoApprove ? 'auto_approve' : 'deny';
      return [
        approval.event('ApprovalRequested', {
          approvalId: ctx.streamId,
          kind,
          ...subjectOf(input),
          ...(args && { args }),
          actionHash: input.actionHash ?? actionHashOf({ ...input, args }),
          requesterId,
          excluded,
          ...termsFrom(ctx.now, kind, { ...asked, approvers: able(asked.approvers), escalation }),
          onTimeout: escalation.length > 0 ? 'escalate' : silence,
        }),
      ];
    },
  }),

  changeApprovalSubject: approval.command({
    http: 'internal',
    summary: 'Void the votes of an approval, because what is decided on has changed',
    permission: 'approvals:request',
    input: z.strictObject({ approvalId: approvalRef, actionHash: digest, excluded: z.array(memberId) }),
    rejects: ['approval-not-found'],
    decide: (before, { actionHash, excluded: hands }, ctx) => {
      const state = existing(before);
      if (!isOpen(state)) return [];
      // With four eyes somebody is left out, who asked at least: it stays as it was when the approval was asked for.
      const excluded = handsIn(state.excluded.length > 0, state.requesterId, ...hands);
      if (state.actionHash === actionHash && excluded.join() === state.excluded.join()) return [];
      const after = { ...state, actionHash, excluded, votes: {} };
      const data = { ...about(ctx.streamId, state), actionHash, excluded };
      return [approval.event('ApprovalSubjectChanged', data), ...decided(ctx.streamId, after, ctx)];
    },
  }),

  closeApproval: approval.command({
    http: 'internal',
    summary: 'Give up an approval, because what was to be decided on was given up',
    permission: 'approvals:request',
    input: z.strictObject({ approvalId: approvalRef, by: memberId.optional() }),
    rejects: ['approval-not-found'],
    decide: (before, { by }, ctx) => {
      const state = existing(before);
      if (!isOpen(state)) return [];
      const { actionHash, requesterId } = state;
      const data = { ...about(ctx.streamId, state), actionHash, by: by ?? requesterId };
      return [approval.event('ApprovalCancelled', data)];
    },
  }),

  cancelApproval: approval.command({
    http: 'POST /approvals/:approvalId/cancel',
    summary: 'Give up an approval: by who asked for it, an admin or an owner',
    permission: 'approvals:request',
    input: z.strictObject({ approvalId: approvalRef, reason: reason.optional() }),
    rejects: ['approval-not-found', 'approval-requester-only', 'approval-decided'],
    facts: ({ approvalId }, read) => sightOf(approvalId, read),
    decide: (before, { reason: given }, ctx) => {
      const state = visible(before, ctx.actor, ctx.facts);
      if (!isRequester(state, ctx.actor) && !managesApprovals(ctx.actor)) {
        return ctx.reject('approval-requester-only');
      }
      if (state.status === 'cancelled') return [];
      const { actionHash } = undecided(state);
      const data = { actionHash, by: ctx.actor.id, ...(given && { reason: given }) };
      return [approval.event('ApprovalCancelled', { ...about(ctx.streamId, state), ...data })];
    },
  }),
};
