import type { EventFilter, EventPage, EventStore, Log } from './port.js';

const pageEvents = 1_000;
const idleMs = 1_000;

/**
 * `subscribe` on top of the other members of the port: pages from `after` on, the next one read ahead while
 * the consumer works on the last. At the head it asks for the log's head before it reads again, because that
 * question is shared by everybody who waits.
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
  const read = (from: number): Promise<EventPage> => {
    const page = store.readAll(log, from, pageEvents, filter);
    // A page read ahead may fail after the consumer has left: then nobody else handles the rejection.
    page.catch(() => {});
    return page;
  };
  let next = read(after);
  while (!signal.aborted) {
    const page = await next;
    if (signal.aborted) return;
    if (!page.atHead) next = read(page.scannedTo);
    if (page.events.length > 0) yield page;
    if (!page.atHead) continue;
    await moved(store, { log, after: page.scannedTo, signal });
    if (!signal.aborted) next = read(page.scannedTo);
  }
}

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
