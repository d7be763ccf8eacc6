import { expect, it } from 'vitest';
import { distinctIds } from '../../../src/domain/safety/distinct-ids.js';

const counted = (...ids: string[]) => {
  const found = distinctIds({ most: 3, listed: 2 });
  for (const id of ids) found.add(id);
  return found.result();
};

it('counts each id once, and lists the first ones', () => {
  expect(counted()).toEqual({ count: 0, isExact: true, ids: [] });
  expect(counted('c', 'a', 'c', 'b', 'a')).toEqual({ count: 3, isExact: true, ids: ['c', 'a'] });
});

it('says that there are more than it can tell apart', () => {
  expect(counted('c', 'a', 'b', 'd')).toEqual({ count: 3, isExact: false, ids: ['c', 'a'] });
});

it('is exact still where those beyond had come before', () => {
  expect(counted('c', 'a', 'b', 'c', 'a')).toMatchObject({ count: 3, isExact: true });
});
