import { expect, it } from 'vitest';
import { mapMembers } from '../../../src/commands/sealing/map-members.js';

const doubled = (member: unknown): unknown => (typeof member === 'number' ? member * 2 : member);

it('copies what changes and only that', () => {
  const array = ['a', 1];
  expect(mapMembers(array, doubled)).toEqual(['a', 2]);
  expect(array).toEqual(['a', 1]);
  expect(mapMembers({ a: 1, b: 'c' }, doubled)).toEqual({ a: 2, b: 'c' });
  expect(mapMembers(array, (_, name) => name)).toEqual(['0', '1']);
});

it('answers the value itself when nothing changes', () => {
  for (const value of [['a'], { a: 'b' }, [], {}, null, 'text', 3, undefined]) {
    expect(mapMembers(value, doubled)).toBe(value);
  }
});

it('takes __proto__ for a name like any other', () => {
  const value = JSON.parse('{"__proto__":1,"a":1}') as object;
  const copy = mapMembers(value, doubled) as object;
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  expect(JSON.stringify(copy)).toBe('{"__proto__":2,"a":2}');
});
