/**
 * Who may vote on an approval, and how votes add up. Pure; the write side decides by it, the read model tells by it.
 * A seat is the place of one eligible person: it is taken by that person's own vote or by that of a delegate, never by
 * both, and nobody takes two.
 */
import type { Caller, Role } from '../kernel.js';
import { ownMember } from '../own-member.js';
import type { Personal } from '../sealed.js';
import type { Approvers } from './policy-document.js';

/** A vote as it stands. */
export interface Vote {
  by: string;
  /** The roles held when the vote was cast. */
  roles: Role[];
  /** Who delegated it, with the roles held at that moment. */
  onBehalfOf?: string;
  onBehalfOfRoles?: Role[];
  decision: 'approve' | 'reject';
  reason?: Personal;
}
export interface Delegation {
  to: string;
  /** The first instant at which it no longer holds; null for one that lasts. */
  until: string | null;
  /** Of who delegates, when it was done. */
  roles: Role[];
}

/** What decides about who may vote. */
export interface Electorate {
  approvers: Approvers;
  /** People who may not vote, whatever else they are. */
  excluded: readonly string[];
  /** By who delegates. */
  delegations: Readonly<Record<string, Delegation>>;
  /** By seat. */
  votes: Readonly<Record<string, Vote>>;
}

/** A person as far as voting goes; `onBehalfOf` is whom an application acts for. */
export type Person = Pick<Caller, 'id' | 'roles' | 'onBehalfOf'>;

/** The roles that see every approval there is in their tenant. */
const overseers: readonly Role[] = ['admin', 'owner', 'auditor'];
/** The roles that may give any approval to others, themselves among them, and give it up. */
export const managers: readonly Role[] = ['admin', 'owner'];
/** Whether somebody's roles alone let it see every approval. */
export const oversees = ({ roles }: Pick<Person, 'roles'>): boolean =>
  overseers.some((role) => roles.includes(role));
/** Whether somebody's roles alone let it reassign and cancel approvals. */
export const managesApprovals = ({ roles }: Pick<Person, 'roles'>): boolean =>
  managers.some((role) => roles.includes(role));

/** By what a person may vote. */
export type Standing = { by: 'named' | 'role' } | { by: 'delegated'; from: string; roles: Role[] };

/** Whether a person may not vote, because it asked or had a hand in it: the person, not the key that is shown. */
export const isExcluded = (
  { excluded }: Pick<Electorate, 'excluded'>,
  { id, onBehalfOf }: Pick<Person, 'id' | 'onBehalfOf'>,
): boolean => excluded.includes(id) || (onBehalfOf !== undefined && excluded.includes(onBehalfOf));

/** Whether somebody asked for it, in person or through an application that acts for it. */
export const isRequester = (
  { requesterId }: { requesterId: string },
  { id, onBehalfOf }: Pick<Person, 'id' | 'onBehalfOf'>,
): boolean => id === requesterId || onBehalfOf === requesterId;

/** By what a person has a seat of its own: by name, by a role that it holds, or not at all. */
function seatFor(electorate: Electorate, id: string, roles: readonly Role[]): 'named' | 'role' | null {
  if (electorate.excluded.includes(id)) return null;
  if (electorate.approvers.members.includes(id)) return 'named';
  return electorate.approvers.roles.some((role) => roles.includes(role)) ? 'role' : null;
}

/** Who has delegated to somebody, whom they still delegate to at this moment; in the order of their ids. */
export const delegatorsOf = (
  { delegations }: Pick<Electorate, 'delegations'>,
  id: string,
  now: string | null,
): string[] =>
  Object.keys(delegations)
    .filter((from) => {
      const { to, until } = delegations[from]!;
      return to === id && (until === null || now === null || now < until);
    })
    .sort();

/**
 * By what a person may vote at this moment, or null.
 * @param now null: whether delegations have ended is not asked
 * @param rolesOf the roles that a delegator holds; null for one who is no member any more
 */
export function standingOf(
  electorate: Electorate,
  person: Person,
  now: string | null,
  rolesOf: (delegator: string) => readonly Role[] | null = (from) => electorate.delegations[from]!.roles,
): Standing | null {
  if (isExcluded(electorate, person)) return null;
  const own = seatFor(electorate, person.id, person.roles);
  if (own) return { by: own };
  const free = delegatorsOf(electorate, person.id, now).flatMap((from): Standing[] => {
    const roles = rolesOf(from);
    if (roles === null || !seatFor(electorate, from, roles)) return [];
    // Who votes in person has not left it to a delegate.
    return ownMember(electorate.votes, from)?.by === from
      ? []
      : [{ by: 'delegated', from, roles: [...roles] }];
  });
  const taken = free.find(
    (one) => one.by === 'delegated' && ownMember(electorate.votes, one.from)?.by === person.id,
  );
  return taken ?? free[0] ?? null;
}

/** The seat that a vote takes. */
export const seatOf = ({ by, onBehalfOf }: Pick<Vote, 'by' | 'onBehalfOf'>): string => onBehalfOf ?? by;

type VotesOf<V extends Vote> = Readonly<Record<string, V>>;
const votesThat = <V extends Vote>(
  votes: VotesOf<V>,
  keep: (vote: V, seat: string) => boolean,
): Record<string, V> => Object.fromEntries(Object.entries(votes).filter(([seat, vote]) => keep(vote, seat)));

/** The votes with one more, in the place of what the person said before and of what was said from its seat. */
export const withVote = <V extends Vote>(votes: VotesOf<V>, vote: V): Record<string, V> => ({
  ...votesThat(votes, ({ by }, seat) => by !== vote.by && seat !== seatOf(vote)),
  [seatOf(vote)]: vote,
});

/** The votes without those that somebody else than this cast from a delegator's seat. */
export const votesUnlessBy = <V extends Vote>(
  votes: VotesOf<V>,
  delegator: string,
  delegate: string,
): Record<string, V> =>
  votesThat(votes, ({ by }, seat) => seat !== delegator || by === delegator || by === delegate);

/** The votes of those who are still asked when others are: by name, or by the roles recorded with the vote. */
export const votesStillValid = <V extends Vote>(
  electorate: Electorate & { votes: VotesOf<V> },
): Record<string, V> =>
  votesThat(electorate.votes, (vote, seat) => {
    const roles = vote.onBehalfOf === undefined ? vote.roles : (vote.onBehalfOfRoles ?? []);
    return seatFor(electorate, seat, roles) !== null;
  });

/** The people who voted so, in the order of their ids. */
export const votersFor = (votes: Electorate['votes'], decision: Vote['decision']): string[] =>
  Object.values(votes)
    .filter((vote) => vote.decision === decision)
    .map(({ by }) => by)
    .sort();

/** How many can agree at most, where that is known: with a role among the approvers it is not. */
export function mostThatCanAgree({
  approvers,
  excluded,
}: Pick<Electorate, 'approvers' | 'excluded'>): number {
  if (approvers.roles.length > 0) return Infinity;
  return new Set(approvers.members.filter((id) => !excluded.includes(id))).size;
}

/** What it comes to: so many agree, so many reject, or so many can no longer agree; null while it is open. */
export function outcomeOf(electorate: Electorate, quorum: number): 'approved' | 'rejected' | null {
  if (votersFor(electorate.votes, 'approve').length >= quorum) return 'approved';
  const rejecting = votersFor(electorate.votes, 'reject').length;
  return rejecting >= quorum || mostThatCanAgree(electorate) - rejecting < quorum ? 'rejected' : null;
}

/** The moment between two instants at which people are reminded: half-way. */
export const halfWay = (from: string, to: string): string =>
  new Date(Math.floor((Date.parse(from) + Date.parse(to)) / 2)).toISOString();

/** An instant so many seconds later. */
export const later = (from: string, seconds: number): string =>
  new Date(Date.parse(from) + seconds * 1_000).toISOString();
