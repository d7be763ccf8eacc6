import { describe, expect, it } from 'vitest';
import { unkeepable } from '../../../../src/domain/personas/cards/card-limits.js';
import { card } from '../../../../src/domain/personas/persona-facets.js';

const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
const isKept = (data: object): boolean => card.safeParse({ spec: 'v2', data }).success;

describe('what may be kept of a card', () => {
  it.each([
    [{}],
    [{ a: [1, 'x', null] }],
    [{ a: 'x'.repeat(65_536) }],
    [{ ['n'.repeat(100)]: 1 }],
    [deep(16)],
  ])('is kept as a facet has it (%#)', (data) => {
    expect([unkeepable(data), unkeepable(data, [], true)]).toEqual([undefined, undefined]);
    expect(isKept(data)).toBe(true);
  });

  it.each([
    [{ a: 'x'.repeat(65_537) }, '/a'],
    [{ a: [{ constructor: 1 }] }, '/a/0/constructor'],
    [JSON.parse('{"a":{"__proto__":{}}}') as object, '/a/__proto__'],
    [deep(17), '/a'.repeat(17)],
    [{ '': 1 }, ''],
    [{ ['n'.repeat(101)]: 1 }, ''],
  ])('is nothing that a facet refuses (%#)', (data, pointer) => {
    expect((unkeepable(data) ?? unkeepable(data, [], true))?.pointer).toBe(pointer);
    expect(isKept(data)).toBe(false);
  });

  it.each([[{ $sealed: 1 }], [{ a: '\0' }], [{ a: '\uDC00' }], [{ '\uDC00': 1 }]])(
    'is nothing that the log refuses (%#)',
    (data) => {
      expect(unkeepable(data)).toBeDefined();
    },
  );

  it('points to where it stands', () => {
    expect(unkeepable(deep(17), ['data'], true)).toEqual({
      pointer: `/data${'/a'.repeat(17)}`,
      detail: 'is nested deeper than 16',
    });
    expect(unkeepable({ 'a/b': ['\0'] })?.pointer).toBe('/a~1b/0');
  });
});
