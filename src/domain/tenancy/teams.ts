import { ownMember } from '../own-member.js';

export interface Team {
  name: string;
  /** Ids, in the order in which they joined. */
  members: string[];
}

/**
 * Who is in which team, kept both ways: every request asks for the teams of its member, and a tenant may have
 * thousands of them to look through.
 */
export interface Teams {
  teams: Record<string, Team>;
  /** Sorted team ids by member; whoever is in none does not stand here. */
  teamsByMember: Record<string, string[]>;
}

/** What a tenant begins with. */
export const noTeams: Teams = { teams: {}, teamsByMember: {} };

/** Ids of the teams that a member is in, sorted. */
export const teamsOf = (state: Teams, memberId: string): string[] =>
  ownMember(state.teamsByMember, memberId) ?? [];

/** The state with a new team, which nobody is in yet. */
export const withTeam = <S extends Teams>(state: S, id: string, name: string): S => ({
  ...state,
  teams: { ...state.teams, [id]: { name, members: [] } },
});

/** The state after a member came into a team. */
export function joined<S extends Teams>(state: S, id: string, memberId: string): S {
  const team = ownMember(state.teams, id)!;
  return {
    ...state,
    teams: { ...state.teams, [id]: { ...team, members: [...team.members, memberId] } },
    teamsByMember: { ...state.teamsByMember, [memberId]: [...teamsOf(state, memberId), id].sort() },
  };
}

/** The state after a member went from a team. */
export function left<S extends Teams>(state: S, id: string, memberId: string): S {
  const team = ownMember(state.teams, id)!;
  const { [memberId]: before = [], ...others } = state.teamsByMember;
  const after = before.filter((other) => other !== id);
  return {
    ...state,
    teams: {
      ...state.teams,
      [id]: { ...team, members: team.members.filter((other) => other !== memberId) },
    },
    teamsByMember: after.length > 0 ? { ...others, [memberId]: after } : others,
  };
}
