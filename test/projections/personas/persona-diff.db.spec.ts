import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPatch, type Operation } from 'rfc6902';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';

let world: AreaWorld;
let nothing: string;
let between: string;
const slug = registration.slug;
const change = { path: '/temperature', kind: 'changed', before: 0.3, after: 0.5 };

const set = (changes: Record<string, unknown>) =>
  world.send('editPersonaDraft', { personaId: slug, set: changes });
const publish = () => world.send('publishPersonaVersion', { personaId: slug });
const toProduction = (versionNo: number) =>
  world.send('movePersonaChannel', { personaId: slug, channel: 'production', versionNo, reason: 'because' });
const diff = (from: string, to: string) => world.ask('diffPersona', { personaId: slug, from, to });

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  nothing = world.now();
  await world.send('registerPersona', registration);
  await publish();
  await toProduction(1);
  between = world.now();
  await set({ temperature: 0.5 });
  await publish();
  await toProduction(2);
  await set({ tags: ['new'] });
});
afterAll(() => world.stop());

describe('diffPersona', () => {
  it.each([
    ['1', '2'],
    ['1', 'production'],
  ])('between %s and %s', async (from, to) => {
    expect(await diff(from, to)).toEqual({
      from: { ref: from, versionNo: 1 },
      to: { ref: to, versionNo: 2 },
      changes: [change],
      patch: [{ op: 'replace', path: '/temperature', value: 0.5 }],
    });
  });

  it('between instants: the configurations in force then', async () => {
    const { from, changes } = await diff(between, world.now());
    expect([from, changes]).toEqual([{ ref: between, versionNo: 1 }, [change]]);
    expect((await diff(between.replace('Z', '+00:00'), 'production')).changes).toEqual([change]);
    expect((await diff(between, '1')).changes).toEqual([]);
  });

  it('with the draft', async () => {
    expect(await diff('production', 'draft')).toMatchObject({
      to: { ref: 'draft', versionNo: null },
      changes: [{ path: '/tags/new', kind: 'added', after: 'new' }],
    });
  });

  it('its patch turns the one into the other', async () => {
    const [one, { patch }, { draft }] = await Promise.all([
      world.ask('getPersonaVersion', { personaId: slug, versionNo: 1 }),
      diff('1', 'draft'),
      world.ask('getPersona', { personaId: slug }),
    ]);
    applyPatch(one['config'], patch as Operation[]);
    expect(one['config']).toEqual(draft);
  });

  it('refuses sides that mean nothing', async () => {
    expect(await world.refused(diff('1', '3'))).toBe('version-not-found');
    expect(await world.refused(diff('canary', '1'))).toBe('channel-not-found');
    expect(await world.refused(diff(nothing, '1'))).toBe('persona-not-found');
    expect(await world.refused(diff('2999-01-01T00:00:00Z', '1'))).toBe('invalid-input');
    for (const side of ['0', '-1', '1.5', 'Head!', '2026-01-01', '']) {
      expect(await world.refused(diff(side, '1'))).toBe('invalid-input');
    }
  });
});
