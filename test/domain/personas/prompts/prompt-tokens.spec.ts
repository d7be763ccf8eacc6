import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTokens, slicesOf, tokenizer } from '../../../../src/domain/personas/prompts/prompt-tokens.js';
import { seedFor } from '../../../support/seed.js';

const seed = seedFor('tokens');
const largest = 65_536;
const longestRun = (text: string): number =>
  Math.max(0, ...(text.match(/\S+|\s+|[\r\n/]+/g) ?? []).map(({ length }) => length));

describe('a text', () => {
  it.each([
    ['', 0],
    ['hello world', 2],
    ['You are Abbey.', 4],
    ['日本語の先生', 4],
  ])('%j has as many tokens as o200k_base says: %d', async (text, tokens) => {
    expect(tokenizer).toBe('o200k_base');
    expect(await countTokens(text)).toBe(tokens);
  });

  it('about special tokens is a text', async () => {
    expect(await countTokens('<|endoftext|>')).toBeGreaterThan(1);
  });
});

describe('a long run', () => {
  it.each([
    ['letters', 'a'],
    ['blanks', ' '],
    ['exclamation marks', '!'],
    ['one emoji', '😀'],
    ['Chinese', '漢'],
    ['slashes and line breaks', '/\n'],
    ['letters with marks', 'e\u0301'],
  ])('of %s is counted in pieces of at most 256 characters', (_, unit) => {
    const text = unit.repeat(Math.floor(largest / Buffer.byteLength(unit)));
    const slices = slicesOf(`!${text}`);
    expect(slices.join('')).toBe(`!${text}`);
    expect(slices.some((slice) => /\p{Cs}/u.test(slice))).toBe(false);
    for (const slice of slices)
      expect((slice.match(/[\r\n/]+|\S+|\s+/g) ?? []).every((run) => run.length <= 256)).toBe(true);
  });

  it('is cut at 256 and not before', async () => {
    expect(slicesOf('a'.repeat(256))).toHaveLength(1);
    expect(slicesOf('a'.repeat(257)).map(({ length }) => length)).toEqual([256, 1]);
    expect(slicesOf(`x ${'a'.repeat(600)} y`).map(({ length }) => length)).toEqual([258, 256, 90]);
    expect(await countTokens('a'.repeat(257))).toBe((await countTokens('a'.repeat(256))) + 1);
  });

  it('never ends within a character', () => {
    const slices = slicesOf(`a${'😀'.repeat(300)}`);
    expect(slices.map(({ length }) => length)).toEqual([255, 256, 90]);
  });

  it('is all that is cut, of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 1_000 }), (text) => {
        const slices = slicesOf(text);
        expect(slices.join('')).toBe(text);
        if (longestRun(text) <= 256) expect(slices).toEqual([text]);
      }),
      { seed },
    );
  });
});
