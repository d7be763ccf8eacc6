import { describe, expect, it } from 'vitest';
import {
  ContentUnknown,
  filterFindings,
  filterSection,
  isTooMuch,
  matchingFilters,
  patternIdOf,
  personalDataIn,
  piiFindings,
} from '../../../src/domain/safety/content-rules.js';
import { contentOf, inForce, openWith, partOf } from '../../support/decision-examples.js';

const filter = (pattern: string, action: string, more: object = {}) => ({
  name: pattern,
  pattern,
  action,
  ...more,
});
const rules = (found: ReturnType<typeof filterFindings>) =>
  found.map(({ matched: { rule, effect, mode } }) => `${rule} ${effect} ${mode}`);

it('a pattern is told by the first 16 digits of its SHA-256', () => {
  expect(patternIdOf('abc')).toBe('ba7816bf8f01cfea');
});

it('filters stand in the section of their direction', () => {
  expect([filterSection('input'), filterSection('output')]).toEqual(['inputFilters', 'outputFilters']);
});

describe('filters', () => {
  const policy = inForce(
    openWith({
      outputFilters: [
        filter('low', 'block', { priority: 1 }),
        filter('ok', 'allow', { priority: 5 }),
        filter('same', 'mask', { priority: 5, message: 'masked' }),
        filter('high', 'warn', { priority: 9 }),
        filter('watched', 'block', { priority: 9, mode: 'shadow' }),
        filter('gone', 'block', { priority: 9, mode: 'off' }),
      ],
    }),
  );
  const all = { low: 1, ok: 1, same: 1, high: 1, watched: 1 };

  it('are told in the order of their places, without those that an allowing one sets aside', () => {
    const found = filterFindings(policy, contentOf(all), 'output', 'enforced');
    expect(rules(found)).toEqual([
      'outputFilters/ok allow enforce',
      'outputFilters/same mask enforce',
      'outputFilters/high warn enforce',
    ]);
    expect(found[1]!.matched.detail).toBe('masked');
    expect(found.every(({ isOfContent }) => isOfContent)).toBe(true);
  });

  it('are not set aside by one that found nothing', () => {
    expect(rules(filterFindings(policy, contentOf({ ...all, ok: 0 }), 'output', 'enforced'))[0]).toBe(
      'outputFilters/low deny enforce',
    );
  });

  it('in shadow are seen in the other view', () => {
    expect(rules(filterFindings(policy, contentOf(all), 'output', 'watched')).at(-1)).toBe(
      'outputFilters/watched deny shadow',
    );
  });

  it('that were not looked for are unknown, those that are off are not asked', () => {
    const { low: _, ...less } = all;
    expect(() => filterFindings(policy, contentOf(less), 'output', 'enforced')).toThrow(ContentUnknown);
    expect(matchingFilters(policy, 'output', 'watched', (pattern) => pattern === 'gone')).toEqual([]);
    expect(matchingFilters(policy, 'input', 'watched', () => true)).toEqual([]);
  });

  it('look at the parts of their direction, and count once', () => {
    const both = [partOf(all), partOf(all, { part: 'content' })];
    const [args] = both;
    expect(filterFindings(policy, both, 'output', 'enforced')).toEqual(
      filterFindings(policy, [args!], 'output', 'enforced'),
    );
    const text = partOf({}, { part: 'content', direction: 'input' });
    expect(rules(filterFindings(policy, [args!, text], 'output', 'enforced'))).toHaveLength(3);
    expect(filterFindings(policy, [args!, text], 'input', 'enforced')).toEqual([]);
  });

  it('are set aside only in the part in which one allowed', () => {
    const args = partOf({ ...all, low: 0 });
    const text = partOf({ ...all, ok: 0, same: 0, high: 0 }, { part: 'content' });
    expect(rules(filterFindings(policy, [args, text], 'output', 'enforced'))).toEqual([
      'outputFilters/low deny enforce',
      'outputFilters/ok allow enforce',
      'outputFilters/same mask enforce',
      'outputFilters/high warn enforce',
    ]);
  });

  it('find nothing in what was too much to look through', () => {
    const unread = contentOf({}, { tooMuch: true });
    expect([isTooMuch(unread), isTooMuch(contentOf()), isTooMuch(undefined)]).toEqual([true, false, false]);
    expect(filterFindings(policy, unread, 'output', 'enforced')).toEqual([]);
    expect(personalDataIn(unread, [])).toEqual([]);
  });
});

describe('personal data', () => {
  const to = { field: 'to', pii: { email: 2 }, patterns: { [patternIdOf('order')]: 1 } };
  const content = contentOf({ order: 1 }, { pii: { email: 2, ssn: 1 }, exemptedFields: [to] });
  const customPatterns = [{ name: 'order-no', pattern: 'order' }];
  const found = (pii: object, view: 'enforced' | 'watched' = 'enforced') =>
    rules(piiFindings(inForce(openWith({ pii })), content, view));

  it('is told by its kinds, in the order of the policy', () => {
    expect(found({ action: 'mask', kinds: ['ssn', 'phone', 'email', 'ssn'] })).toEqual([
      'pii/ssn mask enforce',
      'pii/email mask enforce',
    ]);
  });

  it('is also what patterns of the policy find', () => {
    expect(found({ action: 'block', kinds: [], customPatterns })).toEqual(['pii/order-no deny enforce']);
  });

  it('does not count where all of it stands in exempted fields', () => {
    expect(found({ action: 'warn', customPatterns, exemptedFields: ['to', 'to'] })).toEqual([
      'pii/ssn warn enforce',
    ]);
  });

  it('is taken off once where a field is exempted twice', () => {
    const twice = contentOf({}, { pii: { email: 3 }, exemptedFields: [to] });
    expect(personalDataIn(twice, ['to', 'to'])).toEqual(['email']);
  });

  it('counts by the mode of the rule', () => {
    expect(found({ action: 'block', mode: 'off' }, 'watched')).toEqual([]);
    expect(found({ action: 'block', mode: 'shadow', kinds: ['ssn'] }, 'watched')).toEqual([
      'pii/ssn deny shadow',
    ]);
    const waived = inForce(openWith({ pii: { action: 'block' } }), {
      source: 'floor',
      waivedRules: ['pii/ssn'],
    });
    expect(rules(piiFindings(waived, content, 'enforced'))).toEqual(['pii/email deny enforce']);
  });

  it('is unknown where nobody told apart what stands in an exempted field', () => {
    expect(() => personalDataIn(content, ['cc'])).toThrow(ContentUnknown);
    expect(() => found({ exemptedFields: ['cc'] })).toThrow(ContentUnknown);
    expect(() => found({ kinds: [], customPatterns: [{ name: 'x', pattern: 'x' }] })).toThrow(ContentUnknown);
    expect(personalDataIn(contentOf(), ['cc'])).toEqual([]);
  });

  it('is exempt nowhere in a text, and told once for all parts', () => {
    const text = partOf({ order: 1 }, { part: 'content', pii: { ssn: 1 } });
    const both = [...contentOf({ order: 0 }, { pii: { ssn: 1, email: 2 }, exemptedFields: [to] }), text];
    const policy = inForce(openWith({ pii: { action: 'warn', customPatterns, exemptedFields: ['to'] } }));
    expect(rules(piiFindings(policy, both, 'enforced'))).toEqual([
      'pii/ssn warn enforce',
      'pii/order-no warn enforce',
    ]);
    expect(personalDataIn(both, ['to'])).toEqual(['ssn']);
  });
});
