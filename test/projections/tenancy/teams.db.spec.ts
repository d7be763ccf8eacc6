import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { teamsReadModule } from '../../../src/projections/tenancy/teams.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';

let world: AreaWorld;
let before: string;

/** Ids of a list's teams, in its order. */
const ids = async (input: Record<string, unknown>, as = {}): Promise<string[]> => {
  const { items } = await world.ask<{ items: { teamId: string }[] }>('listTeams', input, as);
  return items.map(({ teamId }) => teamId);
};
const reader = { roles: ['service' as const], id: 'app' };

beforeAll(async () => {
  world = await areaWorld(teamsReadModule);
  const home = { tenantId: 'default', roles: ['owner' as const] };
  for (const tenantId of ['acme', 'other'])
    await world.send('createTenant', { name: tenantId, tenantId, ownerId: 'olga' }, home);
  for (const memberId of ['ada', 'bob'])
    await world.send('addMember', { memberId, displayName: memberId, roles: ['editor'] });
  await world.send('createTeam', { teamId: 'red', name: 'Red team', members: ['ada', 'bob'] });
  await world.send('createTeam', { teamId: 'blue', name: 'Acme', members: ['ada'] });
  await world.send('createTeam', { teamId: 'red', name: 'Elsewhere' }, { tenantId: 'other' });
  before = world.now();
  await world.send('removeMember', { memberId: 'ada' });
  await world.send('addTeamMember', { teamId: 'blue', memberId: 'olga' });
});
afterAll(() => world.stop());

describe('listTeams', () => {
  it('tells the teams of the tenant with their members, to everybody', async () => {
    expect((await world.ask('listTeams', {}, reader)).items).toEqual([
      { teamId: 'blue', name: 'Acme', members: ['olga'], createdAt: expect.any(String) },
      { teamId: 'red', name: 'Red team', members: ['bob'], createdAt: expect.any(String) },
    ]);
    expect(await ids({}, { tenantId: 'other' })).toEqual(['red']);
  });

  it.each([
    ['bob', ['red']],
    ['olga', ['blue']],
    ['ada', []],
    ['nobody', []],
  ])('of %s: %j', async (member, expected) => {
    expect(await ids({ member })).toEqual(expected);
  });

  it('goes page by page', async () => {
    const { items, next } = await world.ask('listTeams', { limit: 1 });
    expect(items).toMatchObject([{ teamId: 'blue' }]);
    expect(await ids({ limit: 1, cursor: next })).toEqual(['red']);
  });

  it('tells who was in which team before a member was removed from the tenant', async () => {
    expect(await ids({ member: 'ada' }, { asOf: before })).toEqual(['blue', 'red']);
  });
});

describe('getTeam', () => {
  it('tells one team, also as it was', async () => {
    expect(await world.ask('getTeam', { teamId: 'red' })).toMatchObject({ members: ['bob'] });
    expect(await world.ask('getTeam', { teamId: 'red' }, { asOf: before })).toMatchObject({
      name: 'Red team',
      members: ['ada', 'bob'],
    });
  });

  it('refuses a team that is not there, not there yet, or of another tenant', async () => {
    const refused = (teamId: string, as = {}) => world.refused(world.ask('getTeam', { teamId }, as));
    expect(await refused('green')).toBe('team-not-found');
    expect(await refused('red', { asOf: '1' })).toBe('team-not-found');
    expect(await refused('blue', { tenantId: 'other' })).toBe('team-not-found');
  });
});
