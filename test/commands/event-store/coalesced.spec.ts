import { expect, it } from 'vitest';
import { coalesced } from '../../../src/commands/event-store/coalesced.js';

const turn = (): Promise<void> => new Promise(setImmediate);

it('shares the next question among all who call while one is on its way', async () => {
  const answers: ((answer: number) => void)[] = [];
  const ask = coalesced(() => new Promise<number>((resolve) => answers.push(resolve)));
  const first = ask();
  await turn();
  const later = [ask(), ask(), ask()];
  await turn();
  expect(answers).toHaveLength(1);
  answers[0]!(1);
  expect(await first).toBe(1);
  await turn();
  expect(answers).toHaveLength(2);
  answers[1]!(2);
  expect(await Promise.all(later)).toEqual([2, 2, 2]);
});

it('asks again after a failure', async () => {
  let calls = 0;
  const ask = coalesced(async () => {
    if (calls++ === 0) throw new Error('once');
    return calls;
  });
  await expect(ask()).rejects.toThrow('once');
  expect(await ask()).toBe(2);
});
