import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joined, left, noTeams, teamsOf, withTeam, type Teams } from '../../../src/domain/tenancy/teams.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('teams');
const ids = ['red', 'blue', '__proto__'];
const members = ['ada', 'bob', 'constructor', '__proto__'];
const withTeams = ids.reduce<Teams>((state, id) => withTeam(state, id, `the ${id} team`), noTeams);

it('begin without members', () => {
  expect(withTeams.teams['red']).toEqual({ name: 'the red team', members: [] });
  for (const member of members) expect(teamsOf(withTeams, member)).toEqual([]);
});

it('keep their members in the order in which they joined', () => {
  const both = joined(joined(withTeams, 'red', 'bob'), 'red', 'ada');
  expect(both.teams['red']!.members).toEqual(['bob', 'ada']);
  expect(left(both, 'red', 'bob').teams['red']!.members).toEqual(['ada']);
});

it('are told by member, sorted; of whoever is in none, nothing is kept', () => {
  const state = joined(joined(withTeams, 'red', 'ada'), 'blue', 'ada');
  expect(teamsOf(state, 'ada')).toEqual(['blue', 'red']);
  expect(left(left(state, 'red', 'ada'), 'blue', 'ada')).toEqual(withTeams);
});

it('are known both ways alike, and keep what else the state holds', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...members)));
  fc.assert(
    fc.property(steps, (list) => {
      const start = { ...withTeams, name: 'Acme' };
      const end = list.reduce((state, [id, member]) => {
        const change = teamsOf(state, member).includes(id) ? left : joined;
        return change(state, id, member);
      }, start);
      expect(end.name).toBe('Acme');
      for (const member of members) {
        const found = ids.filter((id) => end.teams[id]!.members.includes(member));
        expect(teamsOf(end, member)).toEqual(found.sort());
      }
    }),
    { seed },
  );
});
