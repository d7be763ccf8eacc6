import { afterEach, describe, expect, it } from 'vitest';
import type { EventStore } from '../../../src/commands/event-store/port.js';
import { concernOf, openFeed, type Decode, type Feed } from '../../../src/projections/engine/feed.js';
import { accounts, append, decoder, memoryStore, sums, tagTotals, until } from './accounts-area.js';

let stopping = new AbortController();
afterEach(() => {
  stopping.abort();
  stopping = new AbortController();
});

/** A feed that tells where each read of the store began. */
function counted(
  store: EventStore,
  limit: number,
  decode: Decode = decoder(),
): { feed: Feed; reads: number[] } {
  const reads: number[] = [];
  const listening = {
    changed: (ms: number, signal?: AbortSignal) => store.changed(ms, signal),
    readAll: (log: 'record' | 'telemetry', after: number, size: number) => {
      reads.push(after);
      return store.readAll(log, after, size);
    },
  };
  return {
    feed: openFeed({ store: listening, log: 'record', decode, signal: stopping.signal, limit }),
    reads,
  };
}

const looked = (count: number) => Array.from({ length: count }, () => ({ type: 'Looked' }));
const positions = async (feed: Feed, after: number): Promise<number[]> =>
  (await feed.page(after)).events.map(({ position }) => position);

describe('a feed', () => {
  it('reads a page once for all that stand at the same place, and the next one ahead', async () => {
    const store = memoryStore();
    await append(store, ...looked(5));
    const { feed, reads } = counted(store, 2);
    const pages = await Promise.all([feed.page(0), feed.page(0), feed.page(0)]);
    expect(pages.map(({ scannedTo }) => scannedTo)).toEqual([2, 2, 2]);
    expect(await positions(feed, 2)).toEqual([3, 4]);
    expect(await positions(feed, 0)).toEqual([1, 2]);
    await feed.page(4);
    expect(reads).toEqual([0, 2, 4]);
  });

  it('gives the rest of a page to one that stands within it', async () => {
    const store = memoryStore();
    await append(store, ...looked(4));
    const { feed, reads } = counted(store, 10);
    await feed.page(0);
    const page = await feed.page(3);
    expect(page).toMatchObject({ after: 3, scannedTo: 4, atHead: true, events: [{ position: 4 }] });
    expect(reads).toEqual([0]);
  });

  it('joins small pages at the head, so that one that comes later gets them at once', async () => {
    const store = memoryStore();
    await append(store, ...looked(2));
    const { feed } = counted(store, 10);
    const first = await feed.page(0);
    await append(store, ...looked(3));
    await feed.page(2);
    expect(await positions(feed, 0)).toEqual([1, 2, 3, 4, 5]);
    // What was handed out does not grow.
    expect(first.events).toHaveLength(2);
  });

  it('wakes those who wait, once for what they have not seen', async () => {
    const store = memoryStore();
    const { feed } = counted(store, 10);
    const tick = feed.tick();
    const woken = feed.wait(tick, stopping.signal);
    await append(store, { type: 'Looked' });
    await woken;
    expect(feed.tick()).toBeGreaterThan(tick);
    await feed.wait(tick, stopping.signal);
    expect(await positions(feed, 0)).toEqual([1]);
  });

  it('does not share a read that began before a wake-up: it may have missed what that was about', async () => {
    const store = memoryStore();
    let arrived = (): void => {};
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const feed = openFeed({
      store: {
        changed: (ms, signal) => store.changed(ms, signal),
        readAll: async (...given) => {
          const page = await store.readAll(...given);
          await arrival;
          return page;
        },
      },
      log: 'record',
      decode: decoder(),
      signal: stopping.signal,
    });
    const early = positions(feed, 0);
    const woken = feed.wait(feed.tick(), stopping.signal);
    await append(store, { type: 'Looked' });
    await woken;
    const late = positions(feed, 0);
    arrived();
    expect([await early, await late]).toEqual([[], [1]]);
  });

  it('ends a page before an event that it does not know', async () => {
    const store = memoryStore();
    await append(store, ...looked(2), { type: 'Opened', data: { name: 'n' } }, { type: 'Looked' });
    const { feed } = counted(store, 10, decoder({ newer: ['Opened'] }));
    expect(await feed.page(0)).toMatchObject({ scannedTo: 2, outdated: { position: 3, type: 'Opened' } });
    expect(await feed.page(2)).toMatchObject({ scannedTo: 2, events: [], outdated: { position: 3 } });
    expect(await positions(feed, 3)).toEqual([4]);
  });

  it('hands on what cannot be read, saying so', async () => {
    const store = memoryStore();
    await append(store, { type: 'Opened' });
    const { feed } = counted(store, 10, decoder({ broken: ['Opened'] }));
    const { events } = await feed.page(0);
    expect(events).toMatchObject([{ type: 'Opened', unreadable: 'Error: cannot read Opened', data: {} }]);
  });

  it('reads smaller pages where texts are long, and larger ones again', async () => {
    const store = memoryStore();
    const long = { type: 'Opened', data: { name: 'x'.repeat(1_500_000) } };
    await append(store, long, long, long, long, ...looked(20));
    const { feed } = counted(store, 4);
    const sizes: number[] = [];
    for (let after = 0; after < 24;) {
      const { scannedTo } = await feed.page(after);
      sizes.push(scannedTo - after);
      after = scannedTo;
    }
    expect(sizes.slice(0, 4)).toEqual([1, 1, 1, 1]);
    expect(Math.max(...sizes.slice(4))).toBe(4);
  });

  it('asks for less after a read that failed', async () => {
    const store = memoryStore();
    await append(store, ...looked(20));
    const asked: number[] = [];
    const feed = openFeed({
      store: {
        changed: (ms, signal) => store.changed(ms, signal),
        readAll: (log, after, size) => {
          asked.push(size);
          return asked.length < 3 ? Promise.reject(new Error('too slow')) : store.readAll(log, after, size);
        },
      },
      log: 'record',
      decode: decoder(),
      signal: stopping.signal,
      limit: 8,
    });
    for (let attempt = 0; attempt < 2; attempt += 1) await expect(feed.page(0)).rejects.toThrow('too slow');
    expect(await positions(feed, 0)).toEqual([1, 2]);
    expect(asked.slice(0, 4)).toEqual([8, 4, 2, 4]);
  });

  it('fails for whoever asks, not for good', async () => {
    const store = memoryStore();
    await append(store, { type: 'Looked' });
    let broken = true;
    const feed = openFeed({
      store: {
        changed: (ms, signal) => store.changed(ms, signal),
        readAll: (...args) => (broken ? Promise.reject(new Error('gone')) : store.readAll(...args)),
      },
      log: 'record',
      decode: decoder(),
      signal: stopping.signal,
    });
    await expect(feed.page(0)).rejects.toThrow('gone');
    broken = false;
    await until('it reads again', async () => (await positions(feed, 0)).length === 1);
  });
});

describe('concernOf', () => {
  const all = [accounts(), tagTotals(), sums()];
  const event = (type: string, unreadable?: string) =>
    ({ type, ...(unreadable && { unreadable }) }) as Parameters<ReturnType<typeof concernOf>>[0];

  it('lets through what a projection handles', () => {
    expect(concernOf(all[1]!, all)(event('Added'))).toBe(true);
    expect(concernOf(all[1]!, all)(event('Opened'))).toBe(false);
    expect(concernOf(all[2]!, all)(event('Looked'))).toBe(false);
  });

  it('lets an unreadable event through to those it may concern', () => {
    expect(concernOf(all[1]!, all)(event('Opened', 'bad'))).toBe(false);
    expect(concernOf(all[1]!, all)(event('RetiredName', 'bad'))).toBe(true);
  });
});
