import { describe, expect, it } from 'vitest';
import { appendQueue, type QueueLimits } from '../../../src/commands/event-store/append-queue.js';
import type { AppendItem, AppendResult } from '../../../src/commands/event-store/port.js';
import { StoreUnavailable } from '../../../src/commands/event-store/port.js';
import { newEvent, newItem } from '../../contract/event-store.js';

type Answer = (AppendResult | Error)[];

const receipt: AppendResult = { outcome: 'appended', version: 1, position: 1, recordedAt: '' };

/** A queue whose batches are answered by hand, one after the other. */
function heldQueue(limits: Partial<QueueLimits> = {}) {
  const batches: AppendItem[][] = [];
  const answers: ((answer: Answer) => void)[] = [];
  const flush = (items: AppendItem[]): Promise<Answer> => {
    batches.push(items);
    return new Promise((resolve) => answers.push(resolve));
  };
  const turns = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return {
    queue: appendQueue({ flush, limits }),
    batches,
    turns,
    /** Answers the batch on its way and waits for the next one to be on its way. */
    answer: async (answer?: Answer): Promise<void> => {
      const items = batches.at(-1)!;
      answers.at(-1)!(answer ?? items.map(() => receipt));
      await turns();
    },
  };
}

const item = (overrides: Partial<AppendItem> = {}): AppendItem => newItem({ log: 'record', ...overrides });
const streams = (batch: AppendItem[] | undefined): string[] => batch!.map(({ stream }) => stream);
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe('the append queue', () => {
  it('sends what comes together as one batch and collects while a batch is on its way', async () => {
    const { queue, batches, turns, answer } = heldQueue();
    const first = times(3, () => queue.append(item()));
    await turns();
    const later = times(5, () => queue.append(item()));
    await turns();
    expect(batches.map(({ length }) => length)).toEqual([3]);
    await answer();
    expect(await Promise.all(first)).toEqual([receipt, receipt, receipt]);
    expect(batches.map(({ length }) => length)).toEqual([3, 5]);
    await answer();
    await Promise.all(later);
    const again = queue.append(item());
    await turns();
    await answer();
    expect(await again).toEqual(receipt);
  });

  it('gives everybody the own answer, and an error to nobody else', async () => {
    const { queue, turns, answer } = heldQueue();
    const settled = Promise.allSettled(times(3, () => queue.append(item())));
    await turns();
    const conflict: AppendResult = { outcome: 'version-conflict', currentVersion: 4 };
    await answer([receipt, new Error('poison'), conflict]);
    expect(await settled).toMatchObject([
      { value: receipt },
      { reason: { message: 'poison' } },
      { value: conflict },
    ]);
  });

  it('limits a batch in items and in bytes, and lets one that is too large alone pass', async () => {
    const { queue, batches, turns, answer } = heldQueue({ maxItems: 4, maxBytes: 10_000 });
    const large = (size: number): AppendItem =>
      item({ events: [newEvent({ data: `"${'x'.repeat(size)}"` })] });
    const calls = [...times(6, () => item()), large(50_000), large(4_000), large(4_000), large(4_000)].map(
      (each) => queue.append(each),
    );
    for (let batch = 0; batch < 5; batch++) {
      await turns();
      await answer();
    }
    await Promise.all(calls);
    expect(batches.map(({ length }) => length)).toEqual([4, 2, 1, 2, 1]);
  });

  it('never puts two items into a batch that touch the same thing, and keeps their order', async () => {
    const claims = [{ op: 'take', kind: 'slug', key: 'ada' }] as const;
    const idempotency = { scope: 's', key: 'k', fingerprint: 'f' };
    const sharing: Partial<AppendItem>[] = [
      { stream: 'a-acme_1' },
      { claims: [...claims] },
      { claims: [{ ...claims[0], op: 'release' }] },
      { idempotency },
    ];
    for (const shared of sharing) {
      const { queue, batches, turns, answer } = heldQueue();
      const items = times(3, (n) => item({ ...shared, commandId: `c${n}` }));
      const calls = items.map((each) => queue.append(each));
      const other = queue.append(item());
      await turns();
      expect(batches[0]!.map(({ commandId }) => commandId)).toEqual(['c0', expect.any(String)]);
      for (let left = 0; left < 3; left++) await answer();
      await Promise.all([...calls, other]);
      expect(batches.slice(1).map(([each]) => each!.commandId)).toEqual(['c1', 'c2']);
    }
  });

  it('keeps a writer of a stream apart from those who guard it, but not the guards from each other', async () => {
    const { queue, batches, turns, answer } = heldQueue();
    const guards = [{ stream: 'policy-acme_1', version: 1 }];
    const order = [
      item({ guards }),
      item({ guards }),
      item({ stream: 'policy-acme_1' }),
      item({ guards }),
      item({ guards: [{ stream: 'policy-acme_1', version: 0, log: 'telemetry' }] }),
    ];
    const calls = order.map((each) => queue.append(each));
    for (let left = 0; left < 3; left++) {
      await turns();
      await answer();
    }
    await Promise.all(calls);
    const [first, second, third, fourth, fifth] = order.map(({ stream }) => stream);
    expect(batches.map(streams)).toEqual([[first, second, fifth], [third], [fourth]]);
  });

  it('does not let a later item overtake an earlier one that waits for the same thing', async () => {
    const { queue, batches, turns, answer } = heldQueue();
    const take = (key: string) => ({ op: 'take', kind: 'slug', key }) as const;
    const order = [
      item({ commandId: '1', claims: [take('x')] }),
      item({ commandId: '2', claims: [take('x'), take('y')] }),
      item({ commandId: '3', claims: [take('y')] }),
    ];
    const calls = order.map((each) => queue.append(each));
    for (let left = 0; left < 3; left++) {
      await turns();
      await answer();
    }
    await Promise.all(calls);
    expect(batches.map(([each]) => each!.commandId)).toEqual(['1', '2', '3']);
  });

  it('serves tenants in turns', async () => {
    const { queue, batches, turns, answer } = heldQueue({ maxItems: 4 });
    const calls = ['loud', 'loud', 'loud', 'loud', 'loud', 'loud', 'calm', 'quiet'].map((tenantId) =>
      queue.append(item({ tenantId })),
    );
    for (let left = 0; left < 2; left++) {
      await turns();
      await answer();
    }
    await Promise.all(calls);
    const tenants = batches.map((batch) => batch.map(({ tenantId }) => tenantId));
    expect(tenants).toEqual([
      ['loud', 'calm', 'quiet', 'loud'],
      ['loud', 'loud', 'loud', 'loud'],
    ]);
  });

  it('starts the next batch with a tenant that the last one left out', async () => {
    const { queue, batches, turns, answer } = heldQueue({ maxItems: 2 });
    const calls = ['a', 'a', 'a', 'b', 'b', 'c'].map((tenantId) => queue.append(item({ tenantId })));
    for (let left = 0; left < 3; left++) {
      await turns();
      await answer();
    }
    await Promise.all(calls);
    const tenants = batches.map((batch) => batch.map(({ tenantId }) => tenantId));
    expect(tenants).toEqual([
      ['a', 'b'],
      ['c', 'a'],
      ['b', 'a'],
    ]);
  });

  it('refuses a tenant that has too much waiting, and not the others', async () => {
    const { queue, turns, answer } = heldQueue({ maxWaitingPerTenant: 2, maxItems: 1 });
    const calls = times(3, () => queue.append(item()));
    const other = queue.append(item({ tenantId: 'globex' }));
    await expect(calls[2]).rejects.toBeInstanceOf(StoreUnavailable);
    for (let left = 0; left < 3; left++) {
      await turns();
      await answer();
    }
    await Promise.all([calls[0], calls[1], other]);
  });

  it('refuses more bytes than it may hold', async () => {
    const { queue, turns, answer } = heldQueue({ maxWaitingBytes: 10_000 });
    const large = item({ events: [newEvent({ data: `"${'x'.repeat(8_000)}"` })] });
    const call = queue.append(large);
    await expect(queue.append({ ...large, stream: 'other' })).rejects.toMatchObject({
      outcome: 'not-applied',
    });
    await turns();
    await answer();
    await call;
    const next = queue.append({ ...large, stream: 'other' });
    await turns();
    await answer();
    await next;
  });

  it('refuses at once what waits behind a batch that found no database', async () => {
    const { queue, batches, turns, answer } = heldQueue({ maxItems: 1 });
    const reasons = times(4, () => queue.append(item()).catch((reason: unknown) => reason));
    await turns();
    await answer([new StoreUnavailable('gone', 'unknown')]);
    expect(await Promise.all(reasons)).toMatchObject(
      ['unknown', ...times(3, () => 'not-applied')].map((outcome) => ({ outcome })),
    );
    expect(batches).toHaveLength(1);
    const next = queue.append(item());
    await turns();
    await answer();
    await next;
  });

  it('rejects an item that cannot even be measured, alone', async () => {
    const { queue, turns, answer } = heldQueue();
    const broken = item({ events: [newEvent({ data: undefined as unknown as string })] });
    const call = queue.append(broken);
    const other = queue.append(item());
    await expect(call).rejects.toBeInstanceOf(TypeError);
    await turns();
    await answer();
    await other;
  });

  it('closes when the batch on its way is answered, and refuses the rest', async () => {
    const { queue, turns, answer } = heldQueue({ maxItems: 1 });
    const [sent, waiting] = [queue.append(item()), queue.append(item())];
    await turns();
    const closed = queue.close();
    await expect(waiting).rejects.toThrow('closed');
    await answer();
    expect(await sent).toEqual(receipt);
    await closed;
    await expect(queue.append(item())).rejects.toBeInstanceOf(StoreUnavailable);
  });
});
