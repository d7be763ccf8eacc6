import { describe, expect, it } from 'vitest';
import { approvalModule } from '../../../src/domain/safety/approval-module.js';
import * as example from '../../support/approval-examples.js';
import { given } from '../../support/given.js';

const { approvalId, as, requested, cast, deadline, remindAt, laterDeadline } = example;
type History = Parameters<typeof given>[1][];
const send =
  (operationId: string, usual: string) =>
  (history: History, { expectedDeadline = usual, now = usual } = {}) =>
    given(approvalModule, ...history).when(
      operationId,
      { approvalId, expectedDeadline },
      { ...as.timer, now },
    );

describe('half-way', () => {
  const remind = send('remindApprovers', remindAt);
  it('people are reminded, once per deadline', () =>
    void remind([requested()]).thenEvents(example.reminded).again().thenNothing());
  it('and again half-way to the next deadline', () => {
    const again = '2026-01-02T03:12:30.000Z';
    const escalated = [requested(), example.reminded, example.escalated];
    expect(remind(escalated, { expectedDeadline: again, now: again }).events).toMatchObject([
      { type: 'ApprovalReminderSent', data: { deadline: laterDeadline } },
    ]);
    remind(escalated).thenNothing();
  });
  it('nobody is reminded before, after the deadline, or of what is decided', () => {
    remind([requested()], { now: '2026-01-02T03:04:59.999Z' }).thenNothing();
    remind([requested()], { now: deadline }).thenNothing();
    remind([requested(), example.cancelled]).thenNothing();
    remind([]).thenRejected('approval-not-found');
  });
});

describe('at the deadline', () => {
  const expire = send('expireApproval', deadline);
  const escalating = requested({ onTimeout: 'escalate', escalation: [example.level] });

  it('silence is a no', () => void expire([requested()]).thenEvents(example.expired).again().thenNothing());
  it('so are too few votes, and an open question', () => {
    const two = requested({ quorum: { n: 2 } });
    expire([two, cast('bob', 'approve')]).thenEvents(example.expired);
    expire([requested(), example.infoRequested]).thenEvents(example.expired);
  });

  it('the next in line are asked, for as long as they get from now on', () => {
    expire([escalating]).thenEvents(example.escalated).again().thenNothing();
    expect(expire([escalating], { now: '2026-01-03T00:00:00.000Z' }).events).toMatchObject([
      { data: { deadline: '2026-01-03T00:05:00.000Z', remindAt: '2026-01-03T00:02:30.000Z' } },
    ]);
  });
  it('votes of those who are still asked stay', () => {
    const two = { ...escalating.data, quorum: { n: 2 }, approvers: { roles: [], members: ['bob', 'eve'] } };
    const level = { ...example.level, to: { roles: ['owner' as const], members: ['eve'] } };
    const history = [
      requested({ ...two, escalation: [level] }),
      cast('bob', 'approve'),
      cast('eve', 'approve'),
    ];
    const [escalated] = expire(history.slice(0, 3)).events;
    given(approvalModule, ...history, escalated!)
      .when(
        'voteOnApproval',
        { approvalId, decision: 'approve' },
        { ...as.olga, now: deadline, facts: { seesPersona: false, delegators: {} } },
      )
      .thenEvents(
        cast('olga', 'approve', { roles: ['owner'] }),
        example.granted({
          grantId: expect.any(String) as never,
          expiresAt: '2026-01-02T04:10:00.000Z',
          by: ['eve', 'olga'],
        }),
      );
  });
  it('after the last level silence is a no', () => {
    const last = { expectedDeadline: laterDeadline, now: laterDeadline };
    expect(expire([escalating, example.escalated], last).events).toMatchObject([
      { type: 'ApprovalExpired', data: { deadline: laterDeadline } },
    ]);
  });

  it('silence is a yes where that was allowed at the beginning, by the rule that says so', () => {
    const silent = requested({ onTimeout: 'auto_approve', rules: ['hitlTriggers/mails', 'riskThreshold'] });
    expect(expire([silent]).events).toMatchObject([
      {
        type: 'ApprovalAutoApproved',
        data: { rule: 'hitlTriggers/mails', expiresAt: '2026-01-02T04:10:00.000Z' },
      },
    ]);
    const unnamed = requested({ onTimeout: 'auto_approve' });
    expect(expire([unnamed]).events).toMatchObject([{ data: { rule: 'autoApproveAfterTimeout' } }]);
  });
  it('but it is no silence when somebody says no, or asks', () => {
    const silent = requested({ onTimeout: 'auto_approve', quorum: { n: 2 } });
    expire([silent, cast('bob', 'reject')]).thenEvents(example.expired);
    expire([silent, example.infoRequested]).thenEvents(example.expired);
    expect(expire([silent, cast('bob', 'approve')]).events).toMatchObject([{ type: 'ApprovalAutoApproved' }]);
  });

  it('nothing happens before, for another deadline, or once it is decided', () => {
    expire([requested()], { now: '2026-01-02T03:09:59.999Z' }).thenNothing();
    expire([escalating, example.escalated], { now: laterDeadline }).thenNothing();
    for (const end of [example.granted(), example.rejected, example.cancelled, example.autoApproved])
      expire([requested(), end]).thenNothing();
    expire([]).thenRejected('approval-not-found');
  });
});
