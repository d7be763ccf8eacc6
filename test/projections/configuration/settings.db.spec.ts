import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usualSettings } from '../../../src/domain/configuration/events.js';
import { settingsReadModule } from '../../../src/projections/configuration/settings.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';

let world: AreaWorld;
let before: string;

beforeAll(async () => {
  world = await areaWorld(settingsReadModule);
  await world.send('changeSettings', { changeControl: 'reviewed', refinementQuorum: 2 });
  before = world.now();
  await world.send('changeSettings', { refinementQuorum: 3, protectedChannels: ['production', 'live'] });
});
afterAll(() => world.stop());

describe('getSettings', () => {
  const get = (as = {}) => world.ask('getSettings', {}, as);

  it('tells all settings to everybody, also those that nobody changed', async () => {
    expect(await get({ roles: ['service'], id: 'app' })).toEqual({
      ...usualSettings,
      changeControl: 'reviewed',
      protectedChannels: ['live', 'production'],
      refinementQuorum: 3,
      version: 4,
    });
  });

  it('tells them as they were', async () => {
    expect(await get({ asOf: before })).toEqual({
      ...usualSettings,
      changeControl: 'reviewed',
      refinementQuorum: 2,
      version: 2,
    });
    expect(await get({ asOf: '0' })).toEqual({ ...usualSettings, version: 0 });
  });

  it('tells a tenant nothing of another', async () => {
    expect(await get({ tenantId: 'other' })).toEqual({ ...usualSettings, version: 0 });
  });
});
