import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../src/domain/kernel.js';
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
        isPublic: false,
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

describe('what one sees of the list', () => {
  let world: AreaWorld;
  let when: Record<'atFirst' | 'shared' | 'hidden', string>;
  const seen = async (input: Record<string, unknown>, as: object): Promise<string[]> => {
    const { items } = await world.ask<{ items: { slug: string }[] }>('listPersonas', input, as);
    return items.map(({ slug }) => slug);
  };
  const viewer = (id: string, more: { roles?: Role[]; teams?: string[] } = {}) => ({
    id,
    roles: ['viewer'] satisfies Role[],
    teams: [],
    ...more,
  });
  const [bob, cleo, dan] = [viewer('bob'), viewer('cleo', { teams: ['red'] }), viewer('dan')];

  beforeAll(async () => {
    world = await areaWorld(personaReadModule);
    const founder = { name: 'Acme', tenantId: 'acme', ownerId: 'ada' };
    await world.send('createTenant', founder, { tenantId: 'default' });
    for (const teamId of ['red', 'blue']) await world.send('createTeam', { teamId, name: teamId });
    const put = (slug: string, more: object = {}) =>
      world.send('registerPersona', { ...registration, slug, name: slug, ...more });
    await put('a-private');
    await put('b-public', { isPublic: true });
    await put('c-bobs', { allowedUsers: ['bob'] });
    await put('d-reds', { teamId: 'red' });
    await put('e-approvers', { allowedRoles: ['approver'] });
    const atFirst = world.now();
    await world.send('sharePersona', { personaId: 'a-private', teamId: 'red' });
    const shared = world.now();
    await world.send('setPersonaVisibility', { personaId: 'b-public', isPublic: false });
    await world.send('unsharePersona', { personaId: 'c-bobs', memberId: 'bob' });
    when = { atFirst, shared, hidden: world.now() };
  });
  afterAll(() => world.stop());

  it.each<[who: string, as: object, slugs: string[]]>([
    [
      'its owner: everything',
      { id: 'ada', roles: ['editor'] },
      ['a-private', 'b-public', 'c-bobs', 'e-approvers'],
    ],
    ['a member of a team: what the team owns or sees', cleo, ['a-private', 'd-reds']],
    ['a holder of a role', viewer('eve', { roles: ['approver'] }), ['e-approvers']],
    ['nobody in particular', dan, []],
    ['one who saw it once', bob, []],
    [
      'an auditor',
      viewer('otto', { roles: ['auditor'] }),
      ['a-private', 'b-public', 'c-bobs', 'd-reds', 'e-approvers'],
    ],
  ])('%s', async (_, as, slugs) => {
    expect(await seen({}, as)).toEqual(slugs);
  });

  it('`mine` is what the reader or one of its teams owns; the rest is what it only sees', async () => {
    expect(await seen({ mine: true }, cleo)).toEqual(['d-reds']);
    expect(await seen({ mine: false }, cleo)).toEqual(['a-private']);
    expect(await seen({ mine: true }, { id: 'ada' })).toEqual([
      'a-private',
      'b-public',
      'c-bobs',
      'e-approvers',
    ]);
    expect(await seen({ mine: true }, { id: 'ada', teams: ['red'] })).toHaveLength(5);
    expect(await seen({ mine: true }, dan)).toEqual([]);
  });

  it('`team` is what the team owns or shares, of what the reader sees', async () => {
    expect(await seen({ team: 'red' }, {})).toEqual(['a-private', 'd-reds']);
    expect(await seen({ team: 'red' }, cleo)).toEqual(['a-private', 'd-reds']);
    expect(await seen({ team: 'red' }, bob)).toEqual([]);
    expect(await seen({ team: 'blue' }, {})).toEqual([]);
    expect(await seen({ team: 'red', mine: true }, cleo)).toEqual(['d-reds']);
  });

  it('the past is judged by today’s sharing: what is hidden now was never there', async () => {
    expect(await seen({}, { ...dan, asOf: when.shared })).toEqual([]);
    expect(await seen({}, { ...bob, asOf: when.atFirst })).toEqual([]);
    const all = ['a-private', 'b-public', 'c-bobs', 'd-reds', 'e-approvers'];
    expect(await seen({}, { asOf: when.atFirst })).toEqual(all);
  });

  it('and what is shared now can be read as it was before that', async () => {
    expect(await seen({}, { ...cleo, asOf: when.atFirst })).toEqual(['a-private', 'd-reds']);
    expect(await seen({ team: 'red' }, { ...cleo, asOf: when.atFirst })).toEqual(['d-reds']);
    expect(await seen({ team: 'red' }, { ...cleo, asOf: when.hidden })).toEqual(['a-private', 'd-reds']);
  });

  it('a page of the past is full, whatever is hidden: a short one would tell of it', async () => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const input = { limit: 1, ...(cursor !== undefined && { cursor }) };
      const page = await world.ask('listPersonas', input, { ...cleo, asOf: when.atFirst });
      expect(page.items).toHaveLength(1);
      found.push(...page.items.map(({ slug }) => slug as string));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(found).toEqual(['a-private', 'd-reds']);
  });
});
