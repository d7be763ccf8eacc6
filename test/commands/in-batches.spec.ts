import { expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/commands/event-store/port.js';
import { inBatches } from '../../src/commands/in-batches.js';

const turn = (): Promise<void> => new Promise(setImmediate);

/** Batches of at most three numbers, each sent when `answer` is called; answers are the numbers doubled. */
function doubling() {
  const sent: { items: readonly number[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const batches = inBatches(
    3,
    (items: readonly number[]) =>
      new Promise<number[]>((resolve, reject) =>
        sent.push({ items, answer: () => resolve(items.map((item) => item * 2)), fail: reject }),
      ),
  );
  return { sent, batches, itemsSent: () => sent.map(({ items }) => items) };
}

it('one batch is on its way, who comes meanwhile goes together in the next one', async () => {
  const { sent, batches, itemsSent } = doubling();
  const first = [batches.ask(1), batches.ask(2)];
  await turn();
  const later = [3, 4, 5, 6].map((item) => batches.ask(item));
  await turn();
  expect(itemsSent()).toEqual([[1, 2]]);
  expect(batches.waiting((item) => item > 4)).toBe(2);
  sent[0]!.answer();
  expect(await Promise.all(first)).toEqual([2, 4]);
  await turn();
  expect(itemsSent().slice(1)).toEqual([[3, 4, 5]]);
  sent[1]!.answer();
  await turn();
  sent[2]!.answer();
  expect(await Promise.all(later)).toEqual([6, 8, 10, 12]);
  expect(batches.waiting(() => true)).toBe(0);
});

it('an item whose values are refused is refused alone', async () => {
  const batches = inBatches(8, async (items: readonly number[]) => {
    if (items.includes(3)) throw new Error('3 is refused');
    return items;
  });
  const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map((item) => batches.ask(item)));
  expect(outcomes.map((outcome) => ('value' in outcome ? outcome.value : String(outcome.reason)))).toEqual([
    1,
    2,
    'Error: 3 is refused',
    4,
    5,
  ]);
});

it('without a database all of a batch fail, and what waits; the next one is sent again', async () => {
  const { sent, batches } = doubling();
  const failing = [1, 2, 3, 4].map((item) => batches.ask(item).catch((error: unknown) => error));
  await turn();
  sent[0]!.fail(new StoreUnavailable('away'));
  for (const error of await Promise.all(failing)) expect(error).toBeInstanceOf(StoreUnavailable);
  expect(sent).toHaveLength(1);
  const later = batches.ask(5);
  await turn();
  sent[1]!.answer();
  expect(await later).toBe(10);
});

it('after the end what waits and what comes is refused, what is on its way is answered', async () => {
  const { sent, batches } = doubling();
  const underWay = batches.ask(1);
  await turn();
  const waiting = batches.ask(2);
  const closing = batches.close(new Error('closed'));
  await expect(waiting).rejects.toThrow('closed');
  await expect(batches.ask(3)).rejects.toThrow('closed');
  sent[0]!.answer();
  expect(await underWay).toBe(2);
  await closing;
});
