/**
 * The catalogue of the read models. A (projection, version) has at most one generation that serves (`live`)
 * and one on its way (`building`); a `retired` one waits to be dropped, and a dropped one keeps its number, so
 * that no table's name ever comes back with other rows. Other versions stand beside: each process reads and
 * folds the versions it was built with.
 */
import type { Pool, PoolClient } from 'pg';
import { withTransaction } from '../../database/pool.js';
import type { Projection } from './declaration.js';
import { isLockTimeout } from './failures.js';
import { createTables, dropTables, tableName } from './model-tables.js';

export interface Model {
  projection: string;
  version: number;
  generation: number;
  /** Bare name, in schema rm. */
  table: string;
  state: 'building' | 'live' | 'retired';
  position: number;
  parked: number;
  inexact: boolean;
  /** Seconds since its checkpoint moved. */
  idleSeconds: number;
}

type Queryable = Pick<PoolClient, 'query'>;

/** Every generation of the projections' own versions. */
export async function listModels(db: Queryable, projections: readonly Projection[]): Promise<Model[]> {
  const { rows } = await db.query<Omit<Model, 'position'> & { position: string }>(
    `SELECT m.projection, m.version, m.generation, m.table_name AS "table", m.state, c.position, c.parked,
       c.inexact, extract(epoch FROM clock_timestamp() - c.updated_at)::float8 AS "idleSeconds"
     FROM rm.models m JOIN rm.checkpoints c USING (table_name)
     JOIN unnest($1::text[], $2::integer[]) AS own (projection, version)
       ON own.projection = m.projection AND own.version = m.version
     ORDER BY m.projection, m.generation`,
    [projections.map(({ name }) => name), projections.map(({ version }) => version)],
  );
  return rows.map(({ position, ...model }) => Object.assign(model, { position: Number(position) }));
}

/** One change of the catalogue at a time: a lock on its table, which readers of the catalogue do not feel. */
function changeCatalogue<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withTransaction(pool, async (client) => {
    await client.query("SELECT set_config('lock_timeout', '5s', true)");
    await client.query('LOCK TABLE rm.models IN SHARE ROW EXCLUSIVE MODE');
    return work(client);
  });
}

/** Makes a generation for each projection whose version has neither a live one nor one on its way. */
export async function ensureModels(pool: Pool, projections: readonly Projection[]): Promise<void> {
  const missing = async (db: Queryable): Promise<Projection[]> => {
    const there = await listModels(db, projections);
    return projections.filter(
      ({ name }) => !there.some(({ projection, state }) => projection === name && state !== 'retired'),
    );
  };
  if ((await missing(pool)).length === 0) return;
  await changeCatalogue(pool, async (client) => {
    for (const projection of await missing(client)) await addGeneration(client, projection);
  });
}

/**
 * Begins a rebuild: a fresh generation beside the live one. A build that was begun before is given up, because
 * it may hold rows of handlers that have been mended since — unless nothing serves this version yet.
 */
export function beginRebuild(pool: Pool, projection: Projection): Promise<Model> {
  return changeCatalogue(pool, async (client) => {
    const there = await listModels(client, [projection]);
    const building = there.find(({ state }) => state === 'building');
    const live = there.find(({ state }) => state === 'live');
    if (building && !live) return building;
    if (building) await dropModel(client, building.table);
    const table = await addGeneration(client, projection);
    return (await listModels(client, [projection])).find((model) => model.table === table)!;
  });
}

async function addGeneration(client: PoolClient, projection: Projection): Promise<string> {
  const { name, version } = projection;
  const { rows } = await client.query<{ next: number }>(
    'SELECT coalesce(max(generation), 0) + 1 AS next FROM rm.models WHERE projection = $1 AND version = $2',
    [name, version],
  );
  const generation = rows[0]!.next;
  const table = tableName(projection, generation);
  await createTables(client, projection, table);
  await client.query(
    `INSERT INTO rm.models (projection, version, generation, table_name, state)
     VALUES ($1, $2, $3, $4, 'building')`,
    [name, version, generation, table],
  );
  await client.query('INSERT INTO rm.checkpoints (table_name) VALUES ($1)', [table]);
  return table;
}

/**
 * Locks the checkpoint of the generation that serves a version, so that it stands still, and tells its
 * position; null where nothing serves yet.
 */
export async function lockServing(client: PoolClient, { name, version }: Projection): Promise<number | null> {
  const { rows } = await client.query<{ position: string }>(
    `SELECT c.position FROM rm.checkpoints c JOIN rm.models m USING (table_name)
     WHERE m.projection = $1 AND m.version = $2 AND m.state = 'live' FOR UPDATE OF c`,
    [name, version],
  );
  return rows[0] ? Number(rows[0].position) : null;
}

/** Lets a generation serve in the place of the one that did, whose checkpoint the caller holds. */
export async function goLive(
  client: PoolClient,
  { name, version }: Projection,
  table: string,
): Promise<void> {
  await client.query(
    "UPDATE rm.models SET state = 'retired' WHERE projection = $1 AND version = $2 AND state = 'live'",
    [name, version],
  );
  await client.query(
    "UPDATE rm.models SET state = 'live', live_at = clock_timestamp() WHERE table_name = $1",
    [table],
  );
}

/**
 * Drops what nothing needs any more: retired generations, and versions older than the registered ones which
 * are live and which no process has named for 30 seconds. Returns the tables that went. A table that is
 * being read at the moment stays until the next call.
 */
export async function dropUnneeded(pool: Pool, projections: readonly Projection[]): Promise<string[]> {
  const find = async (db: Queryable): Promise<string[]> => {
    const { rows } = await db.query<{ table: string }>(
      `SELECT m.table_name AS "table" FROM rm.models m
       JOIN unnest($1::text[], $2::integer[]) AS own (projection, version) ON own.projection = m.projection
       WHERE (m.version = own.version AND m.state = 'retired')
         OR (m.version < own.version AND m.state <> 'dropped'
         AND EXISTS (SELECT 1 FROM rm.models s WHERE s.projection = own.projection
           AND s.version = own.version AND s.state = 'live')
         AND NOT EXISTS (SELECT 1 FROM ops.heartbeats h WHERE h.at > clock_timestamp() - interval '30 s'
           AND (h.versions ->> m.projection)::integer = m.version))`,
      [projections.map(({ name }) => name), projections.map(({ version }) => version)],
    );
    return rows.map(({ table }) => table);
  };
  if ((await find(pool)).length === 0) return [];
  const drop = changeCatalogue(pool, async (client) => {
    const tables = await find(client);
    await client.query("SELECT set_config('lock_timeout', '500ms', true)");
    for (const table of tables) await dropModel(client, table);
    return tables;
  });
  return drop.catch((error: unknown) => {
    if (isLockTimeout(error)) return [];
    throw error;
  });
}

async function dropModel(client: PoolClient, table: string): Promise<void> {
  // Whoever writes the table holds its checkpoint, and finds it gone afterwards.
  await client.query('SELECT 1 FROM rm.checkpoints WHERE table_name = $1 FOR UPDATE', [table]);
  await dropTables(client, table);
  await client.query('DELETE FROM rm.checkpoints WHERE table_name = $1', [table]);
  await client.query('DELETE FROM rm.parked WHERE table_name = $1', [table]);
  await client.query("UPDATE rm.models SET state = 'dropped' WHERE table_name = $1", [table]);
}
