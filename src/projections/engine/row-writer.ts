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

/** Far below the 256 MB that an array of jsonb may have; small lists are one text. */
const textLength = 4 * 1024 * 1024;

/**
 * Lists go to the database as JSON texts of many elements each: a fifth of the work that an array of JSON texts
 * is to write. A text is made when the one before it has been written.
 * @throws Poisoned for rows that JSON cannot say
 */
function* listTexts(list: readonly unknown[]): Generator<string> {
  let part: string[] = [];
  let length = 0;
  for (const one of list) {
    const text = jsonText(one);
    if (part.length > 0 && length + text.length > textLength) {
      yield `[${part.join(',')}]`;
      [part, length] = [[], 0];
    }
    part.push(text);
    length += text.length;
  }
  if (part.length > 0) yield `[${part.join(',')}]`;
}

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
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
  for (const list of listTexts(wanted)) {
    const { rows } = await client.query<[string, string, string, string]>({
      rowMode: 'array',
      text: `SELECT r.tenant_id, r.key, r.row, r.position FROM jsonb_array_elements($1::jsonb) w
        CROSS JOIN LATERAL (SELECT t.tenant_id, t.key, t.row::text, t.position FROM rm.${table} t
          WHERE t.tenant_id = w->>0 AND t.key = w->>1 LIMIT 1) r`,
      values: [list],
    });
    for (const [tenantId, key, row, position] of rows) {
      found.set(rowId(tenantId, key), { row: JSON.parse(row) as Row, position: Number(position) });
    }
  }
  return found;
}

async function write(client: PoolClient, table: string, changes: readonly RowChange[]): Promise<void> {
  const kept = changes.flatMap(({ tenantId, key, after }) =>
    after ? [[tenantId, key, after.row, after.position]] : [],
  );
  for (const list of listTexts(kept)) {
    await client.query(
      `INSERT INTO rm.${table} AS t (tenant_id, key, row, position)
       SELECT w->>0, w->>1, w->2, (w->>3)::bigint FROM jsonb_array_elements($1::jsonb) w
       ON CONFLICT (tenant_id, key) DO UPDATE SET row = excluded.row, position = excluded.position`,
      [list],
    );
  }
  const gone = changes.filter(({ before, after }) => before !== null && after === null);
  for (const list of listTexts(gone.map(({ tenantId, key }) => [tenantId, key]))) {
    await client.query(
      `DELETE FROM rm.${table} t USING jsonb_array_elements($1::jsonb) w
       WHERE t.tenant_id = w->>0 AND t.key = w->>1`,
      [list],
    );
  }
}

/** One row for each event that changed a row: never one for each page, or pages would show in the table. */
async function writeHistory(client: PoolClient, table: string, changes: readonly RowChange[]): Promise<void> {
  const ended = changes.flatMap(({ tenantId, key, before, changedAt }) =>
    before ? [[tenantId, key, before.position, changedAt]] : [],
  );
  for (const list of listTexts(ended)) {
    await client.query(
      `UPDATE rm.${table} t SET to_position = (w->>3)::bigint FROM jsonb_array_elements($1::jsonb) w
       WHERE t.tenant_id = w->>0 AND t.key = w->>1 AND t.from_position = (w->>2)::bigint`,
      [list],
    );
  }
  const states = changes.flatMap(({ tenantId, key, states }) =>
    states.map(({ row, from, to }) => [tenantId, key, row, from, to]),
  );
  for (const list of listTexts(states)) {
    await client.query(
      `INSERT INTO rm.${table} (tenant_id, key, row, from_position, to_position)
       SELECT w->>0, w->>1, w->2, (w->>3)::bigint, coalesce((w->>4)::bigint, 9223372036854775807)
       FROM jsonb_array_elements($1::jsonb) w`,
      [list],
    );
  }
}
