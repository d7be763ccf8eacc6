import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/domain/kernel.js';
import { approvals, type ApprovalRow } from '../../../src/projections/safety/approvals.js';
import * as example from '../../support/approval-examples.js';
import { sealed } from '../../support/given.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

const { approvalId, requested, cast } = example;
const after = (...events: DomainEvent[]): ApprovalRow =>
  projected<ApprovalRow>(
    approvals,
    recorded(
      {
        category: 'approval',
        streamId: approvalId,
        actor: { kind: 'user', id: 'bob', roles: ['approver'] },
      },
      ...events,
    ),
  ).get(approvalId)!;

it('has an example of every event', () =>
  expectExampleForEvery(approvals, [
    requested(),
    cast('bob', 'approve'),
    example.infoRequested,
    example.infoProvided,
    example.commented,
    example.reassigned(['bob']),
    example.delegated('bob', 'sam'),
    example.reminded,
    example.escalated,
    example.subjectChanged,
    example.granted(),
    example.autoApproved,
    example.rejected,
    example.expired,
    example.cancelled,
    example.consumed,
    example.lapsed,
  ]));

it('begins as it was asked for, without the arguments', () => {
  const event = requested({ reason: sealed('why'), args: sealed({ to: 'all' }) });
  const { args: _, ...asked } = event.data as Record<string, unknown>;
  expect(after(event)).toEqual({
    ...asked,
    quorum: 1,
    state: 'requested',
    level: 0,
    votes: {},
    voted: [],
    delegations: {},
    decidedBy: [],
    grant: { state: 'none' },
    updatedAt: instantAt(1),
    version: 1,
  });
});

describe('votes', () => {
  it('stand until they are changed', () => {
    const row = after(requested({ quorum: { n: 2 } }), cast('bob', 'approve'), cast('bob', 'reject'));
    expect(row).toMatchObject({ voted: ['bob'], votes: { bob: { decision: 'reject', at: instantAt(3) } } });
    expect(Object.keys(row.votes)).toEqual(['bob']);
  });
  it('drop out when others are asked', () => {
    const voted = [requested(), cast('bob', 'approve'), cast('eve', 'approve')];
    expect(after(...voted, example.reassigned(['bob'])).voted).toEqual(['bob']);
    expect(after(...voted, example.escalated)).toMatchObject({
      voted: ['eve'],
      level: 1,
      levelName: 'on-call',
      deadline: example.laterDeadline,
    });
  });
  it('are void when what is decided on has changed', () =>
    expect(after(requested(), cast('bob', 'approve'), example.subjectChanged)).toMatchObject({
      votes: {},
      voted: [],
      actionHash: example.otherHash,
      excluded: ['app', 'dana'],
    }));
  it('of a delegate fall with the delegation', () => {
    const behalf = { onBehalfOf: 'bob', onBehalfOfRoles: ['approver' as const], roles: [] };
    const delegated = [requested(), example.delegated('bob', 'sam'), cast('sam', 'approve', behalf)];
    expect(after(...delegated)).toMatchObject({
      voted: ['sam'],
      delegations: { bob: { to: 'sam', until: null, roles: ['approver'] } },
    });
    expect(after(...delegated, example.delegated('bob', 'bob'))).toMatchObject({
      voted: [],
      votes: {},
      delegations: {},
    });
  });
});

describe('the state', () => {
  it('follows questions and answers', () => {
    expect(after(requested(), example.infoRequested)).toMatchObject({ state: 'info_requested' });
    expect(after(requested(), example.infoRequested, example.infoProvided)).toMatchObject({
      state: 'requested',
    });
    expect(after(requested(), example.commented)).toMatchObject({ state: 'requested', version: 2 });
  });
  it('tells when people were reminded', () =>
    expect(after(requested(), example.reminded)).toMatchObject({ remindAt: null, remindedAt: instantAt(2) }));

  it.each([
    [example.granted({ by: ['bob', 'cleo'] }), 'approved', ['bob', 'cleo'], 'issued'],
    [example.autoApproved, 'auto_approved', [], 'issued'],
    [example.rejected, 'rejected', ['bob'], 'none'],
    [example.expired, 'expired', [], 'none'],
    [example.cancelled, 'cancelled', ['app'], 'none'],
  ])('$type', (event, state, decidedBy, grant) =>
    expect(after(requested(), event)).toMatchObject({
      state,
      decidedBy,
      decidedAt: instantAt(2),
      grant: { state: grant },
    }),
  );

  it('tells the rule by which silence was a yes', () =>
    expect(after(requested(), example.autoApproved)).toMatchObject({
      autoApprovedBy: 'hitlTriggers/mails',
    }));
});

it('tells what became of the grant', () => {
  const grant = { grantId: '01890000-0000-7000-8000-0000000009a1', expiresAt: example.expiresAt };
  expect(after(requested(), example.granted()).grant).toEqual({ ...grant, state: 'issued' });
  expect(after(requested(), example.granted(), example.consumed).grant).toEqual({
    ...grant,
    state: 'consumed',
    consumedBy: 'app',
    endedAt: instantAt(3),
  });
  expect(after(requested(), example.granted(), example.lapsed).grant).toEqual({
    ...grant,
    state: 'lapsed',
    endedAt: instantAt(3),
  });
});
