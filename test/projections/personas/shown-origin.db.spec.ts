import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';

const bob = { id: 'bob', roles: ['viewer' as const], teams: [] };
let world: AreaWorld;
let parent: string;

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  parent = (await world.send('registerPersona', { ...registration, slug: 'parent' })).id;
  const child = { ...registration, slug: 'child', parentPersonaId: 'parent', isPublic: true };
  await world.send('registerPersona', child);
});
afterAll(() => world.stop());

describe('where a persona comes from', () => {
  const origins = async (as = {}) => {
    const view = await world.ask('getPersona', { personaId: 'child' }, as);
    const { items } = await world.ask('getPersonaTimeline', { personaId: 'child' }, as);
    const [entry] = items as { details: { originRef?: unknown }; summary: string }[];
    return { view: view.originRef, entry: entry!.details.originRef, summary: entry!.summary };
  };

  it('is told to whoever may see the parent', async () => {
    const originRef = { parentPersonaId: parent };
    expect(await origins()).toEqual({
      view: originRef,
      entry: originRef,
      summary: `registered as child, derived from ${parent}`,
    });
  });

  it('is told to nobody else, in no answer', async () => {
    expect(await origins(bob)).toEqual({
      view: {},
      entry: {},
      summary: 'registered as child, derived from another persona',
    });
  });

  it('is judged by today’s sharing', async () => {
    await world.send('setPersonaVisibility', { personaId: 'parent', isPublic: true });
    expect((await origins(bob)).view).toEqual({ parentPersonaId: parent });
  });
});
