import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../../src/commands/event-store/connection.js';
import type { Log } from '../../../src/commands/event-store/port.js';
import { wakeUp } from '../../../src/commands/event-store/wake-up.js';

const noDatabase: Database = {
  borrow: () => Promise.reject(new Error('no direct connection')),
  ask: () => Promise.reject(new Error('no direct connection')),
  read: () => Promise.reject(new Error('no direct connection')),
};

function opened(database: Database = noDatabase) {
  const heads: Record<Log, number> = { record: 0, telemetry: 0 };
  const deaf = vi.fn();
  const closing = new AbortController();
  let asked = 0;
  const { changed, wake } = wakeUp({
    database,
    head: async (log) => {
      asked++;
      return heads[log];
    },
    elapsedMs: () => Date.now(),
    closing: closing.signal,
    onDeaf: deaf,
  });
  return { changed, wake, heads, deaf, closing, asked: () => asked };
}

/** Whether it has resolved after so many (fake) milliseconds. */
async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  let done = false;
  void promise.then(() => (done = true));
  await vi.advanceTimersByTimeAsync(ms);
  return done;
}

describe('waking up', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('polls the heads when nobody can listen: every second, more often after a change', async () => {
    const { changed, heads, deaf } = opened();
    await within(changed(60_000), 1_000);
    expect(await within(changed(4_000), 3_500)).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    const idle = changed(60_000);
    heads.telemetry = 1;
    expect(await within(idle, 900)).toBe(false);
    expect(await within(idle, 100)).toBe(true);
    const busy = changed(60_000);
    heads.record = 1;
    expect(await within(busy, 100)).toBe(true);
    expect(deaf).toHaveBeenCalled();
  });

  it('asks nothing while nobody waits', async () => {
    const { changed, asked } = opened();
    await within(changed(10), 5_000);
    const before = asked();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toBe(before);
  });

  it('resolves at an own append, after its time, on abort and when the store closes', async () => {
    const { changed, wake, closing } = opened();
    const waiting = changed(60_000);
    wake();
    expect(await within(waiting, 0)).toBe(true);
    expect(await within(changed(20), 20)).toBe(true);
    const controller = new AbortController();
    const told = changed(60_000, controller.signal);
    controller.abort();
    expect(await within(told, 0)).toBe(true);
    const last = changed(60_000);
    closing.abort();
    expect(await within(last, 0)).toBe(true);
    expect(await within(changed(60_000), 0)).toBe(true);
  });

  it('listens, and listens again on another connection when one breaks', async () => {
    class Client extends EventEmitter {
      released: unknown;
      release(broken: unknown): void {
        this.released = broken;
      }
    }
    const clients: Client[] = [];
    const database: Database = {
      ...noDatabase,
      borrow: async () => {
        const client = new Client();
        clients.push(client);
        return client as unknown as pg.PoolClient;
      },
      ask: async () => [],
    };
    const { changed, closing, deaf } = opened(database);
    await vi.advanceTimersByTimeAsync(1);
    const waiting = changed(60_000);
    clients[0]!.emit('notification');
    expect(await within(waiting, 0)).toBe(true);
    clients[0]!.emit('error', new Error('reset'));
    expect(clients[0]!.listenerCount('error')).toBe(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(deaf).toHaveBeenCalledOnce();
    expect(clients).toHaveLength(2);
    expect(clients[0]!.released).toBe(true);
    closing.abort();
    await vi.advanceTimersByTimeAsync(1);
    expect(clients[1]!.released).toBe(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(clients).toHaveLength(2);
  });
});
