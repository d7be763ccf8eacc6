import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Pool, PoolClient } from 'pg';
import { to as copyTo, type CopyToStreamQuery } from 'pg-copy-streams';
import type { Projection } from './declaration.js';
import { listModels } from './models.js';

interface TableDigest {
  table: string;
  rows: number;
  /** SHA-256 of the ordered COPY, lower-case hex. */
  sha256: string;
}

export interface ModelDigest {
  /** The log position that the tables stand at. */
  position: number;
  /** The table that serves and, where there is one, its history. Names differ between generations. */
  tables: TableDigest[];
  /** Over the tables' digests: what two generations are compared by. */
  sha256: string;
}

/**
 * Digests of what serves a projection: equal for equal contents, whatever time zone, locale or settings the
 * server has. Tables and position are read in one snapshot.
 * @throws Error when nothing serves the projection's version
 */
export async function tableDigest({
  pool,
  projection,
}: {
  pool: Pool;
  projection: Projection;
}): Promise<ModelDigest> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(
      `SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, MDY', true),
         set_config('IntervalStyle', 'postgres', true), set_config('extra_float_digits', '1', true),
         set_config('bytea_output', 'hex', true)`,
    );
    const model = (await listModels(client, [projection])).find(({ state }) => state === 'live');
    if (!model) throw new Error(`nothing serves ${projection.name} version ${projection.version}`);
    const { table, position } = model;
    const tables = [await digest(client, table, orderOf(projection))];
    if (projection.kind === 'row' && projection.asOf === 'history') {
      tables.push(await digest(client, `${table}_history`, 'tenant_id, key, from_position'));
    }
    await client.query('COMMIT');
    client.release();
    const all = createHash('sha256');
    for (const { sha256 } of tables) all.update(sha256);
    return { position, tables, sha256: all.digest('hex') };
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** A SQL projection's key is its own affair: its rows are put in the order of their text. */
const orderOf = ({ kind }: Projection): string => (kind === 'row' ? 'tenant_id, key' : 't::text COLLATE "C"');

async function digest(client: PoolClient, table: string, order: string): Promise<TableDigest> {
  const hash = createHash('sha256');
  const stream: CopyToStreamQuery & { callback?: () => void } = client.query(
    copyTo(`COPY (SELECT t.* FROM rm.${table} t ORDER BY ${order}) TO STDOUT`),
  );
  try {
    await pipeline(stream, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) hash.update(chunk);
    });
  } finally {
    // Where the pool counts timeouts, pg ends the count in this, which a COPY never calls: the timer would keep
    // the process alive.
    stream.callback?.();
  }
  return { table, rows: stream.rowCount, sha256: hash.digest('hex') };
}
