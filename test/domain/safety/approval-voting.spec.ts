import { describe, expect, it } from 'vitest';
import { approval } from '../../../src/domain/safety/approval.js';
import { approvalModule } from '../../../src/domain/safety/approval-module.js';
import {
  answerable,
  decided,
  eligible,
  enough,
  inOneForm,
} from '../../../src/domain/safety/approval-voting.js';
import type { Role } from '../../../src/domain/kernel.js';
import * as example from '../../support/approval-examples.js';
import { given, sealed, type Outcome, type Surroundings } from '../../support/given.js';

const { approvalId, actionHash, otherHash, deadline, as, requested, cast } = example;
const now = '2026-01-02T03:04:00.000Z';
const nothing = { seesPersona: false, delegators: {} as Record<string, Role[] | null>, strangers: [] };
const zoe = { id: 'zoe', detail: 'there is no member zoe' };
const vic = { id: 'vic', detail: 'vic may not vote' };
type Around = Partial<Omit<Surroundings, 'facts'>> & { facts?: object };

const on = (...history: Parameters<typeof given>[1][]) => ({
  send: (operationId: string, input: object, { facts, ...around }: Around = {}): Outcome =>
    given(approvalModule, ...history).when(
      operationId,
      { approvalId, ...input },
      { now, facts: { ...nothing, ...facts }, ...around },
    ),
  vote(input: object, around: Around = {}): Outcome {
    return this.send('voteOnApproval', input, { ...as.bob, ...around });
  },
});
const approve = { decision: 'approve' };
const reject = { decision: 'reject' };
const grantedBy = (...by: string[]) =>
  example.granted({ grantId: expect.stringMatching(/^[0-9a-f-]{36}$/), expiresAt: example.expiresAt, by });

describe('a vote', () => {
  it('that decides is recorded together with the decision', () => {
    on(requested())
      .vote(approve)
      .thenEvents(cast('bob', 'approve'), grantedBy('bob'))
      .thenReply({ state: 'approved', approvals: 1, rejections: 0, quorum: 1 })
      .again()
      .thenRejected('approval-decided');
    on(requested()).vote(reject).thenEvents(cast('bob', 'reject'), example.rejected);
  });

  it('waits for others until so many different people agree', () => {
    const two = requested({ quorum: { n: 2 } });
    on(two)
      .vote(approve)
      .thenEvents(cast('bob', 'approve'))
      .thenReply({ state: 'requested', approvals: 1, rejections: 0, quorum: 2 });
    on(two, cast('cleo', 'approve'))
      .vote(approve)
      .thenEvents(cast('bob', 'approve'), grantedBy('bob', 'cleo'));
  });

  it('is one per person: cast again it is nothing, and it can be changed until it is decided', () => {
    const two = requested({ quorum: { n: 2 } });
    on(two).vote(approve).again().thenNothing();
    on(two, cast('bob', 'approve')).vote(reject).thenEvents(cast('bob', 'reject'));
    const changed = [two, cast('bob', 'approve'), cast('bob', 'reject')] as const;
    on(...changed)
      .vote(approve, as.cleo)
      .thenEvents(cast('cleo', 'approve'));
  });

  it('is another one with another reason', () => {
    const before = cast('bob', 'approve', { reason: sealed('fine') });
    const history = [requested({ quorum: { n: 2 } }), before] as const;
    on(...history)
      .vote({ ...approve, reason: 'fine' })
      .thenNothing();
    on(...history)
      .vote({ ...approve, reason: 'very good' })
      .thenEvents(cast('bob', 'approve', { reason: sealed('very good') }));
  });

  it('is possible while a question is open', () =>
    void on(requested(), example.infoRequested)
      .vote(approve)
      .thenEvents(cast('bob', 'approve'), grantedBy('bob')));

  it('records the roles that are held when it is cast', () =>
    void on(requested({ quorum: { n: 2 } }))
      .vote(approve, { roles: ['editor', 'approver'] })
      .thenEvents(cast('bob', 'approve', { roles: ['editor', 'approver'] })));
});

describe('four eyes', () => {
  it('who asked does not vote, whichever key is shown', () => {
    const own = requested({ requesterId: 'bob', excluded: ['bob'] });
    for (const credential of ['acme.1', 'acme.2'])
      on(own).vote(approve, { credential }).thenRejected('approval-own');
    on(own).vote(reject).thenRejected('approval-own');
  });

  it('nor does who had a hand in it', () =>
    void on(requested({ excluded: ['app', 'bob'] }))
      .vote(approve)
      .thenRejected('approval-own'));

  it('may be switched off: then nobody is left out', () =>
    void on(requested({ requesterId: 'bob', excluded: [] }))
      .vote(approve)
      .thenEvents(cast('bob', 'approve'), grantedBy('bob')));
});

describe('who may vote', () => {
  const named = requested({ approvers: { roles: [], members: ['cleo'] } });
  it('is who is named', () =>
    void on(named).vote(approve, as.cleo).thenEvents(cast('cleo', 'approve'), grantedBy('cleo')));
  it('is nobody who is neither named nor holds a role that is', () =>
    void on(named)
      .vote(approve, { facts: { seesPersona: true } })
      .thenRejected('approval-not-yours'));
  it('is not told of it otherwise', () => void on(named).vote(approve).thenRejected('approval-not-found'));

  it('is judged when the vote is cast: roles that were held before do not count', () =>
    void on(requested())
      .vote(approve, { roles: ['admin'] })
      .thenRejected('approval-not-yours'));

  it('is a delegate of one of them, who votes in the place of that one', () => {
    const history = [named, example.delegated('cleo', 'bob')] as const;
    const facts = { delegators: { cleo: ['approver' as const] } };
    on(...history)
      .vote(approve, { facts })
      .thenEvents(
        cast('bob', 'approve', { onBehalfOf: 'cleo', onBehalfOfRoles: ['approver'] }),
        grantedBy('bob'),
      );
    // Cleo is no member any more.
    on(...history)
      .vote(approve, { facts: { delegators: { cleo: null } } })
      .thenRejected('approval-not-yours');
  });

  it('is not a delegate whose delegation is over', () =>
    void on(named, example.delegated('cleo', 'bob', now))
      .vote(approve, { facts: { delegators: { cleo: ['approver'] } } })
      .thenRejected('approval-not-yours'));

  it('never counts a delegate and who delegated: an own vote takes the place of the delegate’s', () => {
    const two = requested({ quorum: { n: 2 } });
    const facts = { delegators: { cleo: ['approver' as const] } };
    const byEve = cast('sam', 'approve', {
      roles: ['admin'],
      onBehalfOf: 'cleo',
      onBehalfOfRoles: ['approver'],
    });
    const history = [two, example.delegated('cleo', 'sam'), byEve] as const;
    on(...history)
      .vote(approve, as.cleo)
      .thenEvents(cast('cleo', 'approve'));
    on(...history, cast('cleo', 'approve'))
      .vote(approve, { actorId: 'sam', roles: ['admin'], facts })
      .thenRejected('approval-not-yours');
  });
});

describe('a vote is refused', () => {
  it.each([
    ['approved', [cast('cleo', 'approve'), example.granted({ by: ['cleo'] })]],
    ['rejected', [cast('cleo', 'reject'), example.rejected]],
    ['expired', [example.expired]],
    ['cancelled', [example.cancelled]],
    ['approved by silence', [example.autoApproved]],
  ])(
    'when it is %s',
    (_, ends) =>
      void on(requested(), ...ends)
        .vote(reject)
        .thenRejected('approval-decided'),
  );

  it('from the deadline on, although the timer has not come yet', () => {
    on(requested())
      .vote(approve, { now: '2026-01-02T03:09:59.999Z' })
      .thenEvents(expect.anything() as never, expect.anything() as never);
    on(requested()).vote(approve, { now: deadline }).thenRejected('approval-overdue');
    const late = { ...as.eve, now: example.laterDeadline };
    on(requested(), example.escalated).vote(approve, late).thenRejected('approval-overdue');
  });

  it('without a reason where one is required', () => {
    const strict = requested({ reasonRequired: true });
    on(strict).vote(approve).thenRejected('approval-reason-required', '/reason');
    const reason = sealed('known customer');
    on(strict)
      .vote({ ...approve, reason: 'known customer' })
      .thenEvents(cast('bob', 'approve', { reason }), grantedBy('bob'));
  });

  it('when what is decided on is not what the voter saw', () => {
    on(requested())
      .vote({ ...approve, actionHash: otherHash })
      .thenRejected('approval-subject-changed');
    on(requested(), example.subjectChanged)
      .vote({ ...approve, actionHash })
      .thenRejected('approval-subject-changed');
    on(requested())
      .vote({ ...approve, actionHash })
      .thenEvents(cast('bob', 'approve'), grantedBy('bob'));
  });

  it('when the refinement is another one by now, or gone, although nobody has told the approval', () => {
    const refinement = requested({ kind: 'refinement', ref: 'r-1' });
    const vote = (subjectHash: string | null) => on(refinement).vote(approve, { facts: { subjectHash } });
    vote(otherHash).thenRejected('approval-subject-changed');
    vote(null).thenRejected('approval-subject-changed');
    expect(vote(actionHash).events).toHaveLength(2);
  });

  it('where there is no approval, or none that the voter may know of', () => {
    on().vote(approve).thenRejected('approval-not-found');
    on(requested())
      .vote(approve, { roles: ['viewer'] })
      .thenRejected('forbidden');
    on(requested({ approvers: { roles: ['owner'], members: [] } }))
      .vote(approve)
      .thenRejected('approval-not-found');
  });
});

it('what has changed has to be voted on anew', () => {
  const two = requested({ quorum: { n: 2 } });
  on(two, cast('cleo', 'approve'), example.subjectChanged)
    .vote(approve)
    .thenEvents(cast('bob', 'approve', { actionHash: otherHash }));
});

it('those who are named reject it when they can no longer agree in number', () => {
  const named = requested({ quorum: { n: 2 }, approvers: { roles: [], members: ['bob', 'cleo'] } });
  on(named).vote(reject).thenEvents(cast('bob', 'reject'), example.rejected);
  const three = requested({ quorum: { n: 2 }, approvers: { roles: [], members: ['bob', 'cleo', 'eve'] } });
  on(three).vote(reject).thenEvents(cast('bob', 'reject'));
  // So few were named to begin with.
  on(requested({ quorum: { n: 2 }, approvers: { roles: [], members: ['bob'] } }))
    .vote(approve)
    .thenEvents(cast('bob', 'approve'), { ...example.rejected, data: { ...example.rejected.data, by: [] } });
});

describe('delegating', () => {
  const delegate = (input: object, around: Around = {}, ...history: Parameters<typeof given>[1][]) =>
    on(requested(), ...history).send('delegateApproval', input, { ...as.bob, ...around });

  it('lets somebody else vote in one’s place, for a while or as long as it waits', () => {
    delegate({ to: 'sam' }).thenEvents(example.delegated('bob', 'sam')).again().thenNothing();
    delegate({ to: 'sam', until: deadline }).thenEvents(example.delegated('bob', 'sam', deadline));
    delegate({ to: 'sam', until: deadline }, {}, example.delegated('bob', 'sam')).thenEvents(
      example.delegated('bob', 'sam', deadline),
    );
  });

  it('to oneself takes it back', () => {
    delegate({ to: 'bob' }).thenNothing();
    delegate({ to: 'bob' }, {}, example.delegated('bob', 'sam'))
      .thenEvents(example.delegated('bob', 'bob'))
      .again()
      .thenNothing();
  });

  it('is for those who have a place of their own', () => {
    delegate({ to: 'cleo' }, { ...as.app, roles: ['admin'] }).thenRejected('approval-own');
    delegate({ to: 'cleo' }, { roles: ['admin'] }).thenRejected('approval-not-yours');
    const facts = { delegators: { bob: ['approver' as const] } };
    const sam = { actorId: 'sam', roles: ['admin' as const], facts };
    delegate({ to: 'cleo' }, sam, example.delegated('bob', 'sam')).thenRejected('approval-not-yours');
  });

  it('is to a member who had no hand in it, and not over already', () => {
    delegate({ to: 'zoe' }, { facts: { strangers: [zoe] } }).thenRejected('approver-unknown', '/to');
    const toViewer = delegate({ to: 'vic' }, { facts: { strangers: [vic] } });
    toViewer.thenRejected('approver-unknown', '/to');
    expect(() => toViewer.events).toThrow('vic may not vote');
    delegate({ to: 'app' }).thenRejected('delegation-not-possible', '/to');
    delegate({ to: 'sam', until: now }).thenRejected('delegation-not-possible', '/until');
  });

  it('is over when it is decided, and not there for whom the approval is not there', () => {
    delegate({ to: 'sam' }, {}, example.expired).thenRejected('approval-decided');
    on().send('delegateApproval', { to: 'sam' }, as.bob).thenRejected('approval-not-found');
  });
});

describe('reassigning', () => {
  const two = requested({ quorum: { n: 2 } });
  const reassign = (approvers: object, around: Around = {}, ...history: Parameters<typeof given>[1][]) =>
    on(two, ...history).send('reassignApproval', { approvers }, { ...as.olga, ...around });

  it('asks others instead, each once', () => {
    reassign({ members: ['cleo', 'eve', 'cleo'] })
      .thenEvents(example.reassigned(['cleo', 'eve']))
      .again()
      .thenNothing();
    on(two)
      .send('reassignApproval', { approvers: { roles: ['admin'] }, reason: 'holidays' }, as.bob)
      .thenEvents(
        approval.event('ApprovalReassigned', {
          approvalId,
          kind: 'action',
          by: 'bob',
          approvers: { roles: ['admin'], members: [] },
          reason: sealed('holidays'),
        }),
      );
  });

  it('drops the votes of those who are not among them any more, and keeps the others', () => {
    const voted = [two, cast('bob', 'approve'), cast('cleo', 'approve', { roles: ['approver', 'admin'] })];
    const toAdmins = example.reassigned([], ['admin']);
    on(...voted.slice(0, 2), toAdmins)
      .vote(approve, { actorId: 'eve', roles: ['admin'] })
      .thenEvents(cast('eve', 'approve', { roles: ['admin'] }));
    on(voted[0]!, voted[2]!, toAdmins)
      .vote(approve, { actorId: 'eve', roles: ['admin'] })
      .thenEvents(cast('eve', 'approve', { roles: ['admin'] }), grantedBy('cleo', 'eve'));
  });

  it('ends it when those who are asked now can no longer agree in number', () => {
    const rejecting = cast('bob', 'reject', { actionHash });
    reassign({ members: ['bob', 'cleo'] }, {}, rejecting)
      .thenEvents(example.reassigned(['bob', 'cleo']), example.rejected)
      .again()
      .thenRejected('approval-decided');
    reassign({ members: ['bob', 'cleo', 'eve'] }, {}, rejecting).thenEvents(
      example.reassigned(['bob', 'cleo', 'eve']),
    );
    // Whose no dropped out does not stand in the way.
    reassign({ members: ['cleo', 'eve'] }, {}, rejecting).thenEvents(example.reassigned(['cleo', 'eve']));
  });

  it('is never to nobody, to strangers, or to too few', () => {
    reassign({}).thenRejected('approvers-too-few', '/approvers');
    reassign({ members: ['app', 'bob'] }).thenRejected('approvers-too-few', '/approvers');
    reassign({ members: ['bob', 'bob'] }).thenRejected('approvers-too-few', '/approvers');
    reassign({ roles: ['viewer', 'service'] }).thenRejected('approvers-too-few', '/approvers');
    reassign({ members: ['bob', 'zoe'] }, { facts: { strangers: [zoe] } }).thenRejected(
      'approver-unknown',
      '/approvers/members/1',
    );
    const toViewer = reassign({ members: ['bob', 'vic'] }, { facts: { strangers: [vic] } });
    toViewer.thenRejected('approver-unknown', '/approvers/members/1');
    expect(() => toViewer.events).toThrow('vic may not vote');
  });

  it('is for those who decide, admins and owners', () => {
    const seen = { facts: { seesPersona: true } };
    reassign({ roles: ['owner'] }, { actorId: 'sam', roles: ['approver'] }).thenEvents(
      expect.anything() as never,
    );
    const elsewhere = requested({ approvers: { roles: [], members: ['cleo'] } });
    on(elsewhere)
      .send('reassignApproval', { approvers: { roles: ['owner'] } }, { ...as.bob, ...seen })
      .thenRejected('approval-not-yours');
    on(requested({ excluded: ['app', 'bob'] }))
      .send('reassignApproval', { approvers: { roles: ['owner'] } }, { ...as.bob, ...seen })
      .thenRejected('approval-own');
    reassign({ roles: ['owner'] }, {}, example.cancelled).thenRejected('approval-decided');
    on()
      .send('reassignApproval', { approvers: { roles: ['owner'] } }, as.olga)
      .thenRejected('approval-not-found');
  });
});

describe('what voting shares with other commands', () => {
  it('tells by what somebody may vote', () => {
    const state = {
      excluded: ['app'],
      approvers: { roles: ['approver' as const], members: [] },
      votes: {},
      delegations: {},
    };
    const asking = (id: string) => ({
      now,
      actor: { kind: 'user' as const, id, roles: ['approver' as const], teams: [] },
      facts: { delegators: {} },
    });
    expect(eligible(state as never, asking('bob'))).toEqual({ by: 'role' });
    expect(() => eligible(state as never, asking('app'))).toThrow();
  });

  it('counts only people who may vote towards the quorum', () => {
    const approvers = { roles: [], members: ['bob', 'app'] };
    expect(() => enough({ approvers, excluded: ['app'], quorum: 2 }, [])).toThrow('and of those');
    expect(() => enough({ approvers, excluded: [], quorum: 2 }, [])).not.toThrow();
  });

  it('counts nobody who may not vote, by name or by role', () => {
    const asked = (roles: Role[], ...members: string[]) => ({
      approvers: { roles, members },
      excluded: [],
      quorum: 1,
    });
    expect(() => enough(asked(['viewer', 'auditor']), [])).toThrow('of those who are named 0 can');
    expect(() => enough(asked(['viewer', 'approver']), [])).not.toThrow();
    expect(() => enough(asked(['approver'], 'vic'), [vic])).toThrow('vic may not vote');
  });

  it('asks admins and owners too where those who are named can never agree', () => {
    const asked = { approvers: { roles: [], members: ['bob', 'vic'] }, excluded: [], quorum: 1 };
    expect(answerable(asked, [vic])).toEqual(asked.approvers);
    const two = { roles: ['admin', 'owner'], members: ['bob', 'vic'] };
    expect(answerable({ ...asked, quorum: 2 }, [vic])).toEqual(two);
  });

  it('tells how it ends, if it does', () => {
    const state = { kind: 'action', actionHash, excluded: [], votes: {}, delegations: {}, quorum: 1 };
    const asking = (...members: string[]) => ({ ...state, approvers: { roles: [], members } });
    const ctx = { now, id: () => '01890000-0000-7000-8000-0000000009a1' };
    expect(decided(approvalId, asking('bob') as never, ctx)).toEqual([]);
    expect(decided(approvalId, asking() as never, ctx)).toMatchObject([{ type: 'ApprovalRejected' }]);
  });

  it('names everybody once', () =>
    expect(inOneForm({ roles: ['admin', 'admin'], members: ['a', 'b', 'a'] })).toEqual({
      roles: ['admin'],
      members: ['a', 'b'],
    }));
});
