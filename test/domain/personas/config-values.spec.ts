import { describe, expect, it } from 'vitest';
import {
  dictionary,
  hostileTokens,
  jsonProblem,
  level,
  line,
  lines,
  priority,
  text,
} from '../../../src/domain/personas/config-values.js';
import { isClear } from '../../../src/domain/sealed.js';

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};

describe('jsonProblem', () => {
  it('finds nothing wrong with plain JSON', () => {
    for (const value of [null, 1, 'x', true, [], {}, { a: [1, { b: null }] }, nested(16)])
      expect(jsonProblem(value)).toBeNull();
  });

  it.each([...hostileTokens])('finds a member called %s, however deep', (name) => {
    const hostile = JSON.parse(`{"a":[{"${name}":1}]}`) as unknown;
    expect(jsonProblem(hostile)).toBe(`has a member called ${name}`);
  });

  it('finds what is nested deeper than 16', () => {
    expect(jsonProblem(nested(17))).toBeNull();
    expect(jsonProblem(nested(18))).toBe('is nested deeper than 16');
    expect(jsonProblem(nested(10_000))).toBe('is nested deeper than 16');
  });

  it('finds a text larger than 64 KiB, counted in bytes', () => {
    expect(jsonProblem(['x'.repeat(65_536)])).toBeNull();
    expect(jsonProblem({ a: ['x'.repeat(65_537)] })).toBe('holds a text larger than 64 KiB');
    expect(jsonProblem('ü'.repeat(32_769))).toBe('holds a text larger than 64 KiB');
  });
});

describe('a dictionary', () => {
  it('holds any JSON under names of 1 to 100 characters', () => {
    expect(dictionary.parse({ a: 1, ['n'.repeat(100)]: { b: [null] } })).toHaveProperty('a', 1);
    for (const hostile of ['{"":1}', '{"constructor":1}', '{"a":{"prototype":1}}', '[]', '"x"', 'null'])
      expect(dictionary.safeParse(JSON.parse(hostile)).success).toBe(false);
    expect(dictionary.safeParse({ ['n'.repeat(101)]: 1 }).success).toBe(false);
  });

  it('refuses a member that zod itself would lose quietly', () => {
    const nestedProto = JSON.parse('{"a":{"__proto__":{"polluted":true}}}') as unknown;
    expect(dictionary.safeParse(nestedProto).success).toBe(false);
  });
});

describe('texts, lines and lists', () => {
  it('are all clear: marked once, wherever they stand', () => {
    expect([text(5), line(5), dictionary].map(isClear)).toEqual([true, true, true]);
  });

  it('a line has no control or bidirectional character, a text may have lines', () => {
    for (const hidden of ['a\nb', 'a\u202Eb', '\u2066a', 'a\u0007']) {
      expect(line(10).safeParse(hidden).success).toBe(false);
    }
    expect(text(10).safeParse('a\nb').success).toBe(true);
    for (const blank of ['', ' ', '\n\t']) expect(text(10).safeParse(blank).success).toBe(false);
  });

  it('lists are empty and priorities are 5 where nothing is said', () => {
    expect(lines(5, 2).parse(undefined)).toEqual([]);
    expect(lines(5, 2).safeParse(['a', 'b', 'c']).success).toBe(false);
    expect(priority.parse(undefined)).toBe(5);
  });

  it('levels are whole, 1 to 10', () => {
    expect([0, 1, 10, 11, 1.5].map((value) => level.safeParse(value).success)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });
});
