/** What decides, as the models tell it, is what decided. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AreaWorld } from '../../support/area-world.js';
import { checked, enforced, registered, safetyWorld } from '../../support/safety-world.js';

let world: AreaWorld;
let personaId: string;
/** The policies of decisions, with where they stand. */
const taken: { position: number; policies: unknown; unresolved?: unknown }[] = [];

async function check(): Promise<void> {
  const { checkId, position } = await checked(world, personaId, 'say');
  const { policies, unresolved } = await world.ask('getDecision', { checkId });
  taken.push({ position, policies, ...(unresolved !== undefined && { unresolved }) });
}

beforeAll(async () => {
  world = await safetyWorld();
  personaId = await registered(world, 'books');
  const steps: (() => Promise<unknown>)[] = [
    () => enforced(world, personaId, { blockedActions: ['x'] }, { mode: 'shadow' }),
    () => enforced(world, undefined, {}),
    () => world.send('activatePolicy', { personaId }),
    () => enforced(world, personaId, { blockedActions: ['y'] }, { mode: 'shadow' }),
    () => enforced(world, undefined, { blockedActions: ['y'] }, { mode: 'shadow' }),
    () => {
      const until = new Date(Date.parse(world.now()) + 3_500).toISOString();
      const waiver = { rules: ['riskThreshold'], until, reason: 'a load test' };
      return world.send('grantPolicyWaiver', { personaId, ...waiver });
    },
    // The waiver ends meanwhile.
    () => registered(world, 'another'),
    () => registered(world, 'one-more'),
    () => {
      const until = new Date(Date.parse(world.now()) + 3_600_000).toISOString();
      const waiver = { rules: ['limits/maxActionsPerMinute'], until, reason: 'a load test' };
      return world.send('grantPolicyWaiver', { personaId, ...waiver });
    },
    // The waived rule says something else now.
    () => enforced(world, undefined, { limits: { maxActionsPerMinute: 100 } }),
    () => world.send('suspendTenantPolicy', {}),
    () => world.send('revertTenantPolicy', { toVersionNo: 1 }),
    () => world.send('suspendPolicy', { personaId }),
    () => world.send('revertPolicy', { personaId, toVersionNo: 1 }),
  ];
  await check();
  for (const step of steps) {
    await step();
    await check();
  }
});
afterAll(() => world.stop());

it('is what every decision was taken by, at its position', async () => {
  for (const { position, ...expected } of taken) {
    const { effective } = await world.ask('getPolicy', { personaId }, { asOf: String(position) });
    expect(effective, `at ${position}`).toEqual(expected);
  }
});

it('was something else each time that something changed', () =>
  expect(new Set(taken.map(({ position: _, ...effective }) => JSON.stringify(effective))).size).toBe(13));
