/** What counters do, as a suite over a factory. Each test has keys of its own. */
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Counters } from '../../src/commands/counters.js';
import type { Count } from '../../src/domain/kernel.js';

/** When nobody asks any more: long after the run. */
const until = new Date(Date.now() + 3_600_000).toISOString();

/** One to be counted, of a key that no other test uses unless it is given. */
export const one = (key: string = v7(), more: Partial<Count> = {}): Count => ({
  key,
  amount: 1,
  until,
  ...more,
});

export function countersContract(name: string, open: () => Promise<Counters>): void {
  describe(`counters: ${name}`, () => {
    let counters: Counters;
    beforeAll(async () => {
      counters = await open();
    });
    afterAll(() => counters.close());

    it('answer the value that the amount has brought them to', async () => {
      const count = one();
      expect(await counters.count('acme', v7(), [count])).toEqual([1]);
      expect(await counters.count('acme', v7(), [{ ...count, amount: 41 }])).toEqual([42]);
      expect(await counters.count('acme', v7(), [{ ...count, amount: 0 }])).toEqual([42]);
    });

    it('are told apart by their keys, and answered in the order of the question', async () => {
      const [a, b] = [one(), one()];
      await counters.count('acme', v7(), [a]);
      expect(await counters.count('acme', v7(), [b, a])).toEqual([1, 2]);
      expect(await counters.count('acme', v7(), [a, b])).toEqual([3, 2]);
    });

    it('are each tenant’s own', async () => {
      const count = one();
      await counters.count('acme', v7(), [count]);
      expect(await counters.count('other', v7(), [count])).toEqual([1]);
    });

    it('count a command once, whenever it comes again, and answer what it was answered', async () => {
      const [a, b] = [one(), one()];
      const command = v7();
      expect(await counters.count('acme', command, [a])).toEqual([1]);
      await counters.count('acme', v7(), [a]);
      expect(await counters.count('acme', command, [a])).toEqual([1]);
      expect(await counters.count('acme', command, [{ ...a, amount: 9 }, b])).toEqual([1, 1]);
      expect(await counters.count('acme', v7(), [a, b])).toEqual([3, 2]);
    });

    it('count a key once that a command names twice', async () => {
      const count = one();
      expect(await counters.count('acme', v7(), [count, { ...count, amount: 5 }])).toEqual([1, 1]);
      expect(await counters.count('acme', v7(), [count])).toEqual([2]);
    });

    it('give everybody of a crowd a value of its own, one after the other', async () => {
      const count = one();
      const values = await Promise.all(
        Array.from({ length: 64 }, () => counters.count('acme', v7(), [count])),
      );
      expect(values.flat()).toEqual(Array.from({ length: 64 }, (_, index) => index + 1));
    });

    it('give twins that come at once one value', async () => {
      const [count, command] = [one(), v7()];
      const values = await Promise.all(
        Array.from({ length: 10 }, () => counters.count('acme', command, [count])),
      );
      expect(new Set(values.flat())).toEqual(new Set([1]));
      expect(await counters.count('acme', v7(), [count])).toEqual([2]);
    });

    it('answer nothing to who counts nothing', async () => {
      expect(await counters.count('acme', v7(), [])).toEqual([]);
    });
  });
}
