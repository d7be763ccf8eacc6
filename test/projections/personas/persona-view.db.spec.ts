import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rejection, Role } from '../../../src/domain/kernel.js';
import type { PersonaConfig } from '../../../src/domain/personas/persona-config.js';
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
      isPublic: false,
      allowedUsers: [],
      allowedRoles: [],
      allowedTeams: [],
      platforms: {},
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

describe('what holds beside the versions', () => {
  let world: AreaWorld;
  const ask = () => world.ask('getPersona', { personaId: slug });
  beforeAll(async () => {
    world = await areaWorld(personaReadModule);
    await world.send('registerPersona', registration);
  });
  afterAll(() => world.stop());

  it('is not there at first', async () => {
    const persona = await ask();
    expect(persona).toMatchObject({ platforms: {}, origin: 'new' });
    for (const member of ['manifest', 'template', 'originRef']) expect(persona).not.toHaveProperty(member);
  });

  it('what becomes of changes that machines propose', async () => {
    expect(await ask()).toMatchObject({ autonomy: { mode: 'hybrid', perClass: {} } });
    const autonomy = { mode: 'auto', perClass: { tools: 'manual' } };
    await world.send('setPersonaAutonomy', { personaId: slug, ...autonomy });
    const persona = await ask();
    expect(persona).toMatchObject({ autonomy });
    expect(personaReadModule.queries['getPersona']!.output.parse(persona)).toEqual(persona);
  });

  it('the manifest as it was set', async () => {
    await world.send('setPersonaManifest', { personaId: slug, canDelegate: true, delegateAllowList: [] });
    expect(await ask()).toMatchObject({
      manifest: { canDelegate: true, delegateAllowList: [], role: 'worker', maxParallelTasks: 1 },
    });
  });

  it('each platform with how complete its adaptation is', async () => {
    const linkedin = { personaId: slug, platformType: 'linkedin', contentTypes: ['article'], tonalRange: {} };
    await world.send('setPlatformAdaptation', linkedin);
    await world.send('setPlatformAdaptation', { personaId: slug, platformType: 'x' });
    const persona = await ask();
    const { platforms } = persona as unknown as { platforms: Record<string, { missing: string[] }> };
    expect(Object.keys(platforms).sort()).toEqual(['linkedin', 'x']);
    expect(platforms['linkedin']).toMatchObject({
      contentTypes: ['article'],
      isActive: true,
      completeness: 9,
    });
    expect(platforms['linkedin']!.missing).toContain('tonalRange');
    expect(platforms['x']).toMatchObject({ completeness: 0 });
    expect(personaReadModule.queries['getPersona']!.output.parse(persona)).toEqual(persona);
    await world.send('removePlatformAdaptation', { personaId: slug, platformType: 'x' });
    expect(Object.keys((await ask())['platforms'] as object)).toEqual(['linkedin']);
  });

  it('whose it is and with whom it is shared', async () => {
    await world.send('setPersonaVisibility', { personaId: slug, isPublic: false, allowedUsers: ['bob'] });
    await world.send('setPersonaOwner', { personaId: slug, kind: 'tenant', id: 'acme' });
    expect(await ask()).toMatchObject({
      owner: { kind: 'tenant', id: 'acme' },
      allowedUsers: ['bob'],
      allowedRoles: [],
    });
  });

  it('what is about a real person stays sealed until it is answered', async () => {
    const identity = { subjectId: 'grace', background: 'born in New York' };
    await world.send('editPersonaDraft', { personaId: slug, set: { identity } });
    const { draft } = (await ask()) as unknown as { draft: PersonaConfig };
    expect(draft.identity).toEqual({ subjectId: 'grace', background: { $sealed: expect.any(Object) } });
    const { items } = await world.ask('getPersonaTimeline', { personaId: slug });
    expect(JSON.stringify(items)).not.toContain('New York');
    expect(items.at(-1)?.['summary']).toBe('edited the draft: identity');
  });
});

describe('a persona that is hidden from the reader', () => {
  let world: AreaWorld;
  const moments: string[] = [];
  const [bob, cleo] = ['bob', 'cleo'].map((who) => ({ id: who, roles: ['editor'] satisfies Role[] }));
  /** What the queries of one persona need to be asked for besides it. */
  const needed: Record<string, Record<string, unknown>> = {
    getPersonaVersion: { versionNo: 1 },
    diffPersona: { from: '1', to: 'draft' },
  };
  const queries = Object.entries(personaReadModule.queries)
    .filter(([, { input }]) => Object.hasOwn(input.shape, 'personaId'))
    .map(([operationId, { asOf }]) => ({ operationId, input: needed[operationId] ?? {}, hasPast: asOf }));
  const ask = (operationId: string, input: object, as: object) =>
    world.ask(operationId, { personaId: slug, ...input }, as);
  const words = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'answered',
      (error: Rejection) => JSON.stringify([error.code, error.detail, error.more]),
    );

  beforeAll(async () => {
    world = await areaWorld(personaReadModule);
    await world.send('registerPersona', { ...registration, isPublic: true });
    await world.send('publishPersonaVersion', { personaId: slug });
    const production = { personaId: slug, channel: 'production', versionNo: 1, reason: 'because' };
    await world.send('movePersonaChannel', production);
    moments.push(world.now());
    await world.send('setPersonaVisibility', { personaId: slug, isPublic: false, allowedUsers: ['cleo'] });
    moments.push(world.now());
  });
  afterAll(() => world.stop());

  it.each(queries)('$operationId: is not there, in the words for one that never was', async (query) => {
    const { operationId, input } = query;
    const hidden = await words(ask(operationId, input, bob!));
    const never = await words(world.ask(operationId, { personaId: 'never', ...input }, bob));
    expect(hidden).toBe(never.replaceAll('never', slug));
    expect(hidden).toContain('persona-not-found');
    expect(await words(ask(operationId, input, cleo!))).toBe('answered');
  });

  it.each(queries.filter(({ hasPast }) => hasPast))(
    '$operationId: is not there as of when it was public either, but for whom it is shared with now',
    async ({ operationId, input }) => {
      const asOf = moments[0]!;
      expect(await words(ask(operationId, input, { ...bob, asOf }))).toContain('persona-not-found');
      expect(await words(ask(operationId, input, { ...cleo, asOf }))).toBe('answered');
    },
  );

  it('is compared at no instant by whom it is hidden from', async () => {
    const sides = { from: moments[0]!, to: moments[1]! };
    expect(await words(ask('diffPersona', sides, bob!))).toContain('persona-not-found');
    expect(await words(ask('diffPersona', sides, cleo!))).toBe('answered');
  });

  it('what was private and is shared now can be read as it was then', async () => {
    const other = { ...registration, slug: 'other' };
    await world.send('registerPersona', other);
    const asOf = world.now();
    const input = { personaId: 'other' };
    expect(await words(world.ask('getPersona', input, { ...bob, asOf }))).toContain('persona-not-found');
    await world.send('sharePersona', { personaId: 'other', memberId: 'bob' });
    const then = await world.ask('getPersona', input, { ...bob, asOf });
    expect(then).toMatchObject({ slug: 'other', allowedUsers: [], version: 1 });
  });
});
