import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rejection, Role } from '../../../src/domain/kernel.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';

let world: AreaWorld;
let refinementId: string;
let personaId: string;
const instants: Record<string, string> = {};
const bob = { id: 'bob', roles: ['editor'] satisfies Role[] };

const view = (as: object = {}) => world.ask('getRefinement', { refinementId }, as);
const send = (operationId: string, input: object = {}) => world.send(operationId, { refinementId, ...input });

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  personaId = (await world.send('registerPersona', { ...registration, isPublic: true })).id;
  await world.send('publishPersonaVersion', { personaId });
  const { responseStyle, traits } = registration;
  const set = {
    temperature: 0.1,
    responseStyle: { ...responseStyle, tone: 'warm' },
    traits: [...traits, { name: 'kind', category: 'personality', value: true }],
  };
  const proposal = { personaId, baseVersionNo: 1, set, reason: 'it is cold' };
  refinementId = (await world.send('proposeRefinement', proposal)).id;
  instants['proposed'] = world.now();
});
afterAll(() => world.stop());

describe('getRefinement', () => {
  it('shows what apply would change, and the hash that it takes', async () => {
    const body = await view();
    expect(personaReadModule.queries['getRefinement']!.output.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      refinementId,
      personaId,
      state: 'proposed',
      source: 'user_modified',
      changeClass: 'mixed',
      baseVersionNo: 1,
      diffHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      approvalId: null,
      versionNo: null,
      version: 1,
    });
    const changes = body['changes'] as { path: string }[];
    expect(changes.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: '/responseStyle/tone', kind: 'changed', before: 'professional', after: 'warm' },
      { path: '/temperature', kind: 'changed', before: 0.3, after: 0.1 },
      { path: '/traits/kind', kind: 'added', after: expect.objectContaining({ name: 'kind' }) },
    ]);
    expect(body['fields']).toEqual(
      expect.arrayContaining([{ path: '/responseStyle/tone', resolution: 'open' }]),
    );
  });

  it('shows without the fields that were rejected; they can still be looked at', async () => {
    const before = await view();
    await send('resolveRefinementFields', {
      accept: ['/temperature'],
      reject: ['/traits', '/responseStyle/tone'],
    });
    instants['resolved'] = world.now();
    const body = await view();
    expect(body['changes']).toEqual([{ path: '/temperature', kind: 'changed', before: 0.3, after: 0.1 }]);
    expect(body['diffHash']).not.toBe(before['diffHash']);
    const fields = body['fields'] as { path: string; resolution: string }[];
    expect(Object.fromEntries(fields.map(({ path, resolution }) => [path, resolution]))).toEqual({
      '/temperature': 'accepted',
      '/traits': 'rejected',
      '/responseStyle/tone': 'rejected',
    });
    expect(await view({ asOf: instants['proposed'] })).toEqual(before);
  });

  it('shows exactly what is applied, on what terms it was approved, and by whom', async () => {
    const { reply } = await send('submitRefinement');
    const { approvalId, diffHash } = reply as { approvalId: string; diffHash: string };
    expect((await view())['diffHash']).toBe(diffHash);
    await send('approveRefinement', { approvalId, diffHash });
    await send('applyRefinement', { diffHash });
    await world.send('publishRefinement', { personaId, refinementId });
    await send('completeRefinement', { versionNo: 2 });
    instants['applied'] = world.now();
    const body = await view();
    expect(body).toMatchObject({
      state: 'applied',
      approvalId,
      versionNo: 2,
      submission: { quorum: 1, deadlineSeconds: 604_800 },
      submittedBy: 'ada',
      appliedBy: 'ada',
      appliedAt: instants['applied'],
    });
    const { changes } = await world.ask('diffPersona', { personaId, from: '1', to: '2' });
    expect(changes).toEqual(body['changes']);
    expect(await world.ask('getPersonaVersion', { personaId, versionNo: 2 })).toMatchObject({
      refinementId,
      source: 'user_modified',
      changeClass: 'mixed',
      config: { temperature: 0.1 },
    });
    await send('rollbackRefinement', { reason: 'too cold' });
    expect(await view()).toMatchObject({ state: 'rolled_back', toVersionNo: 1, rolledBackBy: 'ada' });
    expect(personaReadModule.queries['getRefinement']!.output.safeParse(await view()).success).toBe(true);
    expect((await view({ asOf: instants['applied'] }))['state']).toBe('applied');
  });

  it('is told in the timeline of the persona', async () => {
    const { items } = await world.ask('getPersonaTimeline', { personaId });
    expect(items.map(({ summary }) => summary)).toEqual([
      'registered as technical-assistant',
      'published version 1',
      expect.stringMatching(/^proposed to change /),
      'accepted /temperature, rejected /traits, /responseStyle/tone of the refinement',
      'submitted the refinement for approval by one',
      'the refinement is approved',
      'applies the refinement',
      'published version 2, a refinement',
      'edited the draft: temperature = 0.1',
      'the refinement is version 2',
      'rolled version 2 back to version 1',
    ]);
  });

  it('keeps what is about a real person sealed until it is answered', async () => {
    const identity = { subjectId: 'grace', background: 'born in New York' };
    const { id } = await world.send('proposeRefinement', { personaId, baseVersionNo: 2, set: { identity } });
    const body = await world.ask('getRefinement', { refinementId: id });
    expect(body['changes']).toEqual([
      {
        path: '/identity',
        kind: 'added',
        after: { subjectId: 'grace', background: { $sealed: expect.any(Object) } },
      },
    ]);
    expect(body['fields']).toEqual([{ path: '/identity', resolution: 'open' }]);
  });
});

describe('a refinement that is hidden from the reader', () => {
  const words = (id: string, as: object): Promise<string> =>
    world.ask('getRefinement', { refinementId: id }, as).then(
      () => 'answered',
      (error: Rejection) => JSON.stringify([error.code, error.detail, error.more]),
    );

  it('is not there, in the words for one that never was, also as of when it was to be seen', async () => {
    const never = await words('01890000-0000-7000-8000-00000000dead', bob);
    expect(never).toContain('refinement-not-found');
    expect(await words(refinementId, bob)).toBe('answered');
    await world.send('setPersonaVisibility', { personaId, isPublic: false });
    expect(await words(refinementId, bob)).toBe(never);
    expect(await words(refinementId, { ...bob, asOf: instants['proposed'] })).toBe(never);
    expect(await words(refinementId, { tenantId: 'other' })).toBe(never);
    await world.send('sharePersona', { personaId, memberId: 'bob' });
    expect(await words(refinementId, { ...bob, asOf: instants['proposed'] })).toBe('answered');
  });
});
