import { expect, it } from 'vitest';
import { remembered } from '../../../src/domain/safety/remembered.js';

it('makes what is asked again once', () => {
  const made: string[] = [];
  const upper = remembered(10, (key) => {
    made.push(key);
    return key.toUpperCase();
  });
  expect([upper('a'), upper('b'), upper('a')]).toEqual(['A', 'B', 'A']);
  expect(made).toEqual(['a', 'b']);
});

it('keeps so many at most: the first that was made goes first', () => {
  const made: string[] = [];
  const keep = remembered(2, (key) => {
    made.push(key);
    return { key };
  });
  for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) keep(key);
  expect(made).toEqual(['a', 'b', 'c', 'a']);
});
