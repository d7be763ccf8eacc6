import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rejection } from '../../../src/domain/kernel.js';
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
import { seedFor } from '../../support/seed.js';

const seed = seedFor('action preview');
let world: AreaWorld;
let personaId: string;
let before: string;
const preview = (input: object = {}, as: object = {}) =>
  world.ask('previewAction', { personaId: 'books', action: 'tool:shell.run', ...input }, as);
const json = (facts: unknown) => ({ facts: JSON.stringify(facts) });

beforeAll(async () => {
  world = await safetyWorld();
  personaId = await registered(world, 'books');
  await registered(world, 'secret', false);
  before = world.now();
  await enforced(world, personaId, { blockedActions: ['tool:shell.*'] });
});
afterAll(() => world.stop());

describe('previewAction', () => {
  it('tells what would be decided, and by what', async () => {
    expect(await preview()).toMatchObject({
      decision: 'deny',
      matchedRules: [{ rule: 'blockedActions/tool:shell.*' }, { rule: 'riskThreshold' }],
      policies: [{ source: 'persona', versionNo: 1 }],
      decisionHash: expect.any(String),
    });
    expect(await preview({ action: 'tool:search.query' })).toMatchObject({ decision: 'allow' });
  });

  it('tells what would have been decided', async () =>
    expect(await preview({}, { asOf: before })).toMatchObject({
      decision: 'require_approval',
      policies: [{ versionNo: null }],
    }));

  it('takes the facts that are given, and what is usual for the others', async () => {
    expect((await preview({}, app))['facts']).toEqual({
      action: 'tool:shell.run',
      personaId,
      personaStatus: 'draft',
      roles: ['service'],
      counters: { actionsPerMinute: { persona: 1 } },
    });
    const busy = json({ counters: { actionsPerMinute: { persona: 61 }, tokensInConversation: 7 } });
    expect(await preview({ action: 'say', ...busy })).toMatchObject({
      decision: 'deny',
      facts: { counters: { actionsPerMinute: { persona: 61 }, tokensInConversation: 7 } },
    });
    const risky = json({ irreversible: true, affectsExternal: true });
    expect(await preview({ action: 'tool:payment.refund', ...risky })).toMatchObject({
      decision: 'require_approval',
      riskScore: 1,
    });
  });

  it('refuses facts that are none, with where', async () => {
    const pointers = async (facts: string): Promise<unknown> =>
      preview({ facts }).then(
        () => null,
        (error: unknown) => (error as Rejection).more.errors?.map(({ pointer }) => pointer),
      );
    expect(await pointers('{')).toEqual(['/facts']);
    expect(await pointers('7')).toEqual(['/facts']);
    expect(await pointers('{"tokens":-1}')).toEqual(['/facts/tokens']);
    expect(await pointers('{"token":1}')).toEqual(['/facts/token']);
    expect(await pointers('{"action":"say"}')).toEqual(['/facts/action']);
    expect(await pointers(JSON.stringify({ personaId: '01890000-0000-7000-8000-00000000000b' }))).toEqual([
      '/facts/personaId',
    ]);
  });

  it('reads facts as strictly as a body, and says what may have been meant', async () => {
    const errors = async (facts: string): Promise<unknown> =>
      preview({ facts }).then(
        () => null,
        (error: unknown) => [(error as Rejection).code, (error as Rejection).more.errors],
      );
    const refused = (pointer: string, detail: unknown) => ['invalid-input', [{ pointer, detail }]];
    expect(await errors('{"tokens":1,"tokens":2}')).toEqual(
      refused('/facts/tokens', 'the member appears twice'),
    );
    expect(await errors('{"counters":{"__proto__":{}}}')).toEqual(
      refused('/facts/counters/__proto__', 'no member may be called __proto__'),
    );
    expect(await errors('{"tokens":1.00000000000000000001}')).toEqual(
      refused('/facts/tokens', expect.stringContaining('more digits')),
    );
    expect(await errors('{"token":1}')).toEqual(
      refused('/facts/token', expect.stringContaining('did you mean "tokens"?')),
    );
  });

  it('records nothing and counts nothing', async () => {
    const count = async () => (await checked(world, personaId, 'say')).checkId;
    const actions = async (checkId: string) =>
      ((await world.ask('getDecision', { checkId }))['facts'] as never)['counters'];
    const first = await actions(await count());
    for (let n = 0; n < 5; n++) await preview({ action: 'say' });
    const second = await actions(await count());
    expect(second).toEqual({
      actionsPerMinute: {
        persona: (first as { actionsPerMinute: { persona: number } }).actionsPerMinute.persona + 1,
      },
    });
    expect((await world.ask('listDecisions', { action: 'say' })).items).toHaveLength(2);
  });

  it('is for whoever sees the persona', async () => {
    expect(await preview({}, bob)).toMatchObject({ decision: 'deny' });
    const secret = world.ask('previewAction', { personaId: 'secret', action: 'say' }, bob);
    expect(await world.refused(secret)).toBe('persona-not-found');
  });
});

describe('of a recorded decision', () => {
  const asked = (input: object, as: object = {}) =>
    world.ask('previewAction', { personaId: 'books', ...input }, as);
  const long = { args: { body: 'kim@example.org '.repeat(50) }, facts: { labels: ['night'] } };
  const pointers = (promise: Promise<unknown>) =>
    promise.then(
      () => null,
      (error: unknown) => (error as Rejection).more.errors?.map(({ pointer }) => pointer),
    );

  it('takes all of its facts, under the policies of the asked moment', async () => {
    const { checkId, decisionHash, position } = await checked(world, personaId, 'tool:shell.run', long);
    const { facts } = await world.ask('getDecision', { checkId });
    expect(await asked({ checkId }, { asOf: String(position) })).toMatchObject({ decisionHash, facts });
    // Now, and before there was this policy and this decision.
    expect(await asked({ checkId })).toMatchObject({ decision: 'deny', facts });
    const earlier = await asked({ checkId }, { asOf: before });
    expect(earlier).toMatchObject({ policies: [{ versionNo: null }], facts });
    expect(earlier['decisionHash']).not.toBe(decisionHash);
  });

  it('is asked for by its id alone, or by an action', async () => {
    const { checkId } = await checked(world, personaId, 'say');
    expect(await pointers(asked({ checkId, action: 'say' }))).toEqual(['/checkId']);
    expect(await pointers(asked({ checkId, facts: '{}' }))).toEqual(['/checkId']);
    expect(await pointers(asked({}))).toEqual(['/action']);
  });

  it('is for whoever may read the decision, under its own persona', async () => {
    const { checkId } = await checked(world, personaId, 'say');
    const secret = (await world.ask('getPolicy', { personaId: 'secret' }))['personaId'] as string;
    const hidden = await checked(world, secret, 'say', {}, { id: 'ada' });
    const refused = (input: object, as: object = {}) => world.refused(asked(input, as));
    expect(await asked({ checkId }, bob)).toMatchObject({ decision: 'allow' });
    expect(await refused({ checkId: hidden.checkId }, bob)).toBe('decision-not-found');
    expect(await refused({ checkId: hidden.checkId })).toBe('decision-not-found');
    expect(await refused({ checkId: '01890000-0000-7000-8000-0000000000ff' })).toBe('decision-not-found');
  });
});

/** What may happen between two checks, to the persona or to the tenant. */
const changes = [
  () => enforced(world, personaId, { blockedActions: ['tool:shell.*'], riskThreshold: 0.2 }),
  () => enforced(world, personaId, { seed: 'strict' }, { mode: 'shadow' }),
  () => enforced(world, personaId, { blockedActions: ['say'] }),
  () => enforced(world, undefined, { limits: { maxActionsPerMinute: 3 } }),
  () => enforced(world, undefined, { seed: 'strict' }, { mode: 'shadow' }),
  () => enforced(world, undefined, { seed: 'code' }),
  () => world.send('suspendPolicy', { personaId }),
  () => world.send('revertPolicy', { personaId, toVersionNo: 1 }),
  () => world.send('archivePersona', { personaId }),
  () => world.send('restorePersona', { personaId }),
];
const questions = [
  { action: 'tool:shell.run', facts: { affectsExternal: true, labels: ['night'] }, subjectId: 'kim' },
  { action: 'say', content: { direction: 'output', text: 'rm -rf / said kim@example.org' } },
  { action: 'tool:email.send', args: { to: 'kim@example.org', body: 'card 4111 1111 1111 1111' } },
  { action: 'tool:payment.refund', conversationId: 'c', facts: { tokens: 90_000, turnId: 't' } },
];

it('law: with the facts of a decision, as of just after it, it tells the very same hash', async () => {
  const step = fc.record({
    change: fc.option(fc.nat(changes.length - 1)),
    question: fc.nat(questions.length - 1),
  });
  const [steps] = fc.sample(fc.array(step, { minLength: 30, maxLength: 30 }), { seed, numRuns: 1 });
  const taken: (Checked & { action: string })[] = [];
  // Whatever is drawn, something is denied and something is not.
  const begin = [0, 3].map((question) => ({ change: null, question }));
  for (const { change, question } of [...begin, ...steps!]) {
    // What is refused — a policy that is not there yet — changes nothing.
    if (change !== null)
      await changes[change]!().catch((error: unknown) => {
        if (!(error instanceof Rejection)) throw error;
      });
    const { action, ...rest } = questions[question]!;
    taken.push({ action, ...(await checked(world, personaId, action, rest)) });
  }
  for (const { action, checkId, decision, decisionHash, position } of taken) {
    const { facts } = await world.ask('getDecision', { checkId });
    const moment = { asOf: String(position), ...bob };
    const then = await preview({ action, ...json(facts) }, moment);
    expect([then['decision'], then['decisionHash']], checkId).toEqual([decision, decisionHash]);
    expect(await world.ask('previewAction', { personaId: 'books', checkId }, moment)).toEqual(then);
  }
  expect(new Set(taken.map(({ decision }) => decision)).size).toBeGreaterThan(1);
});
