import type { PoolClient } from 'pg';
import type { Row, RowProjection } from './declaration.js';
import { causeOf, Poisoned } from './failures.js';
import type { FeedEvent } from './feed.js';
import { foldSteps, planSteps, rowId, type KeptRow, type Poison, type RowChange } from './row-fold.js';

/**
 * Applies events to the table of a row projection within the caller's transaction: loads the rows they touch,
 * folds, and writes what changed. Returns the events that could not be folded.
 */
export async function applyRows(
  client: PoolClient,
  table: string,
  projection: RowProjection,
  events: readonly FeedEvent[],
): Promise<Poison[]> {
  const steps = planSteps(projection, events);
  const wanted = new Map<string, [tenantId: string, key: string]>();
  for (const { tenantId, key } of steps) {
    if (key !== null) wanted.set(rowId(tenantId, key), [tenantId, key]);
  }
  const rows = await load(client, table, [...wanted.values()]);
  const { changes, poison } = foldSteps(projection, steps, rows);
  await write(client, table, changes);
  if (projection.asOf === 'history') await writeHistory(client, `${table}_history`, changes);
  return poison;
}

// Lists go to the database as one JSON text: a fifth of the work that an array of JSON texts is to write.

/** @throws Poisoned for rows that JSON cannot say */
function listText(list: readonly unknown[]): string {
  try {
    return JSON.stringify(list);
  } catch (error) {
    throw new Poisoned(causeOf(error), { cause: error });
  }
}

// A subquery with a LIMIT is run once for each wanted row, through the primary key, whatever the planner
// believes about the size of a table that has just been made.
async function load(
  client: PoolClient,
  table: string,
  wanted: readonly [tenantId: string, key: string][],
): Promise<Map<string, KeptRow>> {
  const found = new Map<string, KeptRow>();
  if (wanted.length === 0) return found;
  const { rows } = await client.query<[string, string, string, string]>({
    rowMode: 'array',
    text: `SELECT r.tenant_id, r.key, r.row, r.position FROM jsonb_array_elements($1::jsonb) w
      CROSS JOIN LATERAL (SELECT t.tenant_id, t.key, t.row::text, t.position FROM rm.${table} t
        WHERE t.tenant_id = w->>0 AND t.key = w->>1 LIMIT 1) r`,
    values: [listText(wanted)],
  });
  for (const [tenantId, key, row, position] of rows) {
    found.set(rowId(tenantId, key), { row: JSON.parse(row) as Row, position: Number(position) });
  }
  return found;
}

async function write(client: PoolClient, table: string, changes: readonly RowChange[]): Promise<void> {
  const kept = changes.flatMap(({ tenantId, key, after }) =>
    after ? [[tenantId, key, after.row, after.position]] : [],
  );
  if (kept.length > 0) {
    await client.query(
      `INSERT INTO rm.${table} AS t (tenant_id, key, row, position)
       SELECT w->>0, w->>1, w->2, (w->>3)::bigint FROM jsonb_array_elements($1::jsonb) w
       ON CONFLICT (tenant_id, key) DO UPDATE SET row = excluded.row, position = excluded.position`,
      [listText(kept)],
    );
  }
  const gone = changes.filter(({ before, after }) => before !== null && after === null);
  if (gone.length > 0) {
    await client.query(
      `DELETE FROM rm.${table} t USING jsonb_array_elements($1::jsonb) w
       WHERE t.tenant_id = w->>0 AND t.key = w->>1`,
      [listText(gone.map(({ tenantId, key }) => [tenantId, key]))],
    );
  }
}

/** One row for each event that changed a row: never one for each page, or pages would show in the table. */
async function writeHistory(client: PoolClient, table: string, changes: readonly RowChange[]): Promise<void> {
  const ended = changes.flatMap(({ tenantId, key, before, changedAt }) =>
    before ? [[tenantId, key, before.position, changedAt]] : [],
  );
  if (ended.length > 0) {
    await client.query(
      `UPDATE rm.${table} t SET to_position = (w->>3)::bigint FROM jsonb_array_elements($1::jsonb) w
       WHERE t.tenant_id = w->>0 AND t.key = w->>1 AND t.from_position = (w->>2)::bigint`,
      [listText(ended)],
    );
  }
  const states = changes.flatMap(({ tenantId, key, states }) =>
    states.map(({ row, from, to }) => [tenantId, key, row, from, to]),
  );
  if (states.length === 0) return;
  await client.query(
    `INSERT INTO rm.${table} (tenant_id, key, row, from_position, to_position)
     SELECT w->>0, w->>1, w->2, (w->>3)::bigint, coalesce((w->>4)::bigint, 9223372036854775807)
     FROM jsonb_array_elements($1::jsonb) w`,
    [listText(states)],
  );
}
