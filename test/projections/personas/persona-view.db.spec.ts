import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';

let world: AreaWorld;
let id: string;
const slug = registration.slug;
const instants: Record<string, string> = {};

const edit = (temperature: number) =>
  world.send('editPersonaDraft', { personaId: slug, set: { temperature } });
const publish = () => world.send('publishPersonaVersion', { personaId: slug });
const move = (channel: string, versionNo: number) =>
  world.send('movePersonaChannel', { personaId: slug, channel, versionNo, reason: 'because' });
const view = (input: Record<string, unknown> = {}, asOf?: string) =>
  world.ask('getPersona', { personaId: slug, ...input }, asOf === undefined ? {} : { asOf });

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  instants['nothing'] = world.now();
  id = (await world.send('registerPersona', registration)).id;
  instants['registered'] = world.now();
  await publish();
  instants['published'] = world.now();
  await edit(0.5);
  await publish();
  await move('staging', 2);
  await move('production', 1);
  instants['pointed'] = world.now();
  await edit(0.9);
});
afterAll(() => world.stop());

describe('getPersona', () => {
  it('gives the draft, the head, the channels and the configuration in force', async () => {
    const persona = await view();
    expect(persona).toMatchObject({
      personaId: id,
      slug,
      status: 'draft',
      owner: { kind: 'user', id: 'ada' },
      version: 7,
      draft: { temperature: 0.9 },
      head: 2,
      channels: { production: 1, staging: 2 },
      config: { temperature: 0.3 },
      configVersionNo: 1,
      origin: 'new',
    });
    expect(personaReadModule.queries['getPersona']!.output.parse(persona)).toEqual(persona);
  });

  it('gives the configuration of a channel or a version when asked to', async () => {
    expect(await view({ channel: 'staging' })).toMatchObject({
      config: { temperature: 0.5 },
      configVersionNo: 2,
    });
    expect(await view({ versionNo: 1 })).toMatchObject({ config: { temperature: 0.3 }, configVersionNo: 1 });
  });

  it('falls back from production to the head to the draft, as of then', async () => {
    expect(await view({}, instants['registered'])).toMatchObject({ head: null, configVersionNo: null });
    expect(await view({}, instants['published'])).toMatchObject({
      head: 1,
      configVersionNo: 1,
      channels: {},
    });
    expect(await view({}, instants['pointed'])).toMatchObject({ version: 6, draft: { temperature: 0.5 } });
    expect(await view({ channel: 'staging' }, instants['pointed'])).toMatchObject({ configVersionNo: 2 });
  });

  it('takes the id as well as the slug', async () => {
    expect(await world.ask('getPersona', { personaId: id })).toEqual(await view());
  });

  it('refuses what is not there, also what was not there yet', async () => {
    expect(await world.refused(world.ask('getPersona', { personaId: 'nobody' }))).toBe('persona-not-found');
    expect(await world.refused(view({}, instants['nothing']))).toBe('persona-not-found');
    expect(await world.refused(view({ versionNo: 3 }))).toBe('version-not-found');
    expect(await world.refused(view({ versionNo: 2 }, instants['published']))).toBe('version-not-found');
    expect(await world.refused(view({ channel: 'canary' }))).toBe('channel-not-found');
    expect(await world.refused(view({ channel: 'staging', versionNo: 1 }))).toBe('invalid-input');
    const other = world.ask('getPersona', { personaId: id }, { tenantId: 'other' });
    expect(await world.refused(other)).toBe('persona-not-found');
  });
});

describe('versions', () => {
  it('are listed, oldest first, as of any moment', async () => {
    const { items } = await world.ask('listPersonaVersions', { personaId: slug });
    expect(items.map(({ versionNo }) => versionNo)).toEqual([1, 2]);
    expect(items[0]).toEqual({
      personaId: id,
      versionNo: 1,
      versionHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      publishedAt: instants['published'],
      publishedBy: 'ada',
    });
    const then = await world.ask(
      'listPersonaVersions',
      { personaId: slug },
      { asOf: instants['published']! },
    );
    expect(then.items).toHaveLength(1);
    const paged = await world.ask('listPersonaVersions', { personaId: slug, limit: 1 });
    const next = { personaId: slug, limit: 1, cursor: paged.next };
    expect((await world.ask('listPersonaVersions', next)).items[0]!['versionNo']).toBe(2);
  });

  it('are read one by one', async () => {
    const version = await world.ask('getPersonaVersion', { personaId: slug, versionNo: 2 });
    expect(version).toMatchObject({ versionNo: 2, config: { temperature: 0.5 } });
    expect(await world.refused(world.ask('getPersonaVersion', { personaId: slug, versionNo: 3 }))).toBe(
      'version-not-found',
    );
    expect(await world.refused(world.ask('listPersonaVersions', { personaId: 'nobody' }))).toBe(
      'persona-not-found',
    );
  });
});

describe('getPersonaTimeline', () => {
  it('tells what happened, newest last, page by page', async () => {
    const { items } = await world.ask('getPersonaTimeline', { personaId: slug });
    expect(items.map(({ summary }) => summary)).toEqual([
      'registered as technical-assistant',
      'published version 1',
      'edited the draft: temperature = 0.5',
      'published version 2',
      'pointed staging to version 2',
      'pointed production to version 1',
      'edited the draft: temperature = 0.9',
    ]);
    expect(items[0]).toMatchObject({
      position: '1',
      at: instants['registered'],
      actor: { kind: 'user', id: 'ada' },
    });
    const first = await world.ask('getPersonaTimeline', { personaId: slug, limit: 5 });
    const rest = await world.ask('getPersonaTimeline', {
      personaId: slug,
      limit: 5,
      cursor: first.next,
    });
    expect([...first.items, ...rest.items]).toEqual(items);
  });

  it('ends at the asked moment, and is nothing for nobody', async () => {
    const then = await world.ask('getPersonaTimeline', { personaId: slug }, { asOf: instants['published']! });
    expect(then.items).toHaveLength(2);
    expect(await world.refused(world.ask('getPersonaTimeline', { personaId: 'nobody' }))).toBe(
      'persona-not-found',
    );
  });
});
