import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';

let world: AreaWorld;
let before: string;

const domain = (name: string) => ({ name, expertiseLevel: 5, topics: ['x'] });
/** Slugs of a list, in its order. */
const slugs = async (input: Record<string, unknown>, as = {}): Promise<string[]> => {
  const { items } = await world.ask<{ items: { slug: string }[] }>('listPersonas', input, as);
  return items.map(({ slug }) => slug);
};
const register = (slug: string, more: Record<string, unknown> = {}, as = {}) =>
  world.send('registerPersona', { ...registration, slug, name: slug.toUpperCase(), ...more }, as);

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  await register('delta', { tags: ['red', 'blue'], knowledgeDomains: [domain('law')] });
  await register('alpha', { tags: ['red'], description: '100 % cotton_shirt' });
  await register('bravo', { name: 'Ünlü', knowledgeDomains: [domain('law'), domain('tax')] }, { id: 'bob' });
  before = world.now();
  await world.send('publishPersonaVersion', { personaId: 'alpha' });
  await world.send('movePersonaChannel', {
    personaId: 'alpha',
    channel: 'staging',
    versionNo: 1,
    reason: 'try',
  });
  await world.send('activatePersona', { personaId: 'alpha' });
  await world.send('editPersonaDraft', { personaId: 'delta', set: { tags: ['green'], name: 'zulu' } });
  await register('elsewhere', {}, { tenantId: 'other' });
});
afterAll(() => world.stop());

describe('listPersonas', () => {
  it('tells the essentials of each', async () => {
    const { items } = await world.ask('listPersonas', { tag: 'red' });
    expect(items).toEqual([
      {
        personaId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        slug: 'alpha',
        name: 'ALPHA',
        description: '100 % cotton_shirt',
        status: 'active',
        owner: { kind: 'user', id: 'ada' },
        version: 4,
        head: 1,
        channels: { staging: 1 },
        tags: ['red'],
        domains: [],
        createdAt: expect.any(String),
        updatedAt: world.now().replace(/:0\d\./, ':06.'),
      },
    ]);
  });

  it.each([
    [{}, ['alpha', 'delta', 'bravo']],
    [{ status: 'active' }, ['alpha']],
    [{ status: 'archived' }, []],
    [{ tag: 'green' }, ['delta']],
    [{ tag: 'Green' }, []],
    [{ domain: 'law' }, ['delta', 'bravo']],
    [{ domain: 'tax', owner: 'bob' }, ['bravo']],
    [{ owner: 'ada' }, ['alpha', 'delta']],
    [{ channel: 'staging' }, ['alpha']],
    [{ channel: 'production' }, []],
    [{ q: 'ÜNLÜ' }, ['bravo']],
    [{ q: 'zul' }, ['delta']],
    [{ q: 'expert' }, ['delta', 'bravo']],
    [{ q: '%' }, ['alpha']],
    [{ q: 'cotton_' }, ['alpha']],
    [{ q: 'n_s' }, ['alpha']],
    [{ q: 'a_p' }, []],
    [{ q: "'; DROP TABLE x; --" }, []],
    [{ sort: 'name', order: 'desc' }, ['bravo', 'delta', 'alpha']],
    [{ sort: 'createdAt' }, ['delta', 'alpha', 'bravo']],
    [{ sort: 'updatedAt', order: 'desc' }, ['delta', 'alpha', 'bravo']],
  ])('%j gives %j', async (input, expected) => {
    expect(await slugs(input)).toEqual(expected);
  });

  it('answers as of a moment, with the filters of then', async () => {
    expect(await slugs({ tag: 'red' }, { asOf: before })).toEqual(['alpha', 'delta']);
    expect(await slugs({ status: 'active' }, { asOf: before })).toEqual([]);
    expect(await slugs({}, { asOf: '0' })).toEqual([]);
  });

  it('pages in any order, and a cursor belongs to its filters', async () => {
    const first = await world.ask('listPersonas', { sort: 'createdAt', order: 'desc', limit: 2 });
    expect(first.items).toHaveLength(2);
    const more = { sort: 'createdAt', order: 'desc', limit: 2, cursor: first.next };
    expect(await slugs(more)).toEqual(['delta']);
    expect(await world.refused(slugs({ ...more, order: 'asc' }))).toBe('invalid-input');
  });

  it('shows nothing of another tenant', async () => {
    expect(await slugs({}, { tenantId: 'other' })).toEqual(['elsewhere']);
  });

  it.each([{ limit: 0 }, { limit: 501 }, { status: 'gone' }, { sort: 'slug' }, { colour: 'red' }])(
    'refuses %j',
    async (input) => {
      expect(await world.refused(slugs(input))).toBe('invalid-input');
    },
  );
});
