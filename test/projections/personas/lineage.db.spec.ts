import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';
import { supportTemplate } from '../../support/template-examples.js';

let world: AreaWorld;
let before: string;
const ids: Record<string, string> = {};

const bob = { id: 'bob', roles: ['viewer' as const], teams: [] };
const lineage = (personaId: string, as = {}) => world.ask('getPersonaLineage', { personaId }, as);
const derive = async (slug: string, parentPersonaId?: string, more: Record<string, unknown> = {}) => {
  const parent = parentPersonaId === undefined ? {} : { parentPersonaId };
  const input = { ...registration, slug, name: slug.toUpperCase(), isPublic: true, ...parent, ...more };
  ids[slug] = (await world.send('registerPersona', input)).id;
};
const called = (slug: string) => ({ personaId: ids[slug], slug, name: slug.toUpperCase() });

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  ids['template'] = (await world.send('createTemplate', supportTemplate)).id;
  await derive('root');
  await derive('middle', 'root', { isPublic: false });
  await derive('leaf', 'middle');
  before = world.now();
  await derive('leaf-2', 'middle', { isPublic: false });
  const made = { templateId: 'support-agent', name: 'Made', description: 'Answers', isPublic: true };
  ids['made'] = (await world.send('instantiateTemplate', made)).id;
  await world.send('reviseTemplate', { templateId: 'support-agent', baseTemperature: 1 });
});
afterAll(() => world.stop());

describe('getPersonaLineage', () => {
  it('tells the ancestors, nearest first, and what was derived', async () => {
    const answer = await lineage('middle');
    expect(answer).toEqual({
      personaId: ids['middle'],
      template: null,
      ancestors: [called('root')],
      children: [called('leaf'), called('leaf-2')],
    });
    expect(personaReadModule.queries['getPersonaLineage']!.output.parse(answer)).toEqual(answer);
    expect(await lineage('leaf')).toMatchObject({
      ancestors: [called('middle'), called('root')],
      children: [],
    });
  });

  it('tells the template and whether there is a newer revision of it', async () => {
    expect(await lineage('made')).toEqual({
      personaId: ids['made'],
      template: {
        templateId: ids['template'],
        slug: 'support-agent',
        name: 'Support agent',
        templateVersion: 1,
        currentTemplateVersion: 2,
        behind: true,
      },
      ancestors: [],
      children: [],
    });
  });

  it('a hidden ancestor keeps its place and tells nothing; a hidden child is not there', async () => {
    expect(await lineage('leaf', bob)).toMatchObject({
      ancestors: [{ personaId: null, slug: null, name: null }, called('root')],
    });
    expect(await lineage('root', bob)).toMatchObject({ children: [] });
    expect(await world.refused(lineage('middle', bob))).toBe('persona-not-found');
    expect(await world.refused(lineage('nobody'))).toBe('persona-not-found');
  });

  it('answers as of a moment, to whom may see it today', async () => {
    expect(await lineage('middle', { asOf: before })).toMatchObject({ children: [called('leaf')] });
    expect(await lineage('leaf', { ...bob, asOf: before })).toMatchObject({
      ancestors: [{ personaId: null, slug: null, name: null }, called('root')],
    });
    expect(await world.refused(lineage('made', { asOf: before }))).toBe('persona-not-found');
  });

  it('a hidden template tells how far the persona is behind, and not what it is called', async () => {
    await world.send('setTemplateVisibility', { templateId: 'support-agent', isPublic: false });
    const { template } = await lineage('made', bob);
    expect(template).toEqual({
      templateId: ids['template'],
      templateVersion: 1,
      currentTemplateVersion: 2,
      behind: true,
    });
    expect(await lineage('made')).toMatchObject({ template: { slug: 'support-agent' } });
  });
});
