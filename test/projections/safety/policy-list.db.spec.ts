import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AreaWorld } from '../../support/area-world.js';
import { bob, enforced, registered, safetyWorld } from '../../support/safety-world.js';

let world: AreaWorld;
let open: string;
let secret: string;
let before: string;

beforeAll(async () => {
  world = await safetyWorld();
  open = await registered(world, 'open');
  secret = await registered(world, 'secret', false);
  await registered(world, 'without');
  await enforced(world, open, { blockedActions: ['tool:shell.*'] });
  await enforced(world, secret, { seed: 'strict' }, { mode: 'shadow' });
  before = world.now();
  await enforced(world, undefined, {});
  await world.send('suspendPolicy', { personaId: open });
  await world.send('draftTenantPolicy', { seed: 'code' }, { tenantId: 'other' });
});
afterAll(() => world.stop());

const listed = async (as: object = {}, input: object = {}) =>
  (await world.ask('listPolicies', { ...input }, as)).items;
const ids = async (as: object = {}) => new Set((await listed(as)).map(({ personaId }) => personaId));

it('tells how the policies stand, the floor’s too, without their documents', async () => {
  const items = await listed();
  expect(items).toHaveLength(3);
  expect(items.find(({ personaId }) => personaId === null)).toEqual({
    personaId: null,
    draftHash: expect.any(String),
    active: {
      versionNo: 1,
      mode: 'enforce',
      policyHash: expect.any(String),
      activatedAt: expect.any(String),
      activatedBy: 'ada',
    },
    watched: null,
    suspended: false,
    updatedAt: expect.any(String),
    version: 2,
  });
  expect(items.find(({ personaId }) => personaId === open)).toMatchObject({
    suspended: true,
    active: null,
  });
  expect(items.find(({ personaId }) => personaId === secret)).toMatchObject({
    active: null,
    watched: { versionNo: 1, mode: 'shadow' },
  });
});

it('has those of personas that the reader may see, and the floor', async () => {
  expect(await ids()).toEqual(new Set([open, secret, null]));
  expect(await ids(bob)).toEqual(new Set([open, null]));
  expect(await ids({ tenantId: 'other' })).toEqual(new Set([null]));
});

it('tells how they stood', async () => {
  const items = await listed({ asOf: before });
  expect(items.map(({ personaId, suspended }) => [personaId, suspended])).toEqual(
    [open, secret].toSorted().map((personaId) => [personaId, false]),
  );
  expect(await listed({ asOf: before, ...bob })).toHaveLength(1);
});

it('goes page by page', async () => {
  const { items, next } = await world.ask('listPolicies', { limit: 2 });
  const rest = await world.ask('listPolicies', { limit: 2, cursor: next });
  expect([...items, ...rest.items]).toEqual(await listed());
  expect(rest.next).toBeNull();
});
