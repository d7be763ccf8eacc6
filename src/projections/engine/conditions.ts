/** The conditions of lists, as SQL: on the listed row, on that row as it is now, on rows of other models. */
import type { RowProjection } from './declaration.js';
import { collated } from './model-tables.js';

/**
 * A condition on a row projection's table: SQL over `row`, `key`, `position` with `?` for each value (so for
 * jsonb's own operator `?` stands `jsonb_exists`).
 */
export interface Condition {
  sql: string;
  values?: unknown[];
}

/**
 * That a listed row names a row of another model that meets conditions. The other row is taken as it is now, also
 * where the list is of another moment; the query declares that it reads the other model.
 */
export interface WhereOther {
  projection: RowProjection;
  /** The other row's key: SQL over the listed row, such as `row->>'personaId'`, without values. */
  key: string;
  /** Rows that name no other are listed too. */
  orNull?: boolean;
  where: Condition[];
}

/** What makes two such conditions the same, for cursors. */
export const scopeOf = ({ projection, key, orNull = false, where }: WhereOther): unknown => [
  projection.name,
  key,
  orNull,
  where,
];

/** A condition with `?` turned into numbered parameters behind those that are there already. */
export function numbered(projection: RowProjection, { sql, values = [] }: Condition, all: unknown[]): string {
  const parts = collated(projection, sql).split('?');
  if (parts.length !== values.length + 1) {
    throw new Error(`a condition with ${parts.length - 1} placeholders and ${values.length} values: ${sql}`);
  }
  return parts.reduce((text, part, index) => {
    all.push(values[index - 1]);
    return `${text}$${all.length}${part}`;
  });
}

/**
 * That a row of a key meets conditions in a table; `$1` is the tenant.
 * @param key names no column but qualified: within, `row` and `key` are those of that row
 */
export function rowExists(
  projection: RowProjection,
  { table, key, where }: { table: string; key: string; where: readonly Condition[] },
  all: unknown[],
): string {
  const conditions = where.map((condition) => ` AND (${numbered(projection, condition, all)})`);
  return `EXISTS (SELECT FROM rm.${table} other
    WHERE other.tenant_id = $1 AND other.key = ${key}${conditions.join('')})`;
}

/**
 * Rows with the keys of others beside them, and the conditions on these, in the order of their tables. The keys are
 * columns, because within a condition `row` is the other row.
 */
export function joined(
  from: string,
  others: readonly { other: WhereOther; table: string }[],
  all: unknown[],
): { from: string; conditions: string[] } {
  if (others.length === 0) return { from, conditions: [] };
  const columns = others.map(({ other }, index) => `(${other.key}) AS other_${index}`);
  return {
    from: `(SELECT key, row, position, ${columns.join(', ')} FROM ${from} listed)`,
    conditions: others.map(({ other: { projection, where, orNull }, table }, index) => {
      const key = `t.other_${index}`;
      const exists = rowExists(projection, { table, key: `${key} COLLATE "C"`, where }, all);
      return orNull ? `${key} IS NULL OR ${exists}` : exists;
    }),
  };
}
