import { expect, it } from 'vitest';
import { approval } from '../../../src/domain/safety/approval.js';
import { approvalArgs, approvalRemarks } from '../../../src/projections/safety/approval-remarks.js';
import * as example from '../../support/approval-examples.js';
import { sealed } from '../../support/given.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

const { approvalId, infoRequested, infoProvided, commented } = example;
const why = sealed('holidays');
const reassigned = approval.event('ApprovalReassigned', {
  ...example.reassigned(['bob']).data,
  reason: why,
} as never);
const cancelled = approval.event('ApprovalCancelled', { ...example.cancelled.data, reason: why } as never);
const place = { category: 'approval', streamId: approvalId };
const examples = [infoRequested, infoProvided, commented, reassigned, cancelled];

it('has an example of every event', () => {
  expectExampleForEvery(approvalRemarks, examples);
  expectExampleForEvery(approvalArgs, [example.requested()]);
});

it('tells what was said, by whom and when, in order', () => {
  const rows = projected(approvalRemarks, recorded(place, ...examples));
  expect([...rows.keys()]).toEqual([...rows.keys()].toSorted());
  expect([...rows.values()]).toEqual([
    { approvalId, remark: 'question', by: 'bob', text: sealed('to whom?'), at: instantAt(1) },
    { approvalId, remark: 'answer', by: 'app', text: sealed('to all'), at: instantAt(2) },
    { approvalId, remark: 'comment', by: 'cleo', text: sealed('a lot of people'), at: instantAt(3) },
    { approvalId, remark: 'reassignment', by: 'olga', text: why, at: instantAt(4) },
    { approvalId, remark: 'cancellation', by: 'app', text: why, at: instantAt(5) },
  ]);
});

it('has nothing where nothing was said', () =>
  expect(
    projected(approvalRemarks, recorded(place, example.reassigned(['bob']), example.cancelled)).size,
  ).toBe(0));

it('keeps arguments, where there are any', () => {
  const args = sealed({ to: 'all' });
  expect([...projected(approvalArgs, recorded(place, example.requested({ args })))]).toEqual([
    [approvalId, { args }],
  ]);
  expect(projected(approvalArgs, recorded(place, example.requested())).size).toBe(0);
});
