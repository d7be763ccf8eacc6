import { z } from 'zod';
import type { Personal } from '../../domain/sealed.js';
import { approvalEvents } from '../../domain/safety/events.js';
import { rowProjection, type ProjectedEvent } from '../engine/declaration.js';

/** A question, an answer, a comment, or why it was given to others or given up. */
export const remarkKind = z.enum(['question', 'answer', 'comment', 'reassignment', 'cancellation']);
export type RemarkRow = {
  approvalId: string;
  remark: z.output<typeof remarkKind>;
  by: string;
  text: Personal;
  at: string;
};
/** What an action is to be done with, sealed; few readers see it. */
export type ApprovalArgs = { args: NonNullable<z.output<typeof approvalEvents.ApprovalRequested>['args']> };

const said = (
  remark: RemarkRow['remark'],
  { approvalId, by }: { approvalId: string; by: string },
  text: Personal,
  { meta }: ProjectedEvent<unknown>,
): RemarkRow => ({ approvalId, remark, by, text, at: meta.recordedAt });

/** What was said about approvals, in order. */
export const approvalRemarks = rowProjection<RemarkRow>()(approvalEvents, {
  name: 'approval_remarks',
  version: 1,
  key: ({ meta, position }) => `${meta.streamId}/${String(position).padStart(16, '0')}`,
  asOf: 'immutable',
  indexes: ["row->>'approvalId'"],
  on: {
    ApprovalInfoRequested: (_, data, event) => said('question', data, data.question, event),
    ApprovalInfoProvided: (_, data, event) => said('answer', data, data.answer, event),
    ApprovalCommented: (_, data, event) => said('comment', data, data.comment, event),
    ApprovalReassigned: (_, data, event) =>
      data.reason === undefined ? null : said('reassignment', data, data.reason, event),
    ApprovalCancelled: (_, data, event) =>
      data.reason === undefined ? null : said('cancellation', data, data.reason, event),
  },
});

/** The arguments of actions that were asked for, of those that have any. */
export const approvalArgs = rowProjection<ApprovalArgs>()(approvalEvents, {
  name: 'approval_args',
  version: 1,
  key: ({ meta }) => meta.streamId,
  asOf: 'immutable',
  on: { ApprovalRequested: (_, { args }) => (args === undefined ? null : { args }) },
});
