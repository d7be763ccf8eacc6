import type pg from 'pg';
import type { Statement } from './append-call.js';
import { readError, troubleOf } from './database-trouble.js';
import { StoreUnavailable } from './port.js';

export type Row = (string | null)[];

/** Every value stays the text that the database sent: who asked knows what it is. */
const asText = { getTypeParser: () => (value: string) => value };

/**
 * The store's way to its database. Waits for nothing longer than it is told, and never gives a connection
 * back that may still be at work for somebody who left.
 */
export interface Database {
  /** A connection, to be released by the caller, with the error if there was one. */
  borrow(timeoutMs: number): Promise<pg.PoolClient>;
  ask(client: pg.ClientBase, statement: Statement, timeoutMs: number): Promise<Row[]>;
  /** One reading statement on any connection. @throws StoreUnavailable, or the database's refusal of a value */
  read(statement: Statement): Promise<Row[]>;
}

const readTimeoutMs = 5_000;

/** `closing` ends reads; appends on their way still get their connections. */
export function database(pool: pg.Pool, closing: AbortSignal): Database {
  // A pooler in transaction mode may not keep named statements: after its first complaint they go unnamed.
  let named = true;
  const ask = async (
    client: pg.ClientBase,
    { name, text, values }: Statement,
    timeoutMs: number,
  ): Promise<Row[]> => {
    const query = { text, values, rowMode: 'array' as const, types: asText, query_timeout: timeoutMs };
    try {
      return (await client.query<Row>(named ? { ...query, name } : query)).rows;
    } catch (error) {
      if (!named || troubleOf(error) !== 'unprepared') throw error;
      named = false;
      return (await client.query<Row>(query)).rows;
    }
  };
  const read = async (statement: Statement): Promise<Row[]> => {
    if (closing.aborted) throw new StoreUnavailable('The event store is closed.');
    let client: pg.PoolClient | undefined;
    try {
      client = await borrow(pool, readTimeoutMs);
      const rows = await ask(client, statement, readTimeoutMs);
      client.release();
      return rows;
    } catch (error) {
      client?.release(troubleOf(error) === 'lost');
      throw readError(error);
    }
  };
  return { borrow: (timeoutMs) => borrow(pool, timeoutMs), ask, read };
}

/** `pool.connect` with a limit of time; a connection that comes later goes back to the pool. */
async function borrow(pool: pg.Pool, timeoutMs: number): Promise<pg.PoolClient> {
  const connecting = pool.connect();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, null);
  });
  try {
    const client = await Promise.race([connecting, late]);
    if (client) return client;
  } finally {
    clearTimeout(timer);
  }
  connecting.then(
    (client) => client.release(),
    () => {},
  );
  throw new Error(`no database connection within ${timeoutMs} ms`);
}
