import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { patternCost } from '../../../src/domain/safety/pattern-cost.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('costs of patterns');

/** Instructions of a pattern; none for what is no pattern. */
function programOf(pattern: string): number {
  try {
    return RE2JS.compile(pattern).programSize();
  } catch {
    return 0;
  }
}

// prettier-ignore
const pieces = [
  'a', 'é', '😀', '.', '^', '$', '-', ']', '}', '{', '\\b', '\\d', '\\.', '\\101', '\\x{41}', '\\x41', '\\Qa{9}\\E',
  '\\pL', '\\p{Greek}', '\\PN', '[a-z]', '[^\\pL]', '[]a]', '[^]]', '[a-]', '[a\\-z]', '[[:alpha:]]', '[\\x41-\\x{5a}]',
  '(', '(?:', '(?i:', '(?P<n>', '(?i)', '(?s)', ')', ')', '|', '()', '*', '+', '?', '*?',
  '{3}', '{0}', '{0,9}', '{2,}', '{1,20}', '{,3}', '{1}',
];

describe('the cost of a pattern', () => {
  it('is never less than the instructions that it compiles to', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
        const pattern = parts.join('');
        const cost = patternCost(pattern);
        fc.pre(cost <= 2_000);
        expect(programOf(pattern), pattern).toBeLessThanOrEqual(cost);
      }),
      { seed, numRuns: 5_000 },
    ));

  it.each([
    ['(?i)secret', 9],
    ['ORD-[0-9]{6}', 13],
    ['[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}', 15],
  ])('of an ordinary one is about its instructions: %s', (pattern, cost) =>
    expect(patternCost(pattern)).toBe(cost),
  );

  it.each([
    ['repetitions', '\\pL{1,1000}'.repeat(90)],
    ['repetitions of repetitions', '((a{1,30}){1,30}){1,30}'],
    ['repetitions that are quoted in part', '(\\Q(\\E{1,100}[(]{1,100}){9}'],
    ['properties', '[^\\pL]'.repeat(160)],
    ['properties in one class', `[${'\\pL'.repeat(330)}]`],
    ['ranges whose case does not count', '(?i)[\\x{80}-\\x{10ffff}]'],
  ])('tells what would take long to compile, without compiling it: %s', (_, pattern) =>
    expect(patternCost(pattern)).toBeGreaterThan(1_000),
  );

  it('of ranges is nothing where case counts', () =>
    expect(patternCost('[\\x{80}-\\x{10ffff}]')).toBeLessThan(10));
});
