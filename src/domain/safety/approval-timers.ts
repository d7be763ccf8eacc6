/** What an approval's timers send: the reminder half-way, and whatever happens at its deadline. */
import { z } from 'zod';
import { instant } from '../ids.js';
import { about, approval, existing, isOpen, type ExistingApproval } from './approval.js';
import { approvalRef, issued } from './approval-grants.js';
import { halfWay, later, votersFor } from './approval-rules.js';

const due = z.strictObject({ approvalId: approvalRef, expectedDeadline: instant });

/** Whether silence is a yes here: nobody has said no, and no question is open. */
const isSilent = ({ votes, status }: ExistingApproval): boolean =>
  status === 'requested' && votersFor(votes, 'reject').length === 0;

export const timerCommands = {
  remindApprovers: approval.command({
    http: 'internal',
    summary: 'Remind those who may decide on an approval',
    permission: 'approvals:vote',
    input: due,
    rejects: ['approval-not-found'],
    decide: (before, { expectedDeadline }, ctx) => {
      const state = existing(before);
      // One that was due while nothing ran is of no use when the deadline has come meanwhile.
      if (!isOpen(state) || state.remindAt !== expectedDeadline || ctx.now >= state.deadline) return [];
      if (ctx.now < state.remindAt) return [];
      const { deadline } = state;
      return [approval.event('ApprovalReminderSent', { ...about(ctx.streamId, state), deadline })];
    },
  }),

  expireApproval: approval.command({
    http: 'internal',
    summary: 'Escalate an approval at its deadline, or end it',
    permission: 'approvals:vote',
    input: due,
    rejects: ['approval-not-found'],
    decide: (before, { expectedDeadline }, ctx) => {
      const state = existing(before);
      const { deadline, actionHash, onTimeout } = state;
      if (!isOpen(state) || deadline !== expectedDeadline || ctx.now < deadline) return [];
      const what = about(ctx.streamId, state);
      const next = onTimeout === 'escalate' ? state.escalation[state.level] : undefined;
      if (next) {
        // From now, not from the deadline: whoever is asked gets the whole time, also after a long pause.
        const ends = later(ctx.now, next.timeoutSeconds);
        const asked = { name: next.name, to: next.to, deadline: ends, remindAt: halfWay(ctx.now, ends) };
        return [approval.event('ApprovalEscalated', { ...what, level: state.level + 1, ...asked })];
      }
      if (onTimeout === 'auto_approve' && isSilent(state)) {
        const [rule = 'autoApproveAfterTimeout'] = state.rules;
        return [approval.event('ApprovalAutoApproved', { ...what, actionHash, ...issued(ctx, state), rule })];
      }
      return [approval.event('ApprovalExpired', { ...what, actionHash, deadline })];
    },
  }),
};
