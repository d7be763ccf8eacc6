import type { PoolClient } from 'pg';
import { causeOf, isPoison } from './failures.js';
import type { FeedEvent } from './feed.js';
import type { Poison } from './row-fold.js';

/**
 * Applies events so that one which the database refuses is told apart from the others: in halves, each under a
 * savepoint, down to the single event. Order is kept, so what is refused does not depend on where the page
 * began. Streams in `waiting` are passed over, and in a stream-keyed projection so is the rest of a stream
 * whose event failed; `waiting` is extended by them.
 */
export async function applyCarefully(
  page: { client: PoolClient; events: readonly FeedEvent[]; streamKeyed: boolean; waiting: Set<string> },
  apply: (events: FeedEvent[]) => Promise<Poison[]>,
): Promise<Poison[]> {
  const { client, streamKeyed, waiting } = page;
  const events = page.events.filter(({ meta }) => !waiting.has(meta.stream));
  if (events.length === 0) return [];
  const found: Poison[] = [];
  await client.query('SAVEPOINT part');
  try {
    found.push(...(await apply(events)));
    await client.query('RELEASE SAVEPOINT part');
  } catch (error) {
    if (!isPoison(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part');
    if (events.length > 1) {
      const middle = Math.ceil(events.length / 2);
      const first = await applyCarefully({ ...page, events: events.slice(0, middle) }, apply);
      return [...first, ...(await applyCarefully({ ...page, events: events.slice(middle) }, apply))];
    }
    found.push({ event: events[0]!, key: null, cause: causeOf(error) });
  }
  if (streamKeyed) for (const { event } of found) waiting.add(event.meta.stream);
  return found;
}
