import { DatabaseError } from 'pg';
import { describe, expect, it } from 'vitest';
import { appendFlush, type AppendConnection } from '../../../src/commands/event-store/append-flush.js';
import type { AppendItem, AppendResult } from '../../../src/commands/event-store/port.js';
import { StoreUnavailable } from '../../../src/commands/event-store/port.js';
import { newItem } from '../../contract/event-store.js';

function refusal(code: string, severity = 'ERROR'): DatabaseError {
  const error = new DatabaseError(`refused with ${code}`, 0, 'error');
  return Object.assign(error, { code, severity });
}

const receipt: AppendResult = { outcome: 'appended', version: 1, position: 1, recordedAt: '' };
const items = (count: number): AppendItem[] =>
  Array.from({ length: count }, (_, n) => newItem({ log: 'record', commandId: `c${n}` }));

/** A flush on a connection that does as it is told; `dropped` counts connections thrown away. */
function flushOn(
  append: (items: AppendItem[], attempt: number) => AppendResult[],
  { connect = () => {}, closing = new AbortController().signal } = {},
) {
  const seen = { attempts: 0, dropped: 0, sizes: [] as number[] };
  let elapsed = 0;
  const connection: AppendConnection = {
    append: async (_, batch) => {
      seen.sizes.push(batch.length);
      return append(batch, seen.attempts++);
    },
    drop: () => void seen.dropped++,
  };
  const deps = {
    log: 'record' as const,
    closing,
    // Every look at the clock takes 100 ms.
    elapsedMs: () => (elapsed += 100),
    connect: async () => {
      connect();
      return connection;
    },
    limits: { deadlineMs: 1_000 },
  };
  return { flush: appendFlush(deps), seen };
}

const answers = (batch: AppendItem[]): AppendResult[] => batch.map(() => receipt);
const fail = (error: Error): never => {
  throw error;
};

describe('flushing a batch', () => {
  it.each(['22P02', '23514', '54000'])('isolates the item that the database refuses (%s)', async (code) => {
    const { flush, seen } = flushOn((batch) =>
      batch.some(({ commandId }) => commandId === 'c5') ? fail(refusal(code)) : answers(batch),
    );
    const results = await flush(items(8));
    expect(results.map((result) => result instanceof DatabaseError)).toEqual(
      items(8).map(({ commandId }) => commandId === 'c5'),
    );
    expect(seen.sizes).toEqual([8, 4, 4, 2, 1, 1, 2]);
    expect(seen.dropped).toBe(0);
  });

  it('isolates an item that cannot be encoded', async () => {
    const { flush } = flushOn(answers);
    const bad = { ...items(1)[0]!, tenantId: undefined as unknown as string, events: [] };
    const results = await flush([...items(2), bad]);
    expect(results.slice(0, 2)).toEqual([receipt, receipt]);
    expect(results[2]).toBeInstanceOf(TypeError);
  });

  it.each(['40001', '40P01', '53100', '55P03', '57014', '25006'])(
    'tries once more after %s',
    async (code) => {
      const once = flushOn((batch, attempt) => (attempt === 0 ? fail(refusal(code)) : answers(batch)));
      expect(await once.flush(items(2))).toEqual([receipt, receipt]);
      const always = flushOn(() => fail(refusal(code)));
      const results = await always.flush(items(2));
      expect(always.seen.attempts).toBe(2);
      for (const result of results)
        expect(result).toMatchObject({ name: 'StoreUnavailable', outcome: 'not-applied' });
    },
  );

  it.each([
    ['a broken socket', new Error('Connection terminated unexpectedly')],
    ['a server that is shut down', refusal('57P01', 'FATAL')],
    ['a connection failure', refusal('08006')],
  ])('sends the identical batch again after %s', async (_, error) => {
    const { flush, seen } = flushOn((batch, attempt) => (attempt < 3 ? fail(error) : answers(batch)));
    expect(await flush(items(3))).toEqual([receipt, receipt, receipt]);
    expect(seen).toMatchObject({ sizes: [3, 3, 3, 3], dropped: 3 });
  });

  it('tells an unknown outcome as unknown when the time is over', async () => {
    const { flush } = flushOn(() => fail(new Error('gone')));
    const [result] = await flush(items(1));
    expect(result).toBeInstanceOf(StoreUnavailable);
    expect(result).toMatchObject({ outcome: 'unknown', message: expect.stringContaining('gone') });
  });

  it('knows that nothing happened when nothing was ever sent', async () => {
    const connect = (): void => fail(new Error('ECONNREFUSED'));
    const { flush, seen } = flushOn(answers, { connect });
    expect(await flush(items(1))).toMatchObject([{ name: 'StoreUnavailable', outcome: 'not-applied' }]);
    expect(seen.attempts).toBe(0);
  });

  it('does not try again what can only fail, nor while the store closes', async () => {
    const { flush, seen } = flushOn(() => fail(refusal('42501')));
    expect(await flush(items(1))).toMatchObject([{ name: 'StoreUnavailable', outcome: 'not-applied' }]);
    expect(seen.attempts).toBe(1);
    const closing = flushOn(() => fail(new Error('gone')), { closing: AbortSignal.abort() });
    expect(await closing.flush(items(1))).toMatchObject([{ outcome: 'unknown' }]);
    expect(closing.seen.attempts).toBe(1);
  });
});
