import { StoreUnavailable } from './event-store/port.js';

/** What waits for one kind of call, many of which go together. */
export interface Batches<Item, Answer> {
  ask(item: Item): Promise<Answer>;
  /** How many of some items wait behind the batch on its way. */
  waiting(isOne: (item: Item) => boolean): number;
  /** Refuses what waits and what comes; resolves when the batch on its way is answered. */
  close(error: Error): Promise<void>;
}

interface Waiting<Item, Answer> {
  item: Item;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

/**
 * Coalesces calls: one batch is on its way, who comes meanwhile goes together in the next one. A batch that fails by
 * the values of one item is halved until that one stands alone; without a database, all of them fail, and what waits.
 * @param most items of one batch
 * @param send answers per item, in order; @throws StoreUnavailable, or what is wrong with one of the items
 */
export function inBatches<Item, Answer>(
  most: number,
  send: (items: readonly Item[]) => Promise<readonly Answer[]>,
): Batches<Item, Answer> {
  let queue: Waiting<Item, Answer>[] = [];
  let running: Promise<void> | null = null;
  let closed: Error | undefined;

  const refuseWaiting = (error: Error): void => {
    for (const { reject } of queue) reject(error);
    queue = [];
  };

  async function answersTo(items: readonly Item[]): Promise<readonly (Answer | Error)[]> {
    try {
      return await send(items);
    } catch (error) {
      if (error instanceof StoreUnavailable || items.length === 1) return items.map(() => error as Error);
      const middle = items.length >> 1;
      return [...(await answersTo(items.slice(0, middle))), ...(await answersTo(items.slice(middle)))];
    }
  }

  async function run(): Promise<void> {
    // Callers that were answered by one event of the loop ask again within it.
    await new Promise(setImmediate);
    while (queue.length > 0) {
      const batch = queue.slice(0, most);
      queue = queue.slice(most);
      const answers = await answersTo(batch.map(({ item }) => item));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const answer = answers[index]!;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      }
      const last = answers.at(-1);
      // Who waited for a call that found no database would find none either, after the same time again.
      if (last instanceof StoreUnavailable) refuseWaiting(last);
    }
    running = null;
  }

  return {
    ask: (item) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closed);
        queue.push({ item, resolve, reject });
        running ??= run();
      }),
    waiting: (isOne) => queue.reduce((count, { item }) => count + (isOne(item) ? 1 : 0), 0),
    close: async (error) => {
      closed = error;
      refuseWaiting(error);
      await running;
    },
  };
}
