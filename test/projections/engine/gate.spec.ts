import { expect, it } from 'vitest';
import { openGate } from '../../../src/projections/engine/gate.js';

it('lets so many run at once, in the order they came, also when some fail', async () => {
  const gate = openGate(2);
  const begun: number[] = [];
  const ends: ((fail?: boolean) => void)[] = [];
  const work = (n: number) => () => {
    begun.push(n);
    return new Promise<number>((resolve, reject) =>
      ends.push((fail) => (fail ? reject(new Error('no')) : resolve(n))),
    );
  };
  const all = [0, 1, 2, 3].map((n) => gate(work(n)).catch(() => -1));
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  ends[0]!(true);
  expect(await all[0]).toBe(-1);
  await new Promise(setImmediate);
  expect(begun).toEqual([0, 1, 2]);
  ends[1]!();
  ends[2]!();
  await all[1];
  await new Promise(setImmediate);
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[3]!();
  expect(await Promise.all(all)).toEqual([-1, 1, 2, 3]);
});
