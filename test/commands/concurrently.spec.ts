import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { concurrently } from '../../src/commands/concurrently.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

it('does everything, in order, at most so much at once', async () => {
  const begun: number[] = [];
  let atOnce = 0;
  let most = 0;
  await concurrently(numbers(20), 3, async (n) => {
    begun.push(n);
    most = Math.max(most, ++atOnce);
    await tick();
    atOnce -= 1;
  });
  expect(begun).toEqual(numbers(20));
  expect(most).toBe(3);
  await concurrently([], 3, () => Promise.reject(new Error('never')));
});

it('begins nothing after a failure, finishes what is under way, and tells of the first', async () => {
  const begun: number[] = [];
  const finished: number[] = [];
  const work = concurrently(numbers(20), 3, async (n) => {
    begun.push(n);
    if (n === 1) throw new Error('one');
    await tick();
    await tick();
    finished.push(n);
  });
  await expect(work).rejects.toThrow('one');
  expect(begun).toEqual([0, 1, 2]);
  expect(finished).toEqual([0, 2]);
});
