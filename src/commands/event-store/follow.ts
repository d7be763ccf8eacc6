import { StoreUnavailable, type EventFilter, type EventPage, type EventStore, type Log } from './port.js';

const firstEvents = 64;
const mostEvents = 1_000;
const idleMs = 1_000;

/**
 * `subscribe` on top of the other members of the port: pages from `after` on, each read when the consumer asks
 * for it, so that one who has stalled holds one page. The first page is small, and a page that could not be read
 * is asked for again at half its size, because it may have been too large for the time there is. At the head
 * it asks for the log's head before it reads again, because that question is shared by everybody who waits.
 * @throws StoreUnavailable; the consumer goes on from the last `scannedTo` it has seen.
 */
export async function* follow(
  store: Pick<EventStore, 'readAll' | 'head' | 'changed'>,
  {
    log,
    after,
    signal,
    filter,
  }: { log: Log; after: number; signal: AbortSignal; filter?: EventFilter | undefined },
): AsyncGenerator<EventPage> {
  let from = after;
  let size = firstEvents;
  while (!signal.aborted) {
    let page: EventPage;
    try {
      page = await store.readAll(log, from, size, filter);
    } catch (error) {
      if (signal.aborted) return;
      if (size === 1 || !(error instanceof StoreUnavailable)) throw error;
      size = Math.floor(size / 2);
      continue;
    }
    if (signal.aborted) return;
    from = page.scannedTo;
    size = nextSize(page, size);
    if (page.events.length > 0) yield page;
    if (page.atHead) await moved(store, { log, after: from, signal });
  }
}

/** Twice what came, where there is more: a page that its bytes have cut has shown how many fit. */
const nextSize = ({ events, atHead }: EventPage, size: number): number =>
  Math.min(mostEvents, 2 * (atHead ? size : Math.max(events.length, 1)));

/** Resolves when the log's head is beyond `after`, or on abort. */
async function moved(
  store: Pick<EventStore, 'head' | 'changed'>,
  { log, after, signal }: { log: Log; after: number; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    // Listening starts before the question, so that an append between the two is not missed.
    const woken = store.changed(idleMs, signal);
    if ((await store.head(log)) > after) return;
    await woken;
  }
}
