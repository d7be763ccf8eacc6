import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';
import { supportTemplate } from '../../support/template-examples.js';

let world: AreaWorld;
let before: string;

const bob = { id: 'bob', roles: ['viewer' as const], teams: [] };
const make = (name: string, more: Record<string, unknown> = {}) =>
  world.send('instantiateTemplate', {
    templateId: 'support-agent',
    name,
    description: 'Answers on weekends',
    ...more,
  });
const slugs = async (input: Record<string, unknown> = {}, as = {}): Promise<string[]> => {
  const asked = { templateId: 'support-agent', ...input };
  const { items } = await world.ask<{ items: { slug: string }[] }>('listTemplatePersonas', asked, as);
  return items.map(({ slug }) => slug);
};

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  await world.send('createTemplate', supportTemplate);
  await world.send('createTemplate', { ...supportTemplate, name: 'Hidden', isPublic: false });
  await make('Ada', { isPublic: true });
  await make('Bea');
  await world.send('registerPersona', { ...registration, isPublic: true });
  before = world.now();
  await world.send('reviseTemplate', { templateId: 'support-agent', baseTemperature: 1 });
  await make('Cleo', { isPublic: true });
  await world.send('adoptTemplateRevision', { personaId: 'bea' });
  await world.send('reviseTemplate', { templateId: 'support-agent', baseTemperature: 0.5 });
});
afterAll(() => world.stop());

describe('listTemplatePersonas', () => {
  it('tells of each persona which revision it follows and whether there is a newer one', async () => {
    const { items } = await world.ask('listTemplatePersonas', { templateId: 'support-agent' });
    expect(items.map(({ slug, templateVersion, behind }) => [slug, templateVersion, behind])).toEqual([
      ['ada', 1, true],
      ['bea', 2, true],
      ['cleo', 2, true],
    ]);
    expect(items[0]).toEqual({
      personaId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      slug: 'ada',
      name: 'Ada',
      status: 'draft',
      owner: { kind: 'user', id: 'ada' },
      templateVersion: 1,
      currentTemplateVersion: 3,
      behind: true,
    });
  });

  it('can be asked for those that are behind, or for those that are not', async () => {
    await world.send('adoptTemplateRevision', { personaId: 'bea' });
    expect(await slugs({ behind: true })).toEqual(['ada', 'cleo']);
    expect(await slugs({ behind: false })).toEqual(['bea']);
  });

  it('answers as of a moment', async () => {
    expect(await slugs({ behind: false }, { asOf: before })).toEqual(['ada', 'bea']);
    expect(await slugs({ behind: true }, { asOf: before })).toEqual([]);
    expect(await slugs({}, { ...bob, asOf: before })).toEqual(['ada']);
  });

  it('shows personas that the reader may see, of a template that the reader may see', async () => {
    expect(await slugs({}, bob)).toEqual(['ada', 'cleo']);
    expect(await world.refused(slugs({ templateId: 'hidden' }, bob))).toBe('template-not-found');
    expect(await world.refused(slugs({ templateId: 'nothing' }))).toBe('template-not-found');
    expect(await slugs({ templateId: 'hidden' })).toEqual([]);
  });

  it('pages', async () => {
    const { next } = await world.ask('listTemplatePersonas', { templateId: 'support-agent', limit: 2 });
    expect(await slugs({ limit: 2, cursor: next })).toEqual(['cleo']);
  });
});
