import { describe, expect, it } from 'vitest';
import {
  beginning,
  fittedLine,
  fittedText,
  saysSomething,
  textOf,
} from '../../../../src/domain/personas/cards/fitted-text.js';

describe('a text is made to fit', () => {
  it('by its beginning, never by half of a character', () => {
    expect(beginning('abc', 2)).toBe('ab');
    expect(beginning('a😀', 2)).toBe('a');
    expect(beginning('a😀', 3)).toBe('a😀');
  });

  it('without what surrounds it', () => {
    expect(fittedText('\n  one\ntwo ', 7)).toBe('one\ntwo');
    expect(fittedText(' \n ', 7)).toBe('');
  });

  it.each([
    ['Ada\r\nLovelace', 'Ada Lovelace'],
    ['\u202EAda\u202C', 'Ada'],
    ['\u0007 \t', ''],
    ['A\u2028B', 'A B'],
    ['1234567890 abcdefgh', '1234567890'],
  ])('as a line: %j', (given, line) => {
    expect(fittedLine(given, line.length === 10 ? 11 : 100)).toBe(line);
  });

  it('and so are values that are none', () => {
    expect([42, true, 'x', null, [], {}, undefined].map(textOf)).toEqual(['42', 'true', 'x', '', '', '', '']);
    expect(['', ' \n', ' x'].map(saysSomething)).toEqual([false, false, true]);
  });
});
