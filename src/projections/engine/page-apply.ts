import type { Pool, PoolClient } from 'pg';
import { withCheckpoint, type Held } from './checkpoint.js';
import type { Projection } from './declaration.js';
import { isPoison } from './failures.js';
import type { FeedEvent, FeedPage } from './feed.js';
import { applyCarefully } from './isolate.js';
import { goLive, lockServing } from './models.js';
import { park, waitingStreams } from './parking.js';
import type { Poison } from './row-fold.js';
import { applyRows } from './row-writer.js';
import { applySql } from './sql-apply.js';

export interface Applied {
  /** Where the table's checkpoint stands now: not where the page ends, when another process was there. */
  position: number;
  state: 'building' | 'live';
  /** Something was parked. */
  parked: number;
}

export interface PageWork {
  pool: Pool;
  projection: Projection;
  table: string;
  page: FeedPage;
  /** Let the table serve if it is still being built and is not behind the one that serves. */
  goLive: boolean;
  /** Whether an event has to do with the projection. */
  concerns: (event: FeedEvent) => boolean;
}

/**
 * Brings a page into a table: rows, history, parked events and checkpoint in one transaction, under the
 * checkpoint's lock. Events that the table has already are left out. `busy`: another process is at it; `gone`:
 * the table is retired or dropped.
 * @throws the database's error where it does not blame the events; nothing has happened then
 */
export async function applyPage(work: PageWork): Promise<Applied | 'busy' | 'gone'> {
  try {
    return await attempt(work, false);
  } catch (error) {
    if (!isPoison(error)) throw error;
    return attempt(work, true);
  }
}

function attempt(work: PageWork, careful: boolean): Promise<Applied | 'busy' | 'gone'> {
  const { pool, projection, table, page } = work;
  return withCheckpoint<Applied | 'gone'>({ pool, table }, async (client, held) => {
    const { position, state } = held;
    if (state === 'retired') return { position: null, result: 'gone' };
    const standing = { position: null, result: { position, state, parked: 0 } };
    // The table is not where the process left it: another one went on, or the database lost its last moments.
    if (position < page.after || position > page.scannedTo) return standing;
    const switching = work.goLive && state === 'building';
    // Locked before anything is applied, so that the table that serves stands still meanwhile.
    const serving = switching ? await lockServing(client, projection) : null;
    const poison = await applyEvents(client, work, held, careful);
    if (poison.length > 0) {
      const inexact = projection.kind === 'sql' || !projection.streamKeyed;
      await park(client, table, poison, { inexact });
    }
    const live = switching && (serving ?? 0) <= page.scannedTo;
    if (live) await goLive(client, projection, table);
    const applied: Applied = {
      position: page.scannedTo,
      state: live ? 'live' : state,
      parked: poison.length,
    };
    return { position: page.scannedTo, result: applied };
  });
}

async function applyEvents(
  client: PoolClient,
  { projection, table, page, concerns }: PageWork,
  held: Held,
  careful: boolean,
): Promise<Poison[]> {
  const all = page.events.filter((event) => event.position > held.position && concerns(event));
  if (all.length === 0) return [];
  const streamKeyed = projection.kind === 'row' && projection.streamKeyed;
  const streams = (): string[] => [...new Set(all.map(({ meta }) => meta.stream))];
  const waiting =
    streamKeyed && held.parked > 0 ? await waitingStreams(client, table, streams()) : new Set<string>();
  const apply = async (events: FeedEvent[]): Promise<Poison[]> => {
    if (projection.kind === 'row') return applyRows(client, table, projection, events);
    await applySql(client, table, projection, events);
    return [];
  };
  if (careful) return applyCarefully({ client, events: all, streamKeyed, waiting }, apply);
  const events = all.filter(({ meta }) => !waiting.has(meta.stream));
  return events.length > 0 ? apply(events) : [];
}
