import type pg from 'pg';
import { appendResults } from './append-call.js';
import type { AppendConnection } from './append-flush.js';
import type { Database } from './connection.js';

/**
 * One connection that a log keeps for its appends, so that readers who use up the pool never hold them up.
 * It is made when it is needed and again after it was dropped.
 */
export function appendConnections({ borrow, ask }: Database): {
  connect(timeoutMs: number): Promise<AppendConnection>;
  release(): void;
} {
  let kept: pg.PoolClient | undefined;
  const drop = (client: pg.PoolClient, error: Error | true): void => {
    if (kept !== client) return;
    kept = undefined;
    client.release(error);
  };
  const connect = async (timeoutMs: number): Promise<pg.PoolClient> => {
    const client = await borrow(timeoutMs);
    // One that ends between two appends is replaced before anything is sent, so that nothing is unknown.
    client.once('end', () => drop(client, true));
    return client;
  };
  return {
    connect: async (timeoutMs) => {
      const client = (kept ??= await connect(timeoutMs));
      return {
        append: async (call, items, timeoutMs) => appendResults(await ask(client, call, timeoutMs), items),
        drop: (error) => drop(client, error),
      };
    },
    release: () => {
      // It has a listener, so it is not given back to the pool.
      if (kept) drop(kept, true);
    },
  };
}
