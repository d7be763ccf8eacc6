import type { PoolClient } from 'pg';
import type { SqlExecutor, SqlProjection } from './declaration.js';
import { causeOf, Poisoned } from './failures.js';
import type { FeedEvent } from './feed.js';

/**
 * Lets a SQL projection apply events within the caller's transaction.
 * @throws Poisoned for whatever its own code throws; the database's errors as they are
 */
export async function applySql(
  client: PoolClient,
  table: string,
  projection: SqlProjection,
  events: FeedEvent[],
): Promise<void> {
  const broken = events.find(({ unreadable }) => unreadable !== undefined);
  if (broken) throw new Poisoned(broken.unreadable);
  let failure: unknown;
  const executor: SqlExecutor = {
    async query(text, values = []) {
      try {
        return await client.query<Record<string, unknown>>(text, values);
      } catch (error) {
        failure ??= error;
        throw error;
      }
    },
  };
  try {
    await projection.apply(executor, `rm.${table}`, events);
  } catch (error) {
    // A broken connection must not be taken for a poison event, also where the projection wraps the error.
    throw failure ?? new Poisoned(causeOf(error), { cause: error });
  }
  if (failure) throw failure;
}
