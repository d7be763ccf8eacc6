import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern, patternsOver } from '../../../src/domain/safety/action-pattern.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('action patterns');

describe('a pattern', () => {
  it.each([
    ['tool:email.send', 'tool:email.send', true],
    ['tool:email.send', 'tool:email.sends', false],
    ['tool:email.*', 'tool:email.send', true],
    ['tool:email.*', 'tool:email.', true],
    ['tool:email.*', 'tool:email', false],
    ['*', 'anything', true],
    ['**', 'anything', true],
    ['*.send', 'tool:email.send', true],
    ['*.send', '.send', true],
    ['*mail*send*', 'tool:email.resend.now', true],
    ['*send*mail*', 'tool:email.send', false],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['a*b*b', 'ab', false],
    ['*aab', 'aaaab', true],
    // A dot is a dot.
    ['tool.email', 'toolxemail', false],
  ])('%s names %s: %s', (pattern, action, expected) => {
    expect(matchesPattern(pattern, action)).toBe(expected);
  });

  it('does not regard case: an action is the same one in capitals', () => {
    expect(matchesPattern('tool:Email.*', 'TOOL:email.SEND')).toBe(true);
  });

  it('means what it would mean as a regular expression', () => {
    const part = fc.stringMatching(/^[ab.*]{0,8}$/);
    fc.assert(
      fc.property(part, fc.stringMatching(/^[ab.]{0,10}$/), (pattern, action) => {
        const regex = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        expect(matchesPattern(pattern, action)).toBe(regex.test(action));
        expect(patternsOver(action)(pattern)).toBe(regex.test(action));
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it('looks for each of its parts once, where a regular expression would try without end', () => {
    expect(matchesPattern('*a'.repeat(60) + 'b', 'a'.repeat(128))).toBe(false);
  });
});
