/** An approval: its state, how that follows from its events, its timers, and the guards that its commands share. */
import type { z } from 'zod';
import { contentHash } from '../content-hash.js';
import { deciderFor, type Caller } from '../kernel.js';
import {
  isExcluded,
  isRequester,
  oversees,
  standingOf,
  votesStillValid,
  votesUnlessBy,
  withVote,
  type Electorate,
} from './approval-rules.js';
import { approvalEvents } from './events.js';
import { safetyRejections } from './rejections.js';

type Requested = z.output<typeof approvalEvents.ApprovalRequested>;
type Kept =
  | ('kind' | 'ref' | 'personaId' | 'action' | 'args' | 'subjectId' | 'actionHash' | 'requesterId' | 'rules')
  | ('reasonRequired' | 'deadline' | 'remindAt' | 'onTimeout' | 'escalation' | 'grantSeconds');

/** The right, once, to do exactly what was approved. */
export interface Grant {
  grantId: string;
  expiresAt: string;
  state: 'issued' | 'consumed' | 'lapsed';
}
export type ApprovalStatus =
  ('requested' | 'info_requested') | ('approved' | 'auto_approved' | 'rejected' | 'expired' | 'cancelled');
export interface ExistingApproval extends Pick<Requested, Kept>, Electorate {
  status: ApprovalStatus;
  /** So many different people have to agree. */
  quorum: number;
  /** How often it was escalated. */
  level: number;
  grant: Grant | null;
  /** How many questions, answers and comments there are. */
  said: number;
}
export type Approval = { status: 'none' } | ExistingApproval;

/** Evolve meets an existing approval by construction: the stream begins with `ApprovalRequested`. */
const known = (state: Approval): ExistingApproval => state as ExistingApproval;
const change = (state: Approval, members: Partial<ExistingApproval>): Approval => ({
  ...known(state),
  ...members,
});
const said = (state: Approval, members: Partial<ExistingApproval> = {}): Approval =>
  change(state, { ...members, said: known(state).said + 1 });
/** Others are asked: votes of those who are not among them any more drop out. */
const asking = (state: Approval, members: Partial<ExistingApproval>): Approval => {
  const after = { ...known(state), ...members };
  return { ...after, votes: votesStillValid(after) };
};
type GrantedEvent = Pick<z.output<typeof approvalEvents.ApprovalGranted>, 'kind' | 'grantId' | 'expiresAt'>;
/** A refinement is applied by what was approved, and nobody takes a grant for it anywhere. */
const isUsable = ({ kind }: Pick<GrantedEvent, 'kind'>): boolean => kind !== 'refinement';
const granted =
  (status: ApprovalStatus) =>
  (state: Approval, event: GrantedEvent): Approval => {
    const { grantId, expiresAt } = event;
    return change(state, { status, grant: isUsable(event) ? { grantId, expiresAt, state: 'issued' } : null });
  };
const ended = (status: ApprovalStatus) => (state: Approval) => change(state, { status });
const grantIs = (state: Grant['state']) => (approval: Approval) =>
  change(approval, { grant: { ...known(approval).grant!, state } });

const waits = (e: { deadline: string; remindAt: string | null }) => ({
  deadline: e.deadline,
  reminder: e.remindAt,
});
const waitsNoMore = { deadline: null, reminder: null };
const grants = (event: GrantedEvent) => ({
  ...waitsNoMore,
  ...(isUsable(event) && { grant: event.expiresAt }),
});

export const approval = deciderFor<Approval>()({
  name: 'approval',
  id: 'approvalId',
  events: approvalEvents,
  rejections: safetyRejections,
  initialState: () => ({ status: 'none' }),
  evolve: {
    ApprovalRequested: (_, { quorum, ...e }) => ({
      status: 'requested',
      kind: e.kind,
      ref: e.ref,
      personaId: e.personaId,
      action: e.action,
      args: e.args,
      subjectId: e.subjectId,
      actionHash: e.actionHash,
      requesterId: e.requesterId,
      excluded: e.excluded,
      reasonRequired: e.reasonRequired,
      approvers: e.approvers,
      quorum: quorum.n,
      deadline: e.deadline,
      remindAt: e.remindAt,
      onTimeout: e.onTimeout,
      escalation: e.escalation,
      grantSeconds: e.grantSeconds,
      rules: e.rules,
      level: 0,
      votes: {},
      delegations: {},
      grant: null,
      said: 0,
    }),
    ApprovalVoteCast: (state, { by, roles, onBehalfOf, onBehalfOfRoles, decision, reason }) => {
      const behalf = onBehalfOf !== undefined && { onBehalfOf, onBehalfOfRoles: onBehalfOfRoles ?? [] };
      const vote = { by, roles, decision, ...behalf, ...(reason && { reason }) };
      return change(state, { votes: withVote(known(state).votes, vote) });
    },
    ApprovalInfoRequested: (state) => said(state, { status: 'info_requested' }),
    ApprovalInfoProvided: (state) => said(state, { status: 'requested' }),
    ApprovalCommented: (state) => said(state),
    ApprovalReassigned: (state, { approvers }) => asking(state, { approvers }),
    ApprovalDelegated: (state, { from, to, until }, { actor }) => {
      const { [from]: _, ...others } = known(state).delegations;
      return change(state, {
        delegations: to === from ? others : { ...others, [from]: { to, until, roles: actor.roles } },
        votes: votesUnlessBy(known(state).votes, from, to),
      });
    },
    ApprovalReminderSent: (state) => change(state, { remindAt: null }),
    ApprovalEscalated: (state, { level, to, deadline, remindAt }) =>
      asking(state, { level, approvers: to, deadline, remindAt }),
    ApprovalSubjectChanged: (state, { actionHash, excluded }) =>
      change(state, { actionHash, excluded, votes: {} }),
    ApprovalGranted: granted('approved'),
    ApprovalAutoApproved: granted('auto_approved'),
    ApprovalRejected: ended('rejected'),
    ApprovalExpired: ended('expired'),
    ApprovalCancelled: ended('cancelled'),
    ApprovalGrantConsumed: grantIs('consumed'),
    ApprovalGrantLapsed: grantIs('lapsed'),
  },
  timers: {
    ApprovalRequested: waits,
    ApprovalEscalated: waits,
    ApprovalReminderSent: () => ({ reminder: null }),
    ApprovalGranted: grants,
    ApprovalAutoApproved: grants,
    ApprovalRejected: () => waitsNoMore,
    ApprovalExpired: () => waitsNoMore,
    ApprovalCancelled: () => waitsNoMore,
    ApprovalGrantConsumed: () => ({ grant: null }),
    ApprovalGrantLapsed: () => ({ grant: null }),
  },
  timerCommands: { deadline: 'expireApproval', reminder: 'remindApprovers', grant: 'lapseGrant' },
});

/** What the events of an approval say of it. */
export const about = (approvalId: string, { kind, ref, personaId }: ExistingApproval) => ({
  approvalId,
  kind,
  ...(ref !== undefined && { ref }),
  ...(personaId !== undefined && { personaId }),
});

/**
 * What a grant is bound to: equal for an equal subject, sealed arguments compared by what they hold. Of what people
 * approve that has a hash of its own, such as a refinement's difference, it is that one.
 */
export const actionHashOf = ({
  kind,
  personaId,
  action,
  args,
  ref,
}: Pick<Requested, 'kind' | 'personaId' | 'action' | 'args' | 'ref'>): string =>
  contentHash({ kind, personaId, action, args, ref });

/** Whether an approval waits for a decision. */
export const isOpen = ({ status }: Approval): boolean =>
  status === 'requested' || status === 'info_requested';

/**
 * Whether somebody is concerned by an approval itself, whether or not it sees the persona that it is about: who asked
 * or had a hand in it, who decides, who oversees all of them.
 */
export const concerns = (state: ExistingApproval, caller: Caller): boolean =>
  oversees(caller) ||
  isRequester(state, caller) ||
  isExcluded(state, caller) ||
  standingOf(state, caller, null) !== null;

/** The approval, if the caller may know of it; one that is hidden answers as one that is not there. */
export function visible(
  state: Approval,
  caller: Caller,
  { seesPersona }: { seesPersona: boolean },
): ExistingApproval {
  if (state.status !== 'none' && (seesPersona || concerns(state, caller))) return state;
  return approval.reject('approval-not-found', 'there is no such approval');
}

/** The approval, as internal commands meet it. */
export const existing = (state: Approval): ExistingApproval =>
  state.status === 'none' ? approval.reject('approval-not-found', 'there is no such approval') : state;

/** The approval, as long as it waits for a decision. */
export const undecided = (state: ExistingApproval): ExistingApproval =>
  isOpen(state) ? state : approval.reject('approval-decided', `it is ${state.status}`);
