import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chosenSlug,
  freeSlug,
  isMistakable,
  numbered,
  slug,
  slugFrom,
} from '../../../src/domain/personas/persona-slug.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('slugs');

describe('a slug', () => {
  it.each(['a', 'technical-assistant', '-', '007', 'x'.repeat(50), 'deadbeef'])(
    '%s may be chosen',
    (text) => {
      expect(chosenSlug.safeParse(text).success).toBe(true);
    },
  );

  it.each([
    '',
    'x'.repeat(51),
    'Ada',
    'a_b',
    'a b',
    'ä',
    'a/b',
    'a\u202Eb',
    'import',
    'commands',
    '01890000-0000-7000-8000-000000000001',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '0189000000007000800000000000abcd',
  ])('%s may not', (text) => {
    expect(chosenSlug.safeParse(text).success).toBe(false);
  });

  it('that was once accepted stays readable when more words are reserved', () => {
    expect(slug.safeParse('import').success).toBe(true);
  });
});

describe('slugFrom', () => {
  it.each([
    ['Linux Terminal', 'linux-terminal'],
    ['Café Owner!', 'cafe-owner'],
    ['`position` Interviewer', 'position-interviewer'],
    ['  C++ / Rust  ', 'c-rust'],
    ['Import', 'persona-import'],
    ['日本語', 'persona'],
    ['…', 'persona'],
    ['x'.repeat(60), 'x'.repeat(50)],
  ])('%s → %s', (name, expected) => {
    expect(slugFrom(name)).toBe(expected);
  });

  it('always makes a slug that may be chosen, also with a number', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 99_999 }), (name, n) => {
        const made = numbered(slugFrom(name), n);
        expect(chosenSlug.safeParse(made).success).toBe(true);
        expect(isMistakable(made)).toBe(false);
      }),
      { seed },
    );
  });
});

describe('freeSlug', () => {
  const find = async (base: string, taken: Set<string>) => {
    let asked = 0;
    const found = await freeSlug(base, (candidate) => {
      asked++;
      return Promise.resolve(!taken.has(candidate));
    });
    return { found, asked };
  };

  it('is the name itself, then -2, -3, …', async () => {
    const taken = new Set<string>();
    for (const expected of ['dev', 'dev-2', 'dev-3', 'dev-4', 'dev-5', 'dev-6']) {
      const { found } = await find('dev', taken);
      expect(found).toBe(expected);
      taken.add(found);
    }
  });

  it('asks few questions where many are taken', async () => {
    const taken = new Set(Array.from({ length: 5_000 }, (_, n) => numbered('dev', n + 1)));
    const { found, asked } = await find('dev', taken);
    expect(found).toBe('dev-5001');
    expect(asked).toBeLessThan(30);
  });

  it('is free whatever is taken', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 40 })), async (numbers) => {
        const taken = new Set(numbers.map((n) => numbered('dev', n)));
        expect(taken).not.toContain((await find('dev', taken)).found);
      }),
      { seed },
    );
  });

  it('keeps within its length', () => {
    expect(numbered('x'.repeat(50), 12)).toBe(`${'x'.repeat(47)}-12`);
    expect(numbered(`${'x'.repeat(46)}-yyy`, 12)).toBe(`${'x'.repeat(46)}-12`);
  });
});
