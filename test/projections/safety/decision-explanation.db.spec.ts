import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AreaWorld } from '../../support/area-world.js';
import {
  app,
  bob,
  checked,
  enforced,
  registered,
  safetyWorld,
  type Checked,
} from '../../support/safety-world.js';

let world: AreaWorld;
let books: string;
let denied: Checked;
let allowed: Checked;
let builtIn: Checked;

beforeAll(async () => {
  world = await safetyWorld();
  books = await registered(world, 'books');
  builtIn = await checked(world, books, 'tool:payment.refund', { facts: { irreversible: true } });
  await enforced(world, books, {
    blockedActions: ['tool:shell.*', { pattern: 'tool:search.*', mode: 'shadow', message: 'to be seen' }],
  });
  await enforced(world, undefined, { blockedActions: ['tool:*.run'] });
  denied = await checked(world, books, 'tool:shell.run');
  allowed = await checked(world, books, 'tool:search.query');
  // What stands now is not what decided.
  await enforced(world, books, { blockedActions: [{ pattern: 'tool:shell.*', message: 'changed since' }] });
});
afterAll(() => world.stop());

const explain = ({ checkId }: Checked, as: object = {}) => world.ask('explainDecision', { checkId }, as);

describe('explainDecision', () => {
  it('tells every rule that matched, those that decided first, as they stood in that version', async () => {
    const { reasons, ...rest } = await explain(denied);
    expect(rest).toMatchObject({
      checkId: denied.checkId,
      action: 'tool:shell.run',
      decision: 'deny',
      summary: 'tool:shell.run was denied at a risk of 0.8 (high).',
      decisionHash: denied.decisionHash,
    });
    expect(reasons).toMatchObject([
      {
        rule: 'blockedActions/tool:shell.*',
        source: 'persona',
        decides: true,
        without: 'deny',
        policyVersion: 1,
        definition: { pattern: 'tool:shell.*', mode: 'enforce' },
      },
      { rule: 'blockedActions/tool:*.run', source: 'floor', decides: true, policyVersion: 1 },
      { rule: 'riskThreshold', decides: false },
      { rule: 'riskThreshold', decides: false },
    ]);
    const [first] = reasons as { definition: object }[];
    expect(first!.definition).not.toHaveProperty('message');
  });

  it('tells what rules in shadow would have come to', async () => {
    expect(await explain(allowed)).toMatchObject({
      decision: 'allow',
      summary: expect.stringContaining('no rule that counts stands against it'),
      reasons: [{ rule: 'blockedActions/tool:search.*', mode: 'shadow', detail: 'to be seen' }],
      shadow: { decision: 'deny', text: 'With the rules in shadow it would have been denied.' },
    });
  });

  it('knows the built-in policy too', async () => {
    const { reasons } = await explain(builtIn);
    expect((reasons as { rule: string }[]).find(({ rule }) => rule === 'riskThreshold')).toMatchObject({
      policyVersion: null,
      definition: 0.7,
      facts: { irreversible: true },
      text: expect.stringContaining('by the built-in policy general'),
    });
  });

  it('is for whoever sees the persona', async () => {
    for (const as of [bob, app]) expect(await explain(denied, as)).toMatchObject({ decision: 'deny' });
    const secret = await registered(world, 'secret', false);
    const hidden = await checked(world, secret, 'say', {}, { id: 'ada' });
    expect(await world.refused(explain(hidden, bob))).toBe('decision-not-found');
  });
});
