import type { z } from 'zod';
import { approval } from '../../src/domain/safety/approval.js';
import type { approvalEvents } from '../../src/domain/safety/events.js';
import { sealed } from './given.js';

export const approvalId = '01890000-0000-7000-8000-000000000001';
export const personaId = '01890000-0000-7000-8000-00000000000a';
export const actionHash = 'a'.repeat(64);
export const otherHash = 'b'.repeat(64);
const about = { approvalId, kind: 'action' as const };

/** Ten minutes, of which half are over at `remindAt`. */
export const requestedAt = '2026-01-02T03:00:00.000Z';
export const remindAt = '2026-01-02T03:05:00.000Z';
export const deadline = '2026-01-02T03:10:00.000Z';

type Requested = z.output<typeof approvalEvents.ApprovalRequested>;

/** An approval that the service `app` asked for: one of those with the role approver decides. */
export const requested = (over: Partial<Requested> = {}) =>
  approval.event('ApprovalRequested', {
    ...about,
    action: 'tool:email.send',
    actionHash,
    requesterId: 'app',
    excluded: ['app'],
    reasonRequired: false,
    approvers: { roles: ['approver'], members: [] },
    quorum: { n: 1 },
    requestedAt,
    deadline,
    remindAt,
    onTimeout: 'deny',
    escalation: [],
    grantSeconds: 3_600,
    channels: [],
    rules: [],
    ...over,
  });

type Cast = z.output<typeof approvalEvents.ApprovalVoteCast>;
/** A vote of a member with the role approver. */
export const cast = (by: string, decision: Cast['decision'], over: Partial<Cast> = {}) =>
  approval.event('ApprovalVoteCast', {
    ...about,
    by,
    roles: ['approver'],
    decision,
    actionHash,
    ...over,
  });

export const infoRequested = approval.event('ApprovalInfoRequested', {
  ...about,
  by: 'bob',
  question: sealed('to whom?'),
});
export const infoProvided = approval.event('ApprovalInfoProvided', {
  ...about,
  by: 'app',
  answer: sealed('to all'),
});
export const commented = approval.event('ApprovalCommented', {
  ...about,
  by: 'cleo',
  comment: sealed('a lot of people'),
});
export const reassigned = (members: string[], roles: Requested['approvers']['roles'] = []) =>
  approval.event('ApprovalReassigned', { ...about, by: 'olga', approvers: { roles, members } });
export const delegated = (from: string, to: string, until: string | null = null) =>
  approval.event('ApprovalDelegated', { ...about, from, to, until });
export const reminded = approval.event('ApprovalReminderSent', { ...about, deadline });
export const level = { name: 'on-call', to: { roles: [], members: ['eve'] }, timeoutSeconds: 300 };
export const laterDeadline = '2026-01-02T03:15:00.000Z';
export const escalated = approval.event('ApprovalEscalated', {
  ...about,
  level: 1,
  name: level.name,
  to: level.to,
  deadline: laterDeadline,
  remindAt: '2026-01-02T03:12:30.000Z',
});
export const subjectChanged = approval.event('ApprovalSubjectChanged', {
  ...about,
  actionHash: otherHash,
  excluded: ['app', 'dana'],
});
export const expiresAt = '2026-01-02T04:04:00.000Z';
export const granted = (over: Partial<z.output<typeof approvalEvents.ApprovalGranted>> = {}) =>
  approval.event('ApprovalGranted', {
    ...about,
    actionHash,
    grantId: '01890000-0000-7000-8000-0000000009a1',
    expiresAt,
    by: ['bob'],
    ...over,
  });
export const autoApproved = approval.event('ApprovalAutoApproved', {
  ...about,
  actionHash,
  grantId: '01890000-0000-7000-8000-0000000009a1',
  expiresAt,
  rule: 'hitlTriggers/mails',
});
export const rejected = approval.event('ApprovalRejected', { ...about, actionHash, by: ['bob'] });
export const expired = approval.event('ApprovalExpired', { ...about, actionHash, deadline });
export const cancelled = approval.event('ApprovalCancelled', { ...about, actionHash, by: 'app' });
export const consumed = approval.event('ApprovalGrantConsumed', {
  ...about,
  grantId: '01890000-0000-7000-8000-0000000009a1',
  actionHash,
  by: 'app',
});
export const lapsed = approval.event('ApprovalGrantLapsed', {
  ...about,
  grantId: '01890000-0000-7000-8000-0000000009a1',
  actionHash,
});

/** The people of the specs, as they send commands. */
export const as = {
  app: { actorId: 'app', roles: ['service' as const] },
  bob: { actorId: 'bob', roles: ['approver' as const] },
  cleo: { actorId: 'cleo', roles: ['approver' as const] },
  dana: { actorId: 'dana', roles: ['editor' as const, 'approver' as const] },
  eve: { actorId: 'eve', roles: ['approver' as const] },
  olga: { actorId: 'olga', roles: ['owner' as const] },
  stranger: { actorId: 'sam', roles: ['editor' as const] },
  timer: { actorId: 'timer:scheduler', roles: [] },
};
