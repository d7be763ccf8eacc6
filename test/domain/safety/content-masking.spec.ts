import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideAction } from '../../../src/domain/safety/decide.js';
import { findPii } from '../../../src/domain/safety/pii.js';
import { piiKind } from '../../../src/domain/safety/policy-document.js';
import type { PolicyInForce } from '../../../src/domain/safety/policy-in-force.js';
import { seedPolicies } from '../../../src/domain/safety/seed-policies.js';
import { factsOf, inForce, openWith } from '../../support/decision-examples.js';
import { contentIn, maskedIn, said } from '../../support/looked-through.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('masking');
type Given = Parameters<typeof openWith>[0];

const keyed = (key: string) => (text: string) => createHmac('sha256', key).update(text).digest('hex');
const masked = async (text: string, policies: PolicyInForce[], key = 'ours') =>
  (await maskedIn(said(text), policies, keyed(key))).text;
const by = (given: Given, ref = {}) => [inForce(openWith(given), ref)];
const general = by({ pii: { action: 'mask' } });
const mask = (name: string, pattern: string, more = {}) => ({ name, pattern, action: 'mask', ...more });
const customPatterns = [{ name: 'order', pattern: 'ORD-[0-9]+' }];

describe('a masked text', () => {
  it('has pseudonyms in the place of personal data', async () => {
    const digits = keyed('ours')('email\nkim@example.org').slice(0, 10);
    expect(await masked('Write to Kim@Example.org!', general)).toBe(`Write to [email:${digits}]!`);
  });

  it('has the same one for the same value, however it is written', async () => {
    const pseudonyms = async (text: string) =>
      (await masked(text, general))!.match(/\[[a-z_]+:[0-9a-f]{10}\]/g)!;
    const pairs = [
      'kim@example.org and KIM@EXAMPLE.ORG',
      '+1 415 555 2671 and (415) 555-2671',
      '4111 1111 1111 1111 and 4111-1111-1111-1111',
      'DE89 3704 0044 0532 0130 00 and de89370400440532013000',
      '2001:db8::1 and 2001:DB8:0:0:0:0:0:1',
      '123-45-6789 and ssn 123456789',
    ];
    const found = await Promise.all(pairs.map(pseudonyms));
    for (const [index, [one, other]] of found.entries()) expect(other, pairs[index]).toBe(one);
    expect(new Set(found.map(([one]) => one)).size).toBe(pairs.length);
  });

  it('has another one under another key', async () =>
    expect(await masked('kim@example.org', general, 'theirs')).not.toBe(
      await masked('kim@example.org', general),
    ));

  it('has what enforced filters mask, and patterns of the policy', async () => {
    const policies = by({
      outputFilters: [mask('name', '(?i)nightingale'), mask('watched', 'project', { mode: 'shadow' })],
      pii: { action: 'mask', kinds: [], customPatterns },
    });
    expect(await masked('project Nightingale, ORD-77', policies)).toMatch(
      /^project \[name:[0-9a-f]{10}\], \[order:[0-9a-f]{10}\]$/,
    );
  });

  const text = 'secret of kim@example.org';
  const given = { outputFilters: [mask('a', 'secret')], pii: { action: 'mask' } };
  it.each<[string, string, PolicyInForce[]]>([
    ['nothing is found', 'good morning', general],
    ['personal data is allowed', text, by({ pii: { action: 'allow' } })],
    ['personal data is warned of', text, by({ pii: { action: 'warn' } })],
    ['personal data is blocked', text, by({ pii: { action: 'block' } })],
    ['the rule is in shadow', text, by({ pii: { mode: 'shadow' } })],
    ['the policy is in shadow', text, by({ pii: { action: 'mask' } }, { mode: 'shadow' })],
    ['a filter warns', text, by({ outputFilters: [mask('a', 'secret', { action: 'warn' })] })],
    ['a filter is of the other direction', text, by({ inputFilters: [mask('a', 'secret')] })],
    ['rules are waived', text, by(given, { source: 'floor', waivedRules: ['outputFilters/a', 'pii/email'] })],
    [
      'the rule as a whole is waived',
      'kim@example.org',
      by(given, { source: 'floor', waivedRules: ['pii'] }),
    ],
  ])('is none where %s', async (_, of, policies) => expect(await masked(of, policies)).toBeNull());

  it('has no mask that an allowing filter of higher priority sets aside', async () => {
    const allow = { name: 'b', pattern: 'fine', action: 'allow', priority: 200 };
    const policies = by({ outputFilters: [mask('a', 'secret'), allow] });
    expect(await masked('a fine secret', policies)).toBeNull();
    expect(await masked('a secret', policies)).not.toBeNull();
  });

  it('has one pseudonym for what overlaps, under the name of the longest', async () => {
    const policies = by({ outputFilters: [mask('a', 'abc'), mask('b', 'bcdef'), mask('c', 'fg')] });
    expect(await masked('-abcdefg-', policies)).toBe(`-[b:${keyed('ours')('b\nbcdef').slice(0, 10)}]-`);
  });

  it('is masked by every policy that is enforced', async () => {
    const policies = [
      ...by({ outputFilters: [mask('a', 'one')] }),
      ...by({ outputFilters: [mask('a', 'two')] }, { source: 'floor' }),
    ];
    expect(await masked('one two three', policies)).toMatch(/^\[a:.{10}\] \[a:.{10}\] three$/);
  });
});

describe('masked arguments', () => {
  const ofArgs = async (args: Record<string, unknown>, policies = general) =>
    (await maskedIn({ args }, policies)).args;
  const email = '[email:0123456789]';

  it('have the same structure', async () => {
    const args = { body: ['Hi', { by: 'kim@example.org', page: 7, last: null }], draft: true };
    expect(await ofArgs(args)).toEqual({
      body: ['Hi', { by: email, page: 7, last: null }],
      draft: true,
    });
  });

  it('are none where nothing is masked', async () =>
    expect(await ofArgs({ body: ['Hi', { page: 7 }], draft: true })).toBeNull());

  it('have a text in the place of a number in which something is found', async () =>
    expect(await ofArgs({ card: 4111111111111111, page: 12 })).toEqual({
      card: '[credit_card:0123456789]',
      page: 12,
    }));

  it('have names masked as texts are, and lose no member that has the same then', async () =>
    expect(await ofArgs({ 'kim@example.org': 1, 'KIM@example.org': 2, [`${email}#2`]: 3 })).toEqual({
      [email]: 1,
      [`${email}#2`]: 2,
      [`${email}#2#2`]: 3,
    }));

  it('keep personal data in members that the policy exempts, but nothing that a filter masks', async () => {
    const policies = by({
      outputFilters: [mask('secret', 'top secret')],
      pii: { action: 'mask', customPatterns, exemptedFields: ['to'] },
    });
    const args = { to: [{ 'a@b.co': 'top secret ORD-7' }], cc: 'c@d.co ORD-7' };
    expect(await ofArgs(args, policies)).toEqual({
      to: [{ 'a@b.co': '[secret:0123456789] ORD-7' }],
      cc: `${email} [order:0123456789]`,
    });
  });

  it('are masked by what is found in them, whatever is allowed in the text', async () => {
    const allow = { name: 'b', pattern: 'fine', action: 'allow', priority: 200 };
    const policies = by({ outputFilters: [mask('a', 'secret'), allow] });
    const texts = (one: string, other: string) => ({ args: { one }, ...said(other) });
    expect(await maskedIn(texts('a secret', 'fine, secret'), policies)).toEqual({
      args: { one: 'a [a:0123456789]' },
      text: null,
    });
    expect(await maskedIn(texts('fine, secret', 'a secret'), policies)).toEqual({
      args: null,
      text: 'a [a:0123456789]',
    });
  });
});

const values = [
  'kim@example.org',
  '+1 415 555 2671',
  '123-45-6789',
  '4111 1111 1111 1111',
  'DE89370400440532013000',
  '10.20.30.40',
];

describe('whatever the text is', () => {
  const words = fc.constantFrom('Hello', '😀', 'naïve', 'tel', '12', '日本', 'x::y', 'and');
  const someText = fc
    .array(fc.oneof(fc.constantFrom(...values), words), { maxLength: 12 })
    .map((parts) => parts.join(', '));
  const policies = [inForce(seedPolicies.general)];

  it('nothing that was found is left in it, and nothing else is gone', () =>
    fc.assert(
      fc.asyncProperty(someText, async (text) => {
        const found = findPii(text, piiKind.options);
        const result = await masked(text, policies);
        expect(result === null).toBe(found.length === 0);
        const left = result ?? text;
        for (const { start, end } of found) expect(left).not.toContain(text.slice(start, end));
        const rest = values.reduce((rest, value) => rest.replaceAll(value, ''), text);
        expect(left.replace(/\[[a-z_]+:[0-9a-f]{10}\]/g, '')).toBe(rest);
        expect(Buffer.from(left).toString()).toBe(left);
      }),
      { seed, numRuns: 300 },
    ));

  it('a masked text has nothing to be masked any more', () =>
    fc.assert(
      fc.asyncProperty(someText, async (text) => {
        const once = await masked(text, policies);
        if (once !== null) expect(await masked(once, policies)).toBeNull();
      }),
      { seed, numRuns: 200 },
    ));
});

it('law: something is masked exactly where the decision says so', () => {
  const someMode = fc.constantFrom('enforce', 'shadow', 'off');
  const filters = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('one', 'two', 'three'),
      pattern: fc.constantFrom('nightingale', '[0-9]{3}', 'kim@'),
      action: fc.constantFrom('warn', 'mask', 'allow', 'mask'),
      priority: fc.constantFrom(100, 200),
      mode: someMode,
    }),
    { selector: ({ name }) => name },
  );
  const policy = fc
    .record({
      inputFilters: filters,
      outputFilters: filters,
      pii: fc.record({
        action: fc.constantFrom('allow', 'warn', 'mask', 'mask'),
        mode: someMode,
        kinds: fc.subarray([...piiKind.options]),
        customPatterns: fc.subarray([{ name: 'three-digits', pattern: '[0-9]{3}' }]),
        exemptedFields: fc.subarray(['to', 'cc']),
      }),
    })
    .map(openWith);
  const ref = fc.record({
    mode: fc.constantFrom('enforce' as const, 'shadow' as const),
    waivedRules: fc.subarray(['pii', 'pii/email', 'outputFilters/one']),
  });
  const text = fc.constantFrom('nightingale', ...values, 'tel 123-45-6789', 'fine');
  const texts = fc.record(
    {
      args: fc.dictionary(fc.constantFrom('to', 'cc', 'body', 'a@b.co'), text, { maxKeys: 3 }),
      content: fc.record({ direction: fc.constantFrom('input' as const, 'output' as const), text }),
    },
    { requiredKeys: [] },
  );
  return fc.assert(
    fc.asyncProperty(policy, policy, ref, ref, texts, async (own, floor, ownRef, floorRef, given) => {
      if (!given.args && !given.content) return;
      const policies = [inForce(own, ownRef), inForce(floor, { ...floorRef, source: 'floor' })];
      const content = await contentIn(given, policies);
      const { contentAction } = decideAction(policies, factsOf({ content }));
      const { args, text: maskedText } = await maskedIn(given, policies);
      expect(contentAction === 'mask').toBe(args !== null || maskedText !== null);
    }),
    { seed, numRuns: 500 },
  );
});
