import { Pool, type PoolClient } from 'pg';
import type { DatabaseLog } from './log.js';

/**
 * Opens a pool. A connection that breaks, idle or not, never ends the process: idle ones are replaced, busy
 * ones fail their query. Type parsers are set per query by those who read, never for all of `pg`.
 *
 * `statementTimeoutMs` is the server's, sent when connecting, which a pooler in transaction mode may refuse;
 * `queryTimeoutMs` is counted here, so that a server that hangs gives the connection back.
 */
export function openPool({
  url,
  max,
  applicationName,
  statementTimeoutMs,
  queryTimeoutMs,
  idleTimeoutMs = 30_000,
  log,
}: {
  url: string;
  max: number;
  applicationName: string;
  statementTimeoutMs?: number;
  queryTimeoutMs?: number;
  idleTimeoutMs?: number;
  log?: DatabaseLog;
}): Pool {
  const pool = new Pool({
    connectionString: url,
    max,
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: idleTimeoutMs,
    keepAlive: true,
    ...(statementTimeoutMs === undefined ? {} : { statement_timeout: statementTimeoutMs }),
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
  });
  pool.on('error', (error) => log?.warn({ error: error.message }, 'an idle database connection broke'));
  // The pool listens only while a connection is idle: one that breaks between two queries of a transaction
  // would have nobody to tell and end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/**
 * Runs `work` in a transaction on one connection of the pool: commits what it returns, rolls back what it
 * throws. When the commit itself fails by a broken connection its outcome is unknown, and the error says so
 * by being the connection's own.
 */
export async function withTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    client.release(await brokenBy(client, error));
    throw error;
  }
}

/** Rolls back, and tells whether the connection has to be thrown away. */
async function brokenBy(client: PoolClient, error: unknown): Promise<boolean> {
  // A query that timed out here may still run there: a rollback would wait behind it.
  if (error instanceof Error && error.message === 'Query read timeout') return true;
  try {
    await client.query('ROLLBACK');
    return false;
  } catch {
    return true;
  }
}
