/** Commands by which people decide on an approval, and say who decides in their place. */
import { z } from 'zod';
import { same } from '../content-hash.js';
import { digest, instant, memberId } from '../ids.js';
import type { Caller } from '../kernel.js';
import { ownMember } from '../own-member.js';
import { rolesWith } from '../tenancy/facts.js';
import { about, approval, undecided, visible, type ExistingApproval } from './approval.js';
import {
  strangersAmong,
  subjectHashOf,
  votingFacts,
  type Stranger,
  type VotingFacts,
} from './approval-facts.js';
import { approvalRef, issued } from './approval-grants.js';
import {
  isExcluded,
  managers,
  managesApprovals,
  mostThatCanAgree,
  outcomeOf,
  seatOf,
  standingOf,
  votersFor,
  votesStillValid,
  withVote,
  type Standing,
  type Vote,
} from './approval-rules.js';
import { reason, vote } from './events.js';
import { approvers, type Approvers } from './policy-document.js';

/** Who asks and when, with what was looked up. */
interface Asking {
  now: string;
  actor: Caller;
  facts: Pick<VotingFacts, 'delegators'>;
}

const standing = (state: ExistingApproval, { actor, now, facts }: Asking): Standing | null =>
  standingOf(state, actor, now, (from) => ownMember(facts.delegators, from) ?? null);

/** By what the caller may vote; refuses whoever asked for it, whichever key is shown, and everybody who is not asked. */
export function eligible(state: ExistingApproval, asking: Asking): Standing {
  if (isExcluded(state, asking.actor)) return approval.reject('approval-own');
  return standing(state, asking) ?? approval.reject('approval-not-yours');
}

/** Who is named, who is left out, and how many have to agree. */
interface Asked {
  approvers: Approvers;
  excluded: readonly string[];
  quorum: number;
}

const strangerNamed = (strangers: readonly Stranger[], id: string): Stranger | undefined =>
  strangers.find((one) => one.id === id);

/** How many can agree at most: strangers never do, nor does anybody by a role that does not vote. */
function mostOf({ approvers: { roles, members }, excluded }: Asked, strangers: readonly Stranger[]): number {
  const voting = rolesWith('approvals:vote');
  return mostThatCanAgree({
    approvers: {
      roles: roles.filter((role) => voting.includes(role)),
      members: members.filter((id) => !strangerNamed(strangers, id)),
    },
    excluded,
  });
}

/** Refuses approvers who are nobody, unknown, may not vote, or are too few for the quorum. */
export function enough(asked: Asked, strangers: readonly Stranger[]): void {
  const errors = asked.approvers.members.flatMap((id, index) => {
    const stranger = strangerNamed(strangers, id);
    return stranger ? [{ pointer: `/approvers/members/${index}`, detail: stranger.detail }] : [];
  });
  if (errors.length > 0) approval.reject('approver-unknown', errors[0]!.detail, { errors });
  const most = mostOf(asked, strangers);
  if (most >= asked.quorum) return;
  const detail = `${asked.quorum} have to agree, and of those who are named ${most} can`;
  approval.reject('approvers-too-few', detail, { errors: [{ pointer: '/approvers', detail }] });
}

/** Approvers in the one form in which they are kept: each once. */
export const inOneForm = ({ roles, members }: Approvers): Approvers => ({
  roles: [...new Set(roles)],
  members: [...new Set(members)],
});

/**
 * Who is asked where nobody is there to be refused: those who are named and, where so many of them can never agree,
 * admins and owners too. These may take over any approval as it is, so that nobody gets a say that was not there.
 */
export function answerable(asked: Asked, strangers: readonly Stranger[]): Approvers {
  const { roles, members } = asked.approvers;
  const isEnough = mostOf(asked, strangers) >= asked.quorum;
  return inOneForm({ roles: isEnough ? roles : [...roles, ...managers], members });
}

/** The vote that somebody casts. */
function voteOf(
  { id, roles }: Caller,
  by: Standing,
  said: { decision: Vote['decision']; reason?: Vote['reason'] },
): Vote {
  const behalf = by.by === 'delegated' && { onBehalfOf: by.from, onBehalfOfRoles: by.roles };
  return { by: id, roles, ...behalf, decision: said.decision, ...(said.reason && { reason: said.reason }) };
}

/** What ends the approval as it is now — with this vote, with those who are asked now —, or nothing. */
export function decided(
  approvalId: string,
  state: ExistingApproval,
  ctx: { now: string; id(name: string): string },
) {
  const data = { ...about(approvalId, state), actionHash: state.actionHash };
  switch (outcomeOf(state, state.quorum)) {
    case 'approved':
      return [
        approval.event('ApprovalGranted', {
          ...data,
          ...issued(ctx, state),
          by: votersFor(state.votes, 'approve'),
        }),
      ];
    case 'rejected':
      return [approval.event('ApprovalRejected', { ...data, by: votersFor(state.votes, 'reject') })];
    case null:
      return [];
  }
}

export const votingCommands = {
  voteOnApproval: approval.command({
    http: 'POST /approvals/:approvalId/votes',
    summary: 'Approve or reject; the vote can be changed until the approval is decided',
    permission: 'approvals:vote',
    input: z.strictObject({
      approvalId: approvalRef,
      decision: vote,
      reason: reason.optional(),
      actionHash: digest.optional().describe('Of what the voter saw: refused where it is not that any more'),
    }),
    rejects: [
      'approval-not-found',
      'approval-own',
      'approval-not-yours',
      'approval-decided',
      'approval-overdue',
      'approval-subject-changed',
      'approval-reason-required',
    ],
    facts: async ({ approvalId }, read) => ({
      ...(await votingFacts(approvalId, read)),
      subjectHash: await subjectHashOf(approvalId, read),
    }),
    decide: (before, input, ctx) => {
      const state = visible(before, ctx.actor, ctx.facts);
      const by = eligible(state, ctx);
      undecided(state);
      if (ctx.now >= state.deadline) return ctx.reject('approval-overdue', `it was ${state.deadline}`);
      const { subjectHash = state.actionHash } = ctx.facts;
      const seen = input.actionHash ?? state.actionHash;
      if (subjectHash !== state.actionHash || seen !== state.actionHash) {
        return ctx.reject('approval-subject-changed', undefined, { actionHash: subjectHash });
      }
      if (state.reasonRequired && !input.reason) {
        const errors = [{ pointer: '/reason', detail: 'is required here' }];
        return ctx.reject('approval-reason-required', undefined, { errors });
      }
      const cast = voteOf(ctx.actor, by, input);
      const earlier = ownMember(state.votes, seatOf(cast));
      const isSame =
        earlier?.by === cast.by && earlier.decision === cast.decision && same(earlier.reason, cast.reason);
      if (isSame) return [];
      const after = { ...state, votes: withVote(state.votes, cast) };
      const { actionHash } = state;
      return [
        approval.event('ApprovalVoteCast', { ...about(ctx.streamId, state), ...cast, actionHash }),
        ...decided(ctx.streamId, after, ctx),
      ];
    },
    reply: (state) =>
      state.status === 'none'
        ? undefined
        : {
            state: state.status,
            approvals: votersFor(state.votes, 'approve').length,
            rejections: votersFor(state.votes, 'reject').length,
            quorum: state.quorum,
          },
  }),

  delegateApproval: approval.command({
    http: 'POST /approvals/:approvalId/delegations',
    summary: 'Let another member vote in one’s place; to oneself: take that back',
    permission: 'approvals:vote',
    input: z.strictObject({
      approvalId: approvalRef,
      to: memberId,
      until: instant.optional().describe('Absent: as long as the approval waits'),
    }),
    rejects: [
      'approval-not-found',
      'approval-own',
      'approval-not-yours',
      'approval-decided',
      'approver-unknown',
      'delegation-not-possible',
    ],
    facts: async ({ approvalId, to }, read) => ({
      ...(await votingFacts(approvalId, read)),
      strangers: await strangersAmong([to], read),
    }),
    decide: (before, { to, until = null }, ctx) => {
      const state = visible(before, ctx.actor, ctx.facts);
      const { id: from } = ctx.actor;
      if (eligible(state, ctx).by === 'delegated') {
        return ctx.reject('approval-not-yours', 'a delegate does not delegate');
      }
      undecided(state);
      const earlier = ownMember(state.delegations, from);
      const data = { ...about(ctx.streamId, state), from, to, until: to === from ? null : until };
      if (to === from) return earlier ? [approval.event('ApprovalDelegated', data)] : [];
      const refused = (code: 'approver-unknown' | 'delegation-not-possible', at: string, detail: string) =>
        ctx.reject(code, detail, { errors: [{ pointer: at, detail }] });
      const [stranger] = ctx.facts.strangers;
      if (stranger) return refused('approver-unknown', '/to', stranger.detail);
      if (isExcluded(state, { id: to })) {
        return refused('delegation-not-possible', '/to', `${to} had a hand in it, and does not vote on it`);
      }
      if (until !== null && until <= ctx.now) {
        return refused('delegation-not-possible', '/until', 'lies in the past');
      }
      if (earlier?.to === to && earlier.until === until) return [];
      return [approval.event('ApprovalDelegated', data)];
    },
  }),

  reassignApproval: approval.command({
    http: 'PUT /approvals/:approvalId/approvers',
    summary: 'Say who decides instead; votes of people who are not among them any more drop out',
    permission: 'approvals:vote',
    input: z.strictObject({ approvalId: approvalRef, approvers, reason: reason.optional() }),
    rejects: [
      'approval-not-found',
      'approval-own',
      'approval-not-yours',
      'approval-decided',
      'approver-unknown',
      'approvers-too-few',
    ],
    facts: async ({ approvalId, approvers: { members } }, read) => ({
      ...(await votingFacts(approvalId, read)),
      strangers: await strangersAmong(members, read),
    }),
    decide: (before, { approvers: asked, reason: given }, ctx) => {
      const state = visible(before, ctx.actor, ctx.facts);
      if (!managesApprovals(ctx.actor)) eligible(state, ctx);
      undecided(state);
      enough({ ...state, approvers: asked }, ctx.facts.strangers);
      const named = inOneForm(asked);
      if (same(named, state.approvers)) return [];
      const data = { by: ctx.actor.id, approvers: named, ...(given && { reason: given }) };
      const after = { ...state, approvers: named };
      return [
        approval.event('ApprovalReassigned', { ...about(ctx.streamId, state), ...data }),
        ...decided(ctx.streamId, { ...after, votes: votesStillValid(after) }, ctx),
      ];
    },
  }),
};
