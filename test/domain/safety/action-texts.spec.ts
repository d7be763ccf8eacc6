import { expect, it } from 'vitest';
import { lookThrough } from '../../../src/domain/safety/action-texts.js';
import { patternIdOf } from '../../../src/domain/safety/content-rules.js';
import { completePolicy, policyInput } from '../../../src/domain/safety/policy-input.js';
import { contentIn } from '../../support/looked-through.js';
import { inForce } from '../../support/recorded-decisions.js';

const policy = completePolicy(
  policyInput.parse({
    inputFilters: [{ name: 'in', pattern: 'ada', action: 'warn' }],
    outputFilters: [{ name: 'out', pattern: 'kim', action: 'warn' }],
    pii: { exemptedFields: ['to', 'a/b'] },
  }),
);
const found = (texts: Parameters<typeof lookThrough>[0]) => contentIn(texts, [inForce(policy)]);
const inArgs = async (args: Record<string, unknown>) => (await found({ args }))[0]!;

it('is nothing without any text to look into', async () =>
  expect(await lookThrough({}, [inForce(policy)], () => Promise.resolve())).toBeUndefined());

it('takes arguments for output, since they go out to a tool, and a text for what it is', async () => {
  const texts = { args: { note: 'kim, ada' }, content: { direction: 'input' as const, text: 'ada, kim' } };
  const parts = (await found(texts)).map(({ part, direction, patterns }) => ({ part, direction, patterns }));
  expect(parts).toEqual([
    { part: 'args', direction: 'output', patterns: { [patternIdOf('kim')]: 1 } },
    { part: 'content', direction: 'input', patterns: { [patternIdOf('ada')]: 1 } },
  ]);
});

it('finds texts at any depth, and tells those in exempted members apart', async () => {
  const { pii, exemptedFields } = await inArgs({
    to: ['ada@example.org', { cc: 'bob@example.org' }],
    body: [{ text: 'kim@example.org', to: 'zoe@example.org' }],
  });
  expect(pii).toEqual({ email: 4 });
  expect(exemptedFields).toEqual([
    { field: 'a/b', pii: {}, patterns: {} },
    { field: 'to', pii: { email: 2 }, patterns: {} },
  ]);
});

it('looks through numbers in decimal, and names of members', async () => {
  const { pii, patterns, exemptedFields } = await inArgs({
    card: 4111111111111111,
    'kim@example.org': [{ kim: true }],
    to: { 'bob@example.org': null },
  });
  expect(pii).toEqual({ credit_card: 1, email: 2 });
  expect(patterns).toEqual({ [patternIdOf('kim')]: 2 });
  expect(exemptedFields[1]).toEqual({ field: 'to', pii: { email: 1 }, patterns: {} });
});

it('tells a member whose name has a slash', async () => {
  const { exemptedFields } = await inArgs({ 'a/b': 'zoe@example.org', a: { b: 'ada@example.org' } });
  expect(exemptedFields[0]).toEqual({ field: 'a/b', pii: { email: 1 }, patterns: {} });
});
