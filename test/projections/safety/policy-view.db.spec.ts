import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { seedPolicies } from '../../../src/domain/safety/seed-policies.js';
import type { AreaWorld } from '../../support/area-world.js';
import { documentOf } from '../../support/policy-examples.js';
import { app, bob, enforced, registered, safetyWorld } from '../../support/safety-world.js';

let world: AreaWorld;
let personaId: string;
const moments: Record<string, string> = {};
const mark = (name: string): void => void (moments[name] = world.now());
const view = (input: object = {}, as: object = {}) =>
  world.ask('getPolicy', { personaId: 'books', ...input }, as);
const builtIn = {
  source: 'floor',
  versionNo: null,
  policyHash: policyHash(seedPolicies.general),
  mode: 'enforce',
};
const noShell = documentOf({ blockedActions: ['tool:shell.*'] });
const noMail = documentOf({ blockedActions: ['tool:email.*'] });
const strict = documentOf({ seed: 'strict' });

beforeAll(async () => {
  world = await safetyWorld();
  personaId = await registered(world, 'books');
  await registered(world, 'secret', false);
  mark('nothing');
  await world.send('draftPolicy', { personaId, blockedActions: ['tool:shell.*'] });
  mark('drafted');
  await world.send('activatePolicy', { personaId, reason: 'audit finding 12' });
  mark('first');
  await enforced(world, personaId, { blockedActions: ['tool:email.*'] }, { mode: 'shadow' });
  await enforced(world, undefined, { seed: 'strict' });
  mark('second');
  await world.send('suspendPolicy', { personaId });
  mark('suspended');
  await world.send('revertPolicy', { personaId, toVersionNo: 1 });
  const until = new Date(Date.parse(world.now()) + 10_000).toISOString();
  const waiver = { rules: ['riskThreshold'], until, reason: 'a load test' };
  await world.send('grantPolicyWaiver', { personaId, ...waiver });
  mark('waived');
  for (let second = 0; second < 12; second++) await registered(world, `later-${second}`);
  mark('later');
});
afterAll(() => world.stop());

describe('getPolicy', () => {
  it('tells draft, version in force, versions, and what is effective', async () => {
    expect(await view()).toEqual({
      personaId,
      draft: noMail,
      draftHash: policyHash(noMail),
      active: {
        versionNo: 3,
        mode: 'enforce',
        policy: noShell,
        policyHash: policyHash(noShell),
        activatedAt: expect.any(String),
        activatedBy: 'ada',
      },
      watched: null,
      suspended: false,
      waiver: {
        rules: ['riskThreshold'],
        until: expect.any(String),
        reason: expect.anything(),
        grantedAt: expect.any(String),
        grantedBy: 'ada',
      },
      versions: [
        expect.objectContaining({ versionNo: 1, mode: 'enforce', reason: expect.anything() }),
        expect.objectContaining({ versionNo: 2, mode: 'shadow', policyHash: policyHash(noMail) }),
        expect.objectContaining({ versionNo: 3, revertedTo: 1 }),
      ],
      effective: {
        policies: [
          { source: 'persona', versionNo: 3, policyHash: policyHash(noShell), mode: 'enforce' },
          { source: 'floor', versionNo: 1, policyHash: policyHash(strict), mode: 'enforce' },
        ],
      },
      version: 7,
    });
  });

  it('of a persona without one tells what decides in its place', async () => {
    expect(await world.ask('getPolicy', { personaId: 'later-0' })).toEqual({
      personaId: expect.any(String),
      draft: null,
      draftHash: null,
      active: null,
      watched: null,
      suspended: false,
      versions: [],
      effective: { policies: [expect.objectContaining({ source: 'floor', versionNo: 1 })] },
      version: 0,
    });
  });

  it('tells it as it was at any moment', async () => {
    const then = (name: string) => view({}, { asOf: moments[name] });
    expect(await then('nothing')).toMatchObject({
      draft: null,
      effective: { policies: [builtIn] },
      version: 0,
    });
    expect(await then('drafted')).toMatchObject({
      draft: noShell,
      active: null,
      effective: { policies: [builtIn] },
    });
    expect(await then('first')).toMatchObject({
      active: { versionNo: 1 },
      versions: [{ versionNo: 1 }],
      effective: { policies: [{ source: 'persona', versionNo: 1 }] },
    });
    expect(await then('second')).toMatchObject({
      active: { versionNo: 1, mode: 'enforce', policy: noShell },
      watched: { versionNo: 2, mode: 'shadow', policy: noMail },
      effective: {
        policies: [
          { source: 'persona', versionNo: 1, mode: 'enforce' },
          { source: 'persona', versionNo: 2, mode: 'shadow' },
          { source: 'floor', versionNo: 1 },
        ],
      },
    });
    expect(await then('suspended')).toMatchObject({
      suspended: true,
      active: null,
      watched: null,
      effective: { policies: [{ source: 'floor' }], unresolved: 'policy-suspended' },
    });
  });

  it('tells of a waiver until it ends', async () => {
    const waived = async (name: string) =>
      (await view({}, { asOf: moments[name] }))['effective'] as { policies: unknown[] };
    expect((await waived('waived')).policies[1]).toMatchObject({ waivedRules: ['riskThreshold'] });
    expect((await waived('later')).policies[1]).not.toHaveProperty('waivedRules');
    expect(((await view())['effective'] as { policies: unknown[] }).policies[1]).not.toHaveProperty(
      'waivedRules',
    );
  });

  it('shows a former version', async () => {
    expect(await view({ versionNo: 2 })).toMatchObject({ asked: { versionNo: 2, policy: noMail } });
    expect(await world.refused(view({ versionNo: 4 }))).toBe('policy-version-not-found');
    expect(await world.refused(view({ versionNo: 2 }, { asOf: moments['first'] }))).toBe(
      'policy-version-not-found',
    );
  });

  it('is never taken for unchanged: what is effective also depends on the floor and on time', async () => {
    for (const [operationId, input] of [
      ['getPolicy', { personaId }],
      ['getTenantPolicy', {}],
    ] as const)
      expect(await world.answer(operationId, input)).toMatchObject({
        version: expect.any(Number),
        changesUnseen: true,
      });
  });

  it('is for everybody who sees the persona', async () => {
    expect(await view({}, bob)).toMatchObject({ personaId });
    expect(await view({}, app)).toMatchObject({ personaId });
    const secret = world.ask('getPolicy', { personaId: 'secret' }, bob);
    expect(await world.refused(secret)).toBe('persona-not-found');
    expect(await world.refused(view({}, { tenantId: 'other' }))).toBe('persona-not-found');
  });
});

describe('getTenantPolicy', () => {
  it('tells the floor', async () => {
    expect(await world.ask('getTenantPolicy', {}, bob)).toMatchObject({
      personaId: null,
      active: { versionNo: 1, policy: strict },
      versions: [{ versionNo: 1 }],
      effective: { policies: [{ source: 'floor', versionNo: 1 }] },
    });
    expect(await world.ask('getTenantPolicy', { versionNo: 1 })).toMatchObject({ asked: { policy: strict } });
  });

  it('of a tenant without one tells what decides in its place', async () => {
    const other = await world.ask('getTenantPolicy', {}, { tenantId: 'other' });
    expect(other).toMatchObject({ active: null, effective: { policies: [builtIn] }, version: 0 });
  });
});

it.each(Object.entries(seedPolicies))('getSeedPolicy tells %s', async (seed, policy) => {
  expect(await world.answer('getSeedPolicy', { seed }, bob)).toEqual({
    body: { seed, policyHash: policyHash(policy), policy },
    // Another release may have another one of this name.
    version: policyHash(policy),
  });
});
