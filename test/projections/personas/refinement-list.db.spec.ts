import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../src/domain/kernel.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';

let world: AreaWorld;
const ids: Record<string, string> = {};
const instants: Record<string, string> = {};
const bob = { id: 'bob', roles: ['editor'] satisfies Role[] };
const cleo = { id: 'cleo', roles: ['editor'] satisfies Role[] };
const app = { id: 'app', roles: ['service'] satisfies Role[], kind: 'service' };

const propose = async (name: string, personaId: string, more: object, as: object = {}) => {
  const input = { personaId, baseVersionNo: 1, ...more };
  ids[name] = (await world.send('proposeRefinement', input, as)).id;
};
const listed = async (input: object = {}, as: object = {}): Promise<string[]> => {
  const { items } = await world.ask('listRefinements', { ...input }, as);
  const names = Object.entries(ids);
  return items.map(({ refinementId }) => names.find(([, id]) => id === refinementId)![0]);
};

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  for (const [slug, isPublic] of [
    ['open', true],
    ['closed', false],
  ] as const) {
    await world.send('registerPersona', { ...registration, slug, isPublic });
    await world.send('publishPersonaVersion', { personaId: slug });
  }
  await propose('cool', 'open', { set: { temperature: 0.1 }, reason: 'it wanders' });
  instants['one'] = world.now();
  await propose('tagged', 'open', { set: { tags: ['a'] }, source: 'interview' }, bob);
  await propose('hidden', 'closed', { set: { temperature: 0.1 } });
  await world.send('withdrawRefinement', { refinementId: ids['cool'] });
  instants['withdrawn'] = world.now();
  await propose('machine', 'open', { set: { tags: ['b'], temperature: 0.2 } }, app);
});
afterAll(() => world.stop());

describe('listRefinements', () => {
  it('lists the newest first, as it says it does', async () => {
    expect(await listed()).toEqual(['machine', 'hidden', 'tagged', 'cool']);
    const body = await world.ask('listRefinements', {});
    expect(personaReadModule.queries['listRefinements']!.output.parse(body)).toEqual(body);
    expect(body.items.at(-1)).toMatchObject({
      refinementId: ids['cool'],
      state: 'withdrawn',
      source: 'user_modified',
      changeClass: 'model',
      baseVersionNo: 1,
      fields: [{ path: '/temperature', resolution: 'open' }],
      proposerId: 'ada',
      reason: { $sealed: expect.any(Object) },
      approvalId: null,
      versionNo: null,
      version: 2,
    });
  });

  it.each<[filter: object, expected: string[]]>([
    [{ personaId: 'open' }, ['machine', 'tagged', 'cool']],
    [{ state: 'withdrawn' }, ['cool']],
    [{ state: 'awaiting_approval' }, ['machine', 'tagged']],
    [{ source: 'interview' }, ['tagged']],
    [{ source: 'ai_suggested' }, ['machine']],
    [{ changeClass: 'mixed' }, ['machine']],
    [{ proposer: 'bob' }, ['tagged']],
    [{ proposer: 'bob', state: 'applied' }, []],
  ])('takes %j', async (filter, expected) => {
    expect(await listed(filter)).toEqual(expected);
  });

  it('goes on page by page', async () => {
    const first = await world.ask('listRefinements', { limit: 3 });
    const rest = await world.ask('listRefinements', { limit: 3, cursor: first.next });
    expect([...first.items, ...rest.items].map(({ refinementId }) => refinementId)).toEqual(
      ['machine', 'hidden', 'tagged', 'cool'].map((name) => ids[name]),
    );
    expect(rest.next).toBeNull();
  });

  it('lists them as they stood at any moment', async () => {
    expect(await listed({}, { asOf: instants['one'] })).toEqual(['cool']);
    expect(await listed({ state: 'proposed' }, { asOf: instants['one'] })).toEqual(['cool']);
    expect(await listed({ state: 'proposed' }, { asOf: instants['withdrawn'] })).toEqual(['hidden']);
  });

  it('shows those of personas that the reader may see today, also of the past', async () => {
    expect(await listed({}, cleo)).toEqual(['machine', 'tagged', 'cool']);
    expect(await world.refused(world.ask('listRefinements', { personaId: 'closed' }, cleo))).toBe(
      'persona-not-found',
    );
    await world.send('sharePersona', { personaId: 'closed', memberId: 'cleo' });
    const asOf = instants['withdrawn'];
    expect(await listed({}, { ...cleo, asOf })).toEqual(['hidden', 'tagged', 'cool']);
    expect(await listed({}, { ...cleo, tenantId: 'other' })).toEqual([]);
  });
});
