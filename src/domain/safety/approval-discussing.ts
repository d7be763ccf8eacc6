/** Commands by which people talk about an approval before they decide: questions, answers, comments. */
import { z } from 'zod';
import { about, approval, undecided, visible, type ExistingApproval } from './approval.js';
import { sightOf, votingFacts } from './approval-facts.js';
import { approvalRef } from './approval-grants.js';
import { eligible } from './approval-voting.js';
import { reason } from './events.js';

/** So many questions, answers and comments there are at most: every reader gets them all. */
const mostSaid = 200;
function roomToSpeak(state: ExistingApproval): ExistingApproval {
  if (state.said < mostSaid) return state;
  return approval.reject('approval-thread-full', `at most ${mostSaid} questions, answers and comments`);
}

export const discussingCommands = {
  commentApproval: approval.command({
    http: 'POST /approvals/:approvalId/comments',
    summary: 'Say something about an approval, also after it was decided',
    permission: 'approvals:request',
    input: z.strictObject({ approvalId: approvalRef, comment: reason }),
    rejects: ['approval-not-found', 'approval-thread-full'],
    facts: ({ approvalId }, read) => sightOf(approvalId, read),
    decide: (before, { comment }, ctx) => {
      const state = roomToSpeak(visible(before, ctx.actor, ctx.facts));
      const data = { ...about(ctx.streamId, state), by: ctx.actor.id, comment };
      return [approval.event('ApprovalCommented', data)];
    },
  }),

  requestApprovalInfo: approval.command({
    http: 'POST /approvals/:approvalId/questions',
    summary: 'Ask for information before deciding; the deadline stands, and votes are possible meanwhile',
    permission: 'approvals:vote',
    input: z.strictObject({ approvalId: approvalRef, question: reason }),
    rejects: [
      'approval-not-found',
      'approval-own',
      'approval-not-yours',
      'approval-decided',
      'approval-thread-full',
    ],
    facts: ({ approvalId }, read) => votingFacts(approvalId, read),
    decide: (before, { question }, ctx) => {
      const state = visible(before, ctx.actor, ctx.facts);
      eligible(state, ctx);
      roomToSpeak(undecided(state));
      const data = { ...about(ctx.streamId, state), by: ctx.actor.id, question };
      return [approval.event('ApprovalInfoRequested', data)];
    },
  }),

  provideApprovalInfo: approval.command({
    http: 'POST /approvals/:approvalId/answers',
    summary: 'Answer what was asked about an approval',
    permission: 'approvals:request',
    input: z.strictObject({ approvalId: approvalRef, answer: reason }),
    rejects: ['approval-not-found', 'approval-decided', 'approval-not-waiting', 'approval-thread-full'],
    facts: ({ approvalId }, read) => sightOf(approvalId, read),
    decide: (before, { answer }, ctx) => {
      const state = undecided(visible(before, ctx.actor, ctx.facts));
      if (state.status !== 'info_requested') return ctx.reject('approval-not-waiting');
      roomToSpeak(state);
      const data = { ...about(ctx.streamId, state), by: ctx.actor.id, answer };
      return [approval.event('ApprovalInfoProvided', data)];
    },
  }),
};
