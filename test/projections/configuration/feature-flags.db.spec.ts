import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { featureFlagsReadModule } from '../../../src/projections/configuration/feature-flags.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';

const ada = '01890000-0000-7000-8000-00000000000a';
const bob = '01890000-0000-7000-8000-00000000000b';
let world: AreaWorld;
let before: string;

const flags = async (input = {}, as = {}): Promise<unknown[]> =>
  (await world.ask('listFeatureFlags', input, as)).items.map(({ flag }) => flag);
const reader = { roles: ['service' as const], id: 'app' };

beforeAll(async () => {
  world = await areaWorld(featureFlagsReadModule);
  await world.send('setFeatureFlag', { flag: 'planner', enabled: true, rollout: 40, personaIds: [ada] });
  await world.send('setFeatureFlag', { flag: 'beta', enabled: false, description: 'to come' });
  await world.send('setFeatureFlag', { flag: 'elsewhere', enabled: true }, { tenantId: 'other' });
  before = world.now();
  await world.send('setFeatureFlag', { flag: 'beta', enabled: true, rollout: 40 });
  await world.send('removeFeatureFlag', { flag: 'planner' });
  await world.send('removeFeatureFlag', { flag: 'beta' }, { tenantId: 'other' });
});
afterAll(() => world.stop());

describe('listFeatureFlags', () => {
  it('tells the flags of the tenant by name, to everybody', async () => {
    expect((await world.ask('listFeatureFlags', {}, reader)).items).toEqual([
      {
        flag: 'beta',
        enabled: true,
        rollout: 40,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    ]);
  });

  it('has none that another tenant named, and none taken away by it', async () => {
    expect(await flags()).toEqual(['beta']);
    expect(await flags({}, { tenantId: 'other' })).toEqual(['elsewhere']);
  });

  it('tells them as they were', async () => {
    expect((await world.ask('listFeatureFlags', {}, { asOf: before })).items).toMatchObject([
      { flag: 'beta', enabled: false, rollout: 100, description: 'to come' },
      { flag: 'planner', personaIds: [ada] },
    ]);
  });

  it('goes page by page', async () => {
    const { items, next } = await world.ask('listFeatureFlags', { limit: 1 }, { asOf: before });
    expect(items).toMatchObject([{ flag: 'beta' }]);
    expect(await flags({ limit: 1, cursor: next }, { asOf: before })).toEqual(['planner']);
  });
});

describe('getFeatureFlag', () => {
  const get = (input: object, as = {}) => world.ask('getFeatureFlag', { flag: 'beta', ...input }, as);

  it('tells a flag, and nothing about a unit that was not asked for', async () => {
    const found = await get({});
    expect(found).toMatchObject({ flag: 'beta', rollout: 40 });
    expect(found).not.toHaveProperty('isEnabled');
  });

  it('tells whether it is on for a unit', async () => {
    expect(await get({ unit: 'bob' })).toMatchObject({ isEnabled: true, assignmentVersion: 1 });
    expect(await get({ unit: 'ada' })).toMatchObject({ isEnabled: false });
  });

  it('tells whether it was on', async () => {
    expect(await get({ unit: 'bob' }, { asOf: before })).toMatchObject({ isEnabled: false });
  });

  it('tells whether it is on for a unit with a persona', async () => {
    const planner = (personaId?: string) =>
      get({ flag: 'planner', unit: 'unit-1', ...(personaId && { personaId }) }, { asOf: before });
    expect(await planner(ada)).toMatchObject({ isEnabled: true });
    expect(await planner(bob)).toMatchObject({ isEnabled: false });
    expect(await planner()).toMatchObject({ isEnabled: false });
  });

  it('refuses a persona without a unit', async () => {
    expect(await world.refused(get({ personaId: ada }))).toBe('invalid-input');
  });

  it('refuses a flag that is not there, not there yet, no longer there, or of another tenant', async () => {
    const refused = (flag: string, as = {}) => world.refused(get({ flag }, as));
    expect(await refused('nothing')).toBe('flag-not-found');
    expect(await refused('beta', { asOf: '1' })).toBe('flag-not-found');
    expect(await refused('planner')).toBe('flag-not-found');
    expect(await refused('elsewhere')).toBe('flag-not-found');
  });
});
