import { describe, expect, it } from 'vitest';
import { follow } from '../../../src/commands/event-store/follow.js';
import { MemoryStore } from '../../../src/commands/event-store/memory.js';
import { StoreUnavailable, type EventPage } from '../../../src/commands/event-store/port.js';
import { newEvent, newItem } from '../../contract/event-store.js';

const log = 'record';

/** A store with so many events that tells how many events each read asked for, and may fail first. */
async function counted(count: number, { data = '{}', failure }: { data?: string; failure?: Error } = {}) {
  const store = new MemoryStore();
  const events = Array.from({ length: count }, () => newEvent({ data }));
  await store.append(newItem({ log, events }));
  const asked: number[] = [];
  let failures = failure ? 2 : 0;
  const readAll: MemoryStore['readAll'] = (which, after, limit, filter) => {
    asked.push(limit);
    if (failure && failures-- > 0) return Promise.reject(failure);
    return store.readAll(which, after, limit, filter);
  };
  const source = {
    readAll,
    head: () => store.head(log),
    changed: (ms: number, signal?: AbortSignal) => store.changed(ms, signal),
  };
  return { source, asked };
}

const open = (source: Parameters<typeof follow>[0]): AsyncGenerator<EventPage> =>
  follow(source, { log, after: 0, signal: new AbortController().signal });
const next = async (pages: AsyncGenerator<EventPage>): Promise<number> =>
  ((await pages.next()).value as EventPage).events.length;

describe('following', () => {
  it('reads no further than the consumer has asked, in pages that grow', async () => {
    const { source, asked } = await counted(3_000);
    const pages = open(source);
    expect(await next(pages)).toBe(64);
    await new Promise(setImmediate);
    expect(asked).toEqual([64]);
    for (let page = 0; page < 5; page += 1) await next(pages);
    expect(asked).toEqual([64, 128, 256, 512, 1_000, 1_000]);
    await pages.return(undefined);
  });

  it('asks for about as much as fits into a page', async () => {
    const { source, asked } = await counted(60, { data: JSON.stringify({ text: 'x'.repeat(190_000) }) });
    const pages = open(source);
    expect([await next(pages), await next(pages)]).toEqual([6, 6]);
    expect(asked).toEqual([64, 12]);
    await pages.return(undefined);
  });

  it('asks for half after a read that failed, and throws what no page is small enough for', async () => {
    const { source, asked } = await counted(100, { failure: new StoreUnavailable('too slow') });
    const pages = open(source);
    expect(await next(pages)).toBe(16);
    expect(asked).toEqual([64, 32, 16]);
    await pages.return(undefined);
    const never = () => Promise.reject(new StoreUnavailable('gone'));
    await expect(open({ ...source, readAll: never }).next()).rejects.toThrow('gone');
    const { source: wrong, asked: once } = await counted(1, { failure: new Error('a defect') });
    await expect(open(wrong).next()).rejects.toThrow('a defect');
    expect(once).toEqual([64]);
  });
});
