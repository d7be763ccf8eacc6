import { describe, expect, it } from 'vitest';
import {
  isTextPattern,
  keptPatterns,
  matchesNothing,
  programSize,
  searchWork,
  spansOf,
  type Span,
} from '../../../src/domain/safety/text-pattern.js';
import { beginWork, workOf } from '../../../src/domain/safety/work.js';

const work = () => beginWork(() => Promise.resolve());
const spans = (pattern: string, text: string): Promise<Span[]> => spansOf(pattern, text, work());
const found = async (pattern: string, text: string): Promise<string[]> =>
  (await spans(pattern, text)).map(({ start, end }) => text.slice(start, end));

describe('a pattern over texts', () => {
  it.each(['a', '(?i)secret', '\\bkey\\b', '[\\p{L}]+', '(?s)BEGIN.*END'])(
    'is in RE2’s syntax: %s',
    (pattern) => {
      expect(isTextPattern(pattern)).toBe(true);
    },
  );

  it.each(['(', '(?=a)', '(?<=a)b', '(a)\\1', 'a{1,100}{1,100}', '*'])('is not: %s', async (pattern) => {
    expect(isTextPattern(pattern)).toBe(false);
    await expect(spans(pattern, 'a')).rejects.toThrow('is no pattern');
  });

  it('has no more than 500 instructions', () => {
    expect(programSize('a{498}')).toBe(500);
    expect(isTextPattern('a{498}')).toBe(true);
    expect(isTextPattern('a{499}')).toBe(false);
  });

  it('matches nothing in particular where it matches the empty text', () => {
    expect(['a*', '^', 'x|', 'a', '('].map(matchesNothing)).toEqual([true, true, true, false, false]);
  });
});

describe('compiled patterns', () => {
  it('are kept, those that are refused are not', () => {
    const { count } = keptPatterns();
    for (const refused of ['kept(', 'kept{499}', '\\pL{1,1000}']) expect(isTextPattern(refused)).toBe(false);
    expect(keptPatterns().count).toBe(count);
    expect([isTextPattern('kept'), isTextPattern('kept')]).toEqual([true, true]);
    expect(keptPatterns().count).toBe(count + 1);
  });

  it('are kept up to what they cost together: what was asked for last stays', () => {
    for (let n = 0; n < 250; n++) {
      expect(isTextPattern(`[ab]{480}${n}`)).toBe(true);
      expect(isTextPattern('asked for again and again')).toBe(true);
    }
    const { cost, count } = keptPatterns();
    expect(cost).toBeLessThanOrEqual(100_000);
    expect(cost).toBeGreaterThan(99_000);
    expect(isTextPattern('asked for again and again')).toBe(true);
    expect(keptPatterns().count).toBe(count);
  });
});

describe('matches', () => {
  it('are told from left to right and do not overlap', async () => {
    expect(await spans('aa', 'aaaaa')).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 4 },
    ]);
  });

  it('of no characters are none', async () => {
    expect(await found('\\b', 'a b')).toEqual([]);
    expect(await found('\\bx*', 'ax xx')).toEqual(['xx']);
  });

  it('are counted in UTF-16 code units, and split no pair', async () => {
    expect(await spans('b', '😀b😀b')).toEqual([
      { start: 2, end: 3 },
      { start: 5, end: 6 },
    ]);
    expect(await found('.', '😀a')).toEqual(['😀', 'a']);
  });

  it('of texts of some pages are all told apart', async () => {
    expect(await found('ke+y', 'key=1 '.repeat(1_000))).toHaveLength(1_000);
  });

  it('of patterns that look no further than they are long are all told apart', async () => {
    expect(await found('ORD-[0-9]{6}', 'ORD-123456 '.repeat(5_900))).toHaveLength(5_900);
  });

  // Each of them is looked for up to the end of the text.
  it('beyond what may be looked at again are one, which goes up to the end', async () => {
    const text = 'a'.repeat(20_000);
    const all = await spans('a(?:.*b)?', text);
    expect(all.length).toBeGreaterThan(100);
    expect(all.length).toBeLessThan(2 * (workOf.again / (7 * text.length)));
    expect(all.at(-1)!.end).toBe(text.length);
    expect(all.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(text.length);
  });

  it('of a pattern that is long and looks as far each time are so, too', async () => {
    const text = 'a'.repeat(65_000);
    const all = await spans('a(?:(?:.?){200}b)?', text);
    expect(all.length).toBeLessThan(2_000);
    expect(all.at(-1)!.end).toBe(text.length);
  });

  it('share what may be looked at again with other patterns and texts', async () => {
    const shared = work();
    shared.spend(workOf.again);
    expect(await spansOf('ke+y', 'key key key', shared)).toEqual([
      { start: 0, end: 3 },
      { start: 4, end: 11 },
    ]);
    expect(await spansOf('ke+y', 'a key alone', shared)).toEqual([{ start: 2, end: 5 }]);
  });
});

it('the work of a search is the pattern’s instructions for each character, and something for each text', () => {
  expect(searchWork('abc', 1_000)).toBe(5 * 1_000 + 100);
  expect(searchWork('abc', 1_000, 10)).toBe(5 * 1_000 + 1_000);
});
