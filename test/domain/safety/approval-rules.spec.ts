import { describe, expect, it } from 'vitest';
import {
  halfWay,
  isExcluded,
  isRequester,
  later,
  managesApprovals,
  mostThatCanAgree,
  outcomeOf,
  oversees,
  standingOf,
  votersFor,
  votesStillValid,
  votesUnlessBy,
  withVote,
  type Electorate,
  type Vote,
} from '../../../src/domain/safety/approval-rules.js';

const now = '2026-01-02T03:00:00.000Z';
const electorate = (over: Partial<Electorate> = {}): Electorate => ({
  approvers: { roles: ['approver'], members: ['eve'] },
  excluded: ['ada'],
  delegations: {},
  votes: {},
  ...over,
});
const vote = (by: string, decision: Vote['decision'] = 'approve', over: Partial<Vote> = {}): Vote => ({
  by,
  roles: ['approver'],
  decision,
  ...over,
});
const votes = (...list: Vote[]): Record<string, Vote> =>
  list.reduce<Record<string, Vote>>((all, one) => withVote(all, one), {});
const bob = { id: 'bob', roles: ['approver' as const] };
const sam = { id: 'sam', roles: ['editor' as const] };
const toSam = { to: 'sam', until: null, roles: ['approver' as const] };

describe('who may vote', () => {
  it('is who is named, whatever its roles', () =>
    expect(standingOf(electorate(), { id: 'eve', roles: [] }, now)).toEqual({ by: 'named' }));
  it('is who holds a role that is named', () =>
    expect(standingOf(electorate(), bob, now)).toEqual({ by: 'role' }));
  it('is nobody else', () => expect(standingOf(electorate(), sam, now)).toBeNull());

  it.each([
    ['in person', { id: 'ada', roles: ['approver' as const] }],
    ['through an application', { id: 'app', roles: ['approver' as const], onBehalfOf: 'ada' }],
  ])('is not who had a hand in it, %s', (_, person) => {
    expect(isExcluded(electorate(), person)).toBe(true);
    expect(standingOf(electorate(), person, now)).toBeNull();
  });

  it('is a delegate of one of them, as long as the delegation lasts', () => {
    const until = '2026-01-02T03:00:00.001Z';
    const lasting = electorate({ delegations: { bob: { ...toSam, until } } });
    expect(standingOf(lasting, sam, now)).toEqual({ by: 'delegated', from: 'bob', roles: ['approver'] });
    expect(standingOf(lasting, sam, until)).toBeNull();
    expect(standingOf(lasting, sam, null)).not.toBeNull();
  });

  it('is not a delegate of who is not among them any more, or never was', () => {
    const delegations = { bob: toSam };
    expect(standingOf(electorate({ delegations }), sam, now, () => ['editor'])).toBeNull();
    expect(standingOf(electorate({ delegations }), sam, now, () => null)).toBeNull();
    expect(standingOf(electorate({ delegations, excluded: ['bob'] }), sam, now)).toBeNull();
    expect(standingOf(electorate({ delegations: { zoe: { ...toSam, roles: [] } } }), sam, now)).toBeNull();
  });

  it('is not a delegate of who has voted in person', () => {
    const voted = electorate({ delegations: { bob: toSam }, votes: votes(vote('bob')) });
    expect(standingOf(voted, sam, now)).toBeNull();
  });

  it('is a delegate of two in the place where it has voted already', () => {
    const delegations = { bob: toSam, cleo: toSam };
    expect(standingOf(electorate({ delegations }), sam, now)).toMatchObject({ from: 'bob' });
    const voted = electorate({ delegations, votes: votes(vote('sam', 'approve', { onBehalfOf: 'cleo' })) });
    expect(standingOf(voted, sam, now)).toMatchObject({ from: 'cleo' });
  });

  it('is who has a place of its own, rather than as a delegate', () => {
    const both = electorate({ delegations: { bob: { ...toSam, to: 'eve' } } });
    expect(standingOf(both, { id: 'eve', roles: [] }, now)).toEqual({ by: 'named' });
  });
});

describe('votes', () => {
  it('are one per person: the last one counts', () => {
    const all = votes(vote('bob', 'reject'), vote('bob'));
    expect([votersFor(all, 'approve'), votersFor(all, 'reject')]).toEqual([['bob'], []]);
  });

  it('never count a delegate and who delegated', () => {
    const delegate = vote('sam', 'approve', { onBehalfOf: 'bob' });
    expect(votersFor(votes(delegate, vote('bob', 'reject')), 'approve')).toEqual([]);
    expect(votersFor(votes(delegate, vote('bob')), 'approve')).toEqual(['bob']);
  });

  it('never count a delegate twice, who votes for two or gets a place of its own', () => {
    const first = vote('sam', 'approve', { onBehalfOf: 'bob' });
    const second = vote('sam', 'approve', { onBehalfOf: 'cleo' });
    expect(votersFor(votes(first, second), 'approve')).toEqual(['sam']);
    expect(votersFor(votes(first, vote('sam')), 'approve')).toEqual(['sam']);
  });

  it('never count two delegates of one', () => {
    const first = vote('sam', 'approve', { onBehalfOf: 'bob' });
    const second = vote('tom', 'approve', { onBehalfOf: 'bob' });
    expect(votersFor(votes(first, second), 'approve')).toEqual(['tom']);
  });

  it('of a delegate fall with the delegation, and those in person stay', () => {
    const all = votes(vote('sam', 'approve', { onBehalfOf: 'bob' }), vote('cleo'));
    expect(Object.keys(votesUnlessBy(all, 'bob', 'tom'))).toEqual(['cleo']);
    expect(Object.keys(votesUnlessBy(all, 'bob', 'sam')).sort()).toEqual(['bob', 'cleo']);
    expect(Object.keys(votesUnlessBy(all, 'cleo', 'tom')).sort()).toEqual(['bob', 'cleo']);
  });

  it('drop out when others are asked: by name, and by the roles that were recorded', () => {
    const all = votes(
      vote('bob'),
      vote('cleo', 'approve', { roles: ['admin'] }),
      vote('sam', 'approve', { roles: [], onBehalfOf: 'dana', onBehalfOfRoles: ['admin'] }),
      vote('eve', 'reject', { roles: [] }),
    );
    const remaining = (approvers: Electorate['approvers']): string[] =>
      Object.values(votesStillValid(electorate({ approvers, votes: all })))
        .map(({ by }) => by)
        .sort();
    expect(remaining({ roles: ['admin'], members: [] })).toEqual(['cleo', 'sam']);
    expect(remaining({ roles: [], members: ['eve', 'dana'] })).toEqual(['eve', 'sam']);
    expect(remaining({ roles: [], members: ['sam'] })).toEqual([]);
  });
});

describe('what votes come to', () => {
  const named = (...members: string[]) => ({ approvers: { roles: [], members } });
  it.each([
    ['nothing yet', { votes: votes(vote('bob')) }, 2, null],
    ['approved when so many agree', { votes: votes(vote('bob'), vote('cleo')) }, 2, 'approved'],
    ['rejected when so many reject', { votes: votes(vote('bob', 'reject')) }, 1, 'rejected'],
    ['open while others may still agree', { votes: votes(vote('bob', 'reject'), vote('cleo')) }, 2, null],
    [
      'rejected when those who are named can no longer agree in number',
      { ...named('bob', 'cleo'), votes: votes(vote('bob', 'reject')) },
      2,
      'rejected',
    ],
    [
      'open when one of three rejects and two are needed',
      { ...named('bob', 'cleo', 'eve'), votes: votes(vote('bob', 'reject')) },
      2,
      null,
    ],
    [
      'rejected earlier, when one of the named had a hand in it',
      { ...named('bob', 'cleo', 'ada'), votes: votes(vote('bob', 'reject')) },
      2,
      'rejected',
    ],
    ['open after a yes that is not enough', { ...named('bob', 'cleo'), votes: votes(vote('bob')) }, 2, null],
    ['open while nobody has voted', named('bob', 'cleo'), 2, null],
    ['rejected, whatever the votes, when so many were never left', named('bob', 'ada'), 2, 'rejected'],
    ['rejected when nobody is left at all', named('ada'), 1, 'rejected'],
  ] as const)('%s', (_, over, quorum, expected) =>
    expect(outcomeOf(electorate(over), quorum)).toBe(expected),
  );

  it('is not known beforehand where a role is asked', () => {
    expect(mostThatCanAgree(electorate())).toBe(Infinity);
    expect(mostThatCanAgree(electorate(named('bob', 'bob', 'ada')))).toBe(1);
  });
});

describe('who has a say besides', () => {
  it('is whoever asked, also through an application', () => {
    expect(isRequester({ requesterId: 'ada' }, { id: 'ada' })).toBe(true);
    expect(isRequester({ requesterId: 'ada' }, { id: 'app', onBehalfOf: 'ada' })).toBe(true);
    expect(isRequester({ requesterId: 'ada' }, { id: 'bob' })).toBe(false);
  });

  it('are admins and owners; auditors look on', () => {
    const roles = ['viewer', 'editor', 'approver', 'admin', 'owner', 'auditor', 'service'] as const;
    expect(roles.filter((role) => managesApprovals({ roles: [role] }))).toEqual(['admin', 'owner']);
    expect(roles.filter((role) => oversees({ roles: [role] }))).toEqual(['admin', 'owner', 'auditor']);
  });
});

it('reminds half-way', () => {
  expect(halfWay(now, later(now, 600))).toBe('2026-01-02T03:05:00.000Z');
  expect(halfWay(now, later(now, 1))).toBe('2026-01-02T03:00:00.500Z');
});
