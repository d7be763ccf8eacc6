import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import type { Cursors } from './cursor.js';
import { joined, numbered, rowExists, scopeOf } from './conditions.js';
import type { Found, ListRequest, ModelReader, Page, Row, RowProjection } from './declaration.js';
import type { LiveModel } from './live-models.js';
import { answered } from './failures.js';

/** A row as it was read, and when that was. */
interface CachedRow {
  at: string;
  text: string | null;
  position: number;
}

/** Rows that were read one by one; each holds as long as its table stands where it stood. */
export type RowCache = LRUCache<string, CachedRow>;

/** A bounded cache of single rows for a process. */
export const openRowCache = (maxBytes = 32 * 1024 * 1024): RowCache =>
  new LRUCache<string, CachedRow>({
    maxSize: maxBytes,
    sizeCalculation: ({ text }, key) => (text?.length ?? 0) + key.length + 100,
  });

export interface ModelReaderDeps {
  pool: Pool;
  rows: RowCache;
  cursors: Cursors;
  projection: RowProjection;
  tenantId: string;
  /** The position to read as of; undefined for now. */
  asOf: number | undefined;
  /** Runs a statement against the table that serves, again if it is swapped away meanwhile. */
  onTable: <T>(read: (model: LiveModel) => Promise<T>) => Promise<T>;
  /** The same, once the table — or that of another projection — has come to the head of the log. */
  onTableNow: <T>(read: (model: LiveModel) => Promise<T>, other?: RowProjection) => Promise<T>;
}

/** Reads one row projection for one tenant, now or as of a position. */
export function openModelReader(deps: ModelReaderDeps): ModelReader {
  const { projection, asOf, onTable, onTableNow } = deps;
  if (asOf !== undefined && !projection.asOf) throw new Error(`${projection.name} keeps no history`);
  return {
    get: <R extends Row>(key: string) => onTable((model) => getRow<R>(deps, model, key)),
    list: <R extends Row>(request: ListRequest) => {
      const others = (request.whereOther ?? []).map(({ projection: other }) => other);
      const onOwn = request.whereNow?.length ? onTableNow : onTable;
      return onTablesNow(deps, others, (tables) =>
        onOwn((model) => listRows<R>(deps, model, request, tables)),
      );
    },
  };
}

/** Reads with the tables of other models at hand; whichever is swapped away meanwhile is asked for again. */
function onTablesNow<T>(
  deps: Pick<ModelReaderDeps, 'onTableNow'>,
  [first, ...others]: readonly RowProjection[],
  read: (tables: string[]) => Promise<T>,
): Promise<T> {
  if (!first) return read([]);
  return deps.onTableNow(
    ({ table }) => onTablesNow(deps, others, (tables) => read([table, ...tables])),
    first,
  );
}

/** The tenant's rows of the asked moment as a table expression; it takes the first one or two parameters. */
function source({ projection, tenantId, asOf }: ModelReaderDeps, table: string): [string, unknown[]] {
  if (asOf === undefined) {
    return [`(SELECT key, row, position FROM rm.${table} WHERE tenant_id = $1)`, [tenantId]];
  }
  return projection.asOf === 'history'
    ? [
        `(SELECT key, row, from_position AS position FROM rm.${table}_history
          WHERE tenant_id = $1 AND from_position <= $2 AND to_position > $2)`,
        [tenantId, asOf],
      ]
    : [
        `(SELECT key, row, position FROM rm.${table} WHERE tenant_id = $1 AND position <= $2)`,
        [tenantId, asOf],
      ];
}

async function getRow<R extends Row>(
  deps: ModelReaderDeps,
  model: LiveModel,
  key: string,
): Promise<Found<R> | null> {
  // Whatever was read when the table stood where it stands now holds everything that this read asks for.
  const at = `${model.position} ${model.revision}`;
  const name = `${model.table}\n${deps.tenantId}\n${key}`;
  const cached = deps.asOf === undefined ? deps.rows.get(name) : undefined;
  if (cached?.at === at) return foundOf(key, cached);
  const [from, values] = source(deps, model.table);
  const { rows } = await answered(
    deps.pool.query<[string, string]>({
      rowMode: 'array',
      text: `SELECT t.row::text, t.position FROM ${from} t WHERE t.key = $${values.length + 1}`,
      values: [...values, key],
    }),
  );
  const [text, position] = rows[0] ?? [null, 0];
  const read: CachedRow = { at, text, position: Number(position) };
  if (deps.asOf === undefined) deps.rows.set(name, read);
  return foundOf(key, read);
}

// Parsed for each reader: none of them can change what the next one gets.
const foundOf = <R extends Row>(key: string, { text, position }: CachedRow): Found<R> | null =>
  text === null ? null : { key, row: JSON.parse(text) as R, position };

type ListCursor = [order: string, key: string];

async function listRows<R extends Row>(
  deps: ModelReaderDeps,
  model: LiveModel,
  request: ListRequest,
  otherTables: readonly string[],
): Promise<Page<Found<R>>> {
  const { projection, cursors, asOf } = deps;
  const { where = [], whereNow = [], orderBy = 'key', descending = false, limit, whereOther = [] } = request;
  const own = [deps.tenantId, projection.name, asOf ?? null, where, whereNow, orderBy, descending];
  const scope = [...own, ...whereOther.map(scopeOf)];
  const [rowsOfMoment, values] = source(deps, model.table);
  const others = whereOther.map((other, index) => ({ other, table: otherTables[index]! }));
  const { from, conditions } = joined(rowsOfMoment, others, values);
  const order = `(${orderBy}) COLLATE "C"`;
  const onListed = asOf === undefined ? [...where, ...whereNow] : where;
  conditions.push(...onListed.map((condition) => numbered(projection, condition, values)));
  if (asOf !== undefined && whereNow.length > 0) {
    conditions.push(rowExists(projection, { table: model.table, key: 't.key', where: whereNow }, values));
  }
  if (request.cursor !== undefined) {
    values.push(...(cursors.open(request.cursor, scope) as ListCursor));
    const after = `($${values.length - 1}::text, $${values.length}::text)`;
    conditions.push(`(${order}, key) ${descending ? '<' : '>'} ${after}`);
  }
  const direction = descending ? 'DESC' : 'ASC';
  values.push(limit + 1);
  const { rows } = await answered(
    deps.pool.query<[string, string, string, string | null]>({
      rowMode: 'array',
      text: `SELECT key, row::text, position, ${order} AS sorted_by FROM ${from} t
        ${conditions.length > 0 ? `WHERE ${conditions.map((sql) => `(${sql})`).join(' AND ')}` : ''}
        ORDER BY ${order} ${direction}, key ${direction} LIMIT $${values.length}`,
      values,
    }),
  );
  const shown = rows.slice(0, limit);
  const items = shown.map(([key, text, position]) =>
    foundOf<R>(key, { at: '', text, position: Number(position) })!,
  );
  const unordered = shown.find(([, , , value]) => value === null);
  if (unordered)
    throw new Error(`${projection.name} cannot be sorted by ${orderBy}: it is null in ${unordered[0]}`);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items, next: last ? cursors.seal([last[3], last[0]] satisfies unknown[], scope) : null };
}
