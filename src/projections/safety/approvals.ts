import type { z } from 'zod';
import type { EventMeta } from '../../domain/kernel.js';
import type { ApprovalStatus, Grant } from '../../domain/safety/approval.js';
import {
  votesStillValid,
  votesUnlessBy,
  withVote,
  type Delegation,
  type Vote,
} from '../../domain/safety/approval-rules.js';
import { approvalEvents } from '../../domain/safety/events.js';
import { rowProjection } from '../engine/declaration.js';

type Requested = z.output<typeof approvalEvents.ApprovalRequested>;
type VoteRow = Vote & { actionHash: string; at: string };

/** An approval without its arguments and what was said about it: both can be large, and rows are kept for ever. */
export type ApprovalRow = Omit<Requested, 'args' | 'quorum'> & {
  quorum: number;
  state: Exclude<ApprovalStatus, 'none'>;
  /** How often it was escalated, and to which level. */
  level: number;
  levelName?: string;
  /** By seat: the place of one eligible person. */
  votes: Record<string, VoteRow>;
  /** The people who have voted. */
  voted: string[];
  /** By who delegates. */
  delegations: Record<string, Delegation>;
  remindedAt?: string;
  decidedAt?: string;
  /** Who decided: voters, or who gave it up; nobody where a timer did. */
  decidedBy: string[];
  /** The rule by which silence was a yes. */
  autoApprovedBy?: string;
  grant: { state: 'none' } | (Grant & { consumedBy?: string; endedAt?: string });
  updatedAt: string;
  /** Of the stream. */
  version: number;
};

type Row = Readonly<ApprovalRow> | null;
type At = { meta: EventMeta };

/** The row with a change, stamped with the event's version and time. */
const changed = (row: Row, { meta }: At, change: (row: Readonly<ApprovalRow>) => Partial<ApprovalRow>): Row =>
  row && { ...row, ...change(row), version: meta.version, updatedAt: meta.recordedAt };
const voting = (votes: ApprovalRow['votes']) => ({
  votes,
  voted: Object.values(votes)
    .map(({ by }) => by)
    .sort(),
});
/** Others are asked: votes of those who are not among them any more drop out. */
const asking = (row: Readonly<ApprovalRow>, approvers: ApprovalRow['approvers']) => ({
  approvers,
  ...voting(votesStillValid({ ...row, approvers })),
});
const become =
  (state: ApprovalRow['state']) =>
  (row: Row, _: unknown, event: At): Row =>
    changed(row, event, () => ({ state }));
const ended =
  (state: ApprovalRow['state']) =>
  (row: Row, { by = [] }: { by?: string | string[] }, event: At): Row =>
    changed(row, event, () => ({ state, decidedAt: event.meta.recordedAt, decidedBy: [by].flat() }));
const granted = ({ kind, grantId, expiresAt }: { kind: string; grantId: string; expiresAt: string }) => ({
  // A refinement is applied by what was approved: nobody takes a grant for it anywhere.
  grant:
    kind === 'refinement' ? { state: 'none' as const } : { state: 'issued' as const, grantId, expiresAt },
});
const grantEnded = (row: Row, event: At, change: { state: Grant['state']; consumedBy?: string }): Row =>
  changed(row, event, ({ grant }) => ({
    grant: { ...(grant as Grant), ...change, endedAt: event.meta.recordedAt },
  }));
const touched = (row: Row, _: unknown, event: At): Row => changed(row, event, () => ({}));

/** The approvals of a tenant, as of any moment: who could decide on what, and who did. */
export const approvals = rowProjection<ApprovalRow>()(approvalEvents, {
  name: 'approvals',
  version: 1,
  key: ({ meta }) => meta.streamId,
  asOf: 'history',
  indexes: [
    "row->>'requestedAt'",
    "row->>'deadline'",
    "row->>'state'",
    "row->>'personaId'",
    "row->>'requesterId'",
  ],
  on: {
    ApprovalRequested: (_, { args: __, quorum, ...asked }, { meta }) => ({
      ...asked,
      quorum: quorum.n,
      state: 'requested',
      level: 0,
      votes: {},
      voted: [],
      delegations: {},
      decidedBy: [],
      grant: { state: 'none' },
      updatedAt: meta.recordedAt,
      version: meta.version,
    }),
    ApprovalVoteCast: (row, { approvalId: _, kind: __, ref: ___, personaId: ____, ...vote }, event) =>
      changed(row, event, ({ votes }) => voting(withVote(votes, { ...vote, at: event.meta.recordedAt }))),
    ApprovalInfoRequested: become('info_requested'),
    ApprovalInfoProvided: become('requested'),
    ApprovalCommented: touched,
    ApprovalReassigned: (row, { approvers }, event) =>
      changed(row, event, (before) => asking(before, approvers)),
    ApprovalDelegated: (row, { from, to, until }, event) =>
      changed(row, event, ({ delegations, votes }) => {
        const { [from]: _, ...others } = delegations;
        const { roles } = event.meta.actor;
        return {
          delegations: to === from ? others : { ...others, [from]: { to, until, roles } },
          ...voting(votesUnlessBy(votes, from, to)),
        };
      }),
    ApprovalReminderSent: (row, _, event) =>
      changed(row, event, () => ({ remindAt: null, remindedAt: event.meta.recordedAt })),
    ApprovalEscalated: (row, { level, name, to, deadline, remindAt }, event) =>
      changed(row, event, (before) => ({
        ...asking(before, to),
        level,
        levelName: name,
        deadline,
        remindAt,
      })),
    ApprovalSubjectChanged: (row, { actionHash, excluded }, event) =>
      changed(row, event, () => ({ actionHash, excluded, ...voting({}) })),
    ApprovalGranted: (row, e, event) => changed(ended('approved')(row, e, event), event, () => granted(e)),
    ApprovalAutoApproved: (row, e, event) =>
      changed(ended('auto_approved')(row, {}, event), event, () => ({
        ...granted(e),
        autoApprovedBy: e.rule,
      })),
    ApprovalRejected: ended('rejected'),
    ApprovalExpired: (row, _, event) => ended('expired')(row, {}, event),
    ApprovalCancelled: ended('cancelled'),
    ApprovalGrantConsumed: (row, { by }, event) =>
      grantEnded(row, event, { state: 'consumed', consumedBy: by }),
    ApprovalGrantLapsed: (row, _, event) => grantEnded(row, event, { state: 'lapsed' }),
  },
});
