import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissions } from '../../../src/domain/tenancy/permissions.js';
import type { ReadModule } from '../../../src/projections/engine/declaration.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { accessReviewReadModule } from '../../../src/projections/tenancy/access-review.js';
import { apiKeysReadModule } from '../../../src/projections/tenancy/api-keys.js';
import { membersReadModule } from '../../../src/projections/tenancy/members.js';
import { teamsReadModule } from '../../../src/projections/tenancy/teams.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';

const readModules: ReadModule[] = [
  membersReadModule,
  apiKeysReadModule,
  teamsReadModule,
  personaReadModule,
  accessReviewReadModule,
];

type Item = Record<string, unknown> & { memberId: string; permissions: string[]; keys: { keyId: string }[] };
let world: AreaWorld;
let before: string;
let laptop: string;

const review = async (input: Record<string, unknown> = {}, as = {}): Promise<Item[]> =>
  (await world.ask<{ items: Item[] }>('accessReview', input, as)).items;
const of = (items: Item[], id: string): Item | undefined => items.find(({ memberId }) => memberId === id);
const issueKey = async (memberId: string, label: string): Promise<string> => {
  const { reply } = await world.send('issueApiKey', { memberId, label }, { id: 'olga' });
  return (reply as { keyId: string }).keyId;
};

beforeAll(async () => {
  world = await areaWorld({
    projections: readModules.flatMap(({ projections }) => projections),
    queries: accessReviewReadModule.queries,
  });
  const home = { tenantId: 'default', roles: ['owner' as const] };
  for (const tenantId of ['acme', 'other'])
    await world.send('createTenant', { name: tenantId, tenantId, ownerId: 'olga', ownerName: 'Olga' }, home);
  const add = (memberId: string, roles: string[]) =>
    world.send('addMember', { memberId, displayName: memberId, roles }, { id: 'olga' });
  await add('ada', ['admin']);
  await add('bob', ['approver']);
  await add('eve', ['editor', 'viewer']);
  laptop = await issueKey('bob', 'laptop');
  await issueKey('bob', 'phone');
  await world.send('createTeam', { teamId: 'red', name: 'Red', members: ['bob', 'eve'] }, { id: 'olga' });
  await world.send('createTeam', { teamId: 'blue', name: 'Blue', members: ['bob'] }, { id: 'olga' });
  await world.send('registerPersona', { ...registration, slug: 'guide' }, { id: 'eve', roles: ['editor'] });
  await world.send('sharePersona', { personaId: 'guide', teamId: 'blue' }, { id: 'olga' });
  before = world.now();
  await world.send('revokeApiKey', { keyId: laptop }, { id: 'olga' });
  await world.send('removeTeamMember', { teamId: 'blue', memberId: 'bob' }, { id: 'olga' });
  await world.send('changeMemberRoles', { memberId: 'bob', roles: ['viewer'] }, { id: 'olga' });
  await world.send('removeMember', { memberId: 'ada' }, { id: 'olga' });
});
afterAll(() => world.stop());

describe('accessReview', () => {
  it('tells of every member what it may do', async () => {
    const items = await review();
    expect(items.map(({ memberId }) => memberId)).toEqual(['bob', 'eve', 'olga']);
    expect(of(items, 'bob')).toEqual({
      memberId: 'bob',
      displayName: expect.anything(),
      roles: ['viewer'],
      teams: ['red'],
      keys: [{ keyId: expect.not.stringContaining(laptop), label: 'phone' }],
      permissions: expect.arrayContaining(['personas:read', 'approvals:read']),
      mayVote: false,
      mayChangePolicy: false,
    });
    expect(of(items, 'olga')).toMatchObject({
      keys: [{ label: 'first owner' }],
      mayVote: true,
      mayChangePolicy: true,
    });
  });

  it('lists permissions in order, without those of the home tenant elsewhere', async () => {
    const [bob, , olga] = await review();
    expect(olga!.permissions).toEqual(
      Object.keys(permissions)
        .filter((name) => name !== 'tenants:create')
        .sort(),
    );
    expect(bob!.permissions).not.toContain('personas:write');
  });

  it('tells it as of any moment: roles, teams, keys and people of then', async () => {
    const items = await review({}, { asOf: before });
    expect(items.map(({ memberId }) => memberId)).toEqual(['ada', 'bob', 'eve', 'olga']);
    expect(of(items, 'bob')).toMatchObject({
      roles: ['approver'],
      teams: ['blue', 'red'],
      mayVote: true,
      mayChangePolicy: false,
    });
    expect(of(items, 'bob')!.keys.map(({ keyId }) => keyId)).toContain(laptop);
    expect(of(items, 'ada')).toMatchObject({ keys: [], teams: [], mayVote: true, mayChangePolicy: true });
  });

  it('tells how each stands to a persona, as both were then', async () => {
    const standings = async (as = {}) =>
      (await review({ personaId: 'guide' }, as)).map(({ memberId, persona }) => [memberId, persona]);
    expect(await standings()).toEqual([
      ['bob', { sees: false, manages: false }],
      ['eve', { sees: true, manages: true }],
      ['olga', { sees: true, manages: true }],
    ]);
    expect(await standings({ asOf: before })).toEqual([
      ['ada', { sees: true, manages: true }],
      ['bob', { sees: true, manages: false }],
      ['eve', { sees: true, manages: true }],
      ['olga', { sees: true, manages: true }],
    ]);
  });

  it('refuses a persona that is not there, or was not there yet', async () => {
    const refused = (personaId: string, as = {}) => world.refused(review({ personaId }, as));
    expect(await refused('nobody')).toBe('persona-not-found');
    expect(await refused('guide', { asOf: '3' })).toBe('persona-not-found');
    expect(await refused('guide', { tenantId: 'other' })).toBe('persona-not-found');
  });

  it('goes page by page', async () => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: Item[]; next: string | null } = await world.ask('accessReview', {
        limit: 2,
        ...(cursor !== null && { cursor }),
      });
      ids.push(...page.items.map(({ memberId }) => memberId));
      cursor = page.next;
    } while (cursor !== null);
    expect(ids).toEqual(['bob', 'eve', 'olga']);
  });

  it('tells a tenant nothing of another', async () => {
    expect(await review({}, { tenantId: 'other' })).toMatchObject([{ memberId: 'olga', teams: [] }]);
  });
});
