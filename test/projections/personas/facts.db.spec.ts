import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Role } from '../../../src/domain/kernel.js';
import { personaEvents } from '../../../src/domain/personas/events.js';
import {
  query,
  rowProjection,
  type QueryContext,
  type ReadModule,
} from '../../../src/projections/engine/declaration.js';
import {
  changesOf,
  ofVisiblePersonas,
  personas,
  refinements,
  refinementShown,
  seesPersona,
  shownRefinement,
  standingTo,
  visiblePersona,
} from '../../../src/projections/personas/facts.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { registration } from '../../support/persona-examples.js';

/** What another area may hold: something about each persona, and something about none. */
const remarks = rowProjection<{ personaId?: string }>()(personaEvents, {
  name: 'remarks',
  version: 1,
  key: ({ data }) => data['slug'] as string,
  asOf: 'history',
  on: { PersonaRegistered: (_, { personaId, slug }) => (slug === 'general' ? {} : { personaId }) },
});

const ask = (name: string, run: (input: { personaId: string }, ctx: QueryContext) => Promise<unknown>) =>
  query({
    http: `GET /${name}`,
    summary: '',
    permission: 'personas:read',
    input: z.strictObject({ personaId: z.string().default('') }),
    output: z.unknown(),
    asOf: true,
    reads: [remarks, personas, refinements],
    run: async (input, ctx) => ({ body: await run(input, ctx) }),
  });
const remarksFor = (orNull?: boolean) => async (_: unknown, ctx: QueryContext) => {
  const whereOther = ofVisiblePersonas(ctx.reader, orNull);
  const { items } = await ctx.model(remarks).list({ whereOther, limit: 10 });
  return items.map(({ key }) => key);
};
const specModule: ReadModule = {
  projections: [personas, remarks, refinements],
  queries: {
    ofPersonas: ask('of-personas', remarksFor()),
    all: ask('all', remarksFor(true)),
    shown: ask('shown', ({ personaId: refinementId }, ctx) => refinementShown(ctx, refinementId)),
    sees: ask('sees', ({ personaId }, ctx) => seesPersona(ctx, personaId)),
    status: ask('status', async ({ personaId }, ctx) => (await visiblePersona(ctx, personaId)).status),
    standing: ask('standing', async ({ personaId }, ctx) => {
      const persona = await visiblePersona(ctx, personaId);
      const of = (memberId: string, roles: Role[], teams: string[] = []) =>
        standingTo(persona, { memberId, roles, teams });
      return [of('bob', ['editor']), of('eve', ['viewer']), of('eve', ['auditor']), of('eve', ['admin'])];
    }),
  },
};

let world: AreaWorld;
let hidden: string;
let before: string;
const bob = { id: 'bob', roles: ['editor' as const] };
const eve = { id: 'eve', roles: ['viewer' as const] };
const auditor = { id: 'al', roles: ['auditor' as const] };

beforeAll(async () => {
  world = await areaWorld(specModule);
  for (const slug of ['hidden', 'shared', 'general'])
    await world.send('registerPersona', { ...registration, slug }, bob);
  before = world.now();
  await world.send('setPersonaVisibility', { personaId: 'shared', isPublic: true }, bob);
  await world.send('registerPersona', { ...registration, slug: 'elsewhere' }, { tenantId: 'other' });
  hidden = (await world.send('publishPersonaVersion', { personaId: 'hidden' }, bob)).id;
});
afterAll(() => world.stop());

describe('ofVisiblePersonas', () => {
  it('lists what is about the personas that the reader may see', async () => {
    expect(await world.ask('ofPersonas', {}, bob)).toEqual(['hidden', 'shared']);
    expect(await world.ask('ofPersonas', {}, eve)).toEqual(['shared']);
  });

  it('lists what is about no persona where that is asked for', async () => {
    expect(await world.ask('all', {}, eve)).toEqual(['general', 'shared']);
  });

  it('puts nothing in the way of those who see everything', async () => {
    expect(await world.ask('ofPersonas', {}, auditor)).toEqual(['general', 'hidden', 'shared']);
    expect(ofVisiblePersonas({ tenantId: 'acme', memberId: 'al', roles: ['auditor'], teams: [] })).toEqual(
      [],
    );
  });

  it('judges by today’s sharing, also for the past', async () => {
    expect(await world.ask('ofPersonas', {}, { ...eve, asOf: before })).toEqual(['shared']);
    expect(await world.ask('ofPersonas', {}, { ...bob, asOf: '1' })).toEqual(['hidden']);
  });
});

describe('seesPersona', () => {
  it('tells by today’s sharing', async () => {
    const sees = (as: object) => world.ask('sees', { personaId: hidden }, as);
    expect([await sees(bob), await sees(eve), await sees(auditor)]).toEqual([true, false, true]);
    expect(await sees({ ...bob, tenantId: 'other' })).toBe(false);
  });
});

describe('visiblePersona', () => {
  it('is the persona as of the moment', async () => {
    expect(await world.ask('status', { personaId: 'hidden' }, bob)).toBe('draft');
  });

  it('refuses alike what is hidden, not there, and not there yet', async () => {
    const refused = (personaId: string, as: object) => world.refused(world.ask('status', { personaId }, as));
    expect(await refused('hidden', eve)).toBe('persona-not-found');
    expect(await refused('nobody', eve)).toBe('persona-not-found');
    expect(await refused('shared', { ...bob, asOf: '1' })).toBe('persona-not-found');
  });
});

describe('standingTo', () => {
  it('tells who sees a persona and who looks after it', async () => {
    expect(await world.ask('standing', { personaId: 'hidden' }, bob)).toEqual([
      { sees: true, manages: true },
      { sees: false, manages: false },
      { sees: true, manages: false },
      { sees: true, manages: true },
    ]);
  });
});

describe('refinementShown', () => {
  const shown = (id: string, as: object) => world.ask<object | null>('shown', { personaId: id }, as);

  it('is what a refinement changes, as of the moment, whoever asks', async () => {
    const proposal = {
      personaId: 'hidden',
      baseVersionNo: 1,
      set: { temperature: 0.1 },
      reason: 'it wanders',
    };
    const { id } = await world.send('proposeRefinement', proposal, bob);
    const proposed = world.now();
    const first = await shown(id, eve);
    expect(shownRefinement.parse(first)).toEqual(first);
    expect(first).toEqual({
      refinementId: id,
      personaId: hidden,
      changes: [{ path: '/temperature', kind: 'changed', before: 0.3, after: 0.1 }],
      diffHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      source: 'user_modified',
      changeClass: 'model',
      reason: { $sealed: expect.anything() },
    });
    await world.send('amendRefinement', { refinementId: id, set: { temperature: 0.2 } }, bob);
    expect(await shown(id, eve)).toMatchObject({ changes: [{ after: 0.2 }] });
    expect(await shown(id, { ...eve, asOf: proposed })).toEqual(first);
  });

  it('is nothing where there is no refinement, in this tenant or by then', async () => {
    expect(await shown('01890000-0000-7000-8000-00000000dead', bob)).toBeNull();
    const { id } = await world.send(
      'proposeRefinement',
      { personaId: 'hidden', baseVersionNo: 1, set: { temperature: 0.9 } },
      bob,
    );
    expect(await shown(id, { ...bob, asOf: '1' })).toBeNull();
    expect(await shown(id, { ...bob, tenantId: 'other' })).toBeNull();
  });

  it('leaves out the fields that were rejected', () => {
    const change = { was: { temperature: 0.3, maxTokens: 100 }, changed: { temperature: 0.1, maxTokens: 9 } };
    const row = { change: { ...change, removed: [] }, rejected: ['/maxTokens'] };
    const changes = [{ path: '/temperature', kind: 'changed', before: 0.3, after: 0.1 }];
    expect(changesOf(row)).toEqual(changes);
  });
});
