/** The tables of the read models: how they are called, made and dropped. */
import type { PoolClient } from 'pg';
import type { Projection, RowProjection } from './declaration.js';

/** The bare name of a generation's table; everything in it is safe inside a statement. */
export function tableName(projection: Projection, generation: number): string {
  const { name, version } = projection;
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) throw new Error(`${name} is not a name for a projection`);
  if (!Number.isInteger(version) || version < 1) throw new Error(`${name} has no version`);
  return `${name}_v${version}_g${generation}`;
}

/** A path to a text in the row, and nothing else: what the engine indexes and compares in C collation. */
const textPath = /^row(?:->'[^']*')*->>'[^']*'$/;

/** An indexed text path in C collation, in parentheses; any other expression as it stands. */
export const indexed = (expression: string): string =>
  textPath.test(expression) ? `((${expression}) COLLATE "C")` : `(${expression})`;

/** A condition in which each indexed text path is compared as its index has it. */
export function collated(projection: RowProjection, sql: string): string {
  const paths = projection.indexes.filter((expression) => textPath.test(expression));
  return paths.reduce((text, path) => text.replaceAll(path, indexed(path)), sql);
}

/** Makes the table of a generation, with its indexes and, where it is kept, its history. */
export async function createTables(client: PoolClient, projection: Projection, table: string): Promise<void> {
  if (projection.kind === 'sql') {
    for (const statement of projection.ddl) {
      await client.query(statement.replaceAll('{table}', `rm.${table}`).replaceAll('{name}', table));
    }
    await client.query(`SELECT tenant_id FROM rm.${table} LIMIT 0`);
    return;
  }
  await client.query(
    `CREATE TABLE rm.${table} (tenant_id text COLLATE "C", key text COLLATE "C", row jsonb NOT NULL,
       position bigint NOT NULL, PRIMARY KEY (tenant_id, key))`,
  );
  for (const expression of projection.indexes) {
    await client.query(`CREATE INDEX ON rm.${table} (tenant_id, ${indexed(expression)}, key)`);
  }
  if (projection.asOf !== 'history') return;
  await client.query(
    `CREATE TABLE rm.${table}_history (tenant_id text COLLATE "C", key text COLLATE "C", row jsonb NOT NULL,
       from_position bigint NOT NULL, to_position bigint NOT NULL, PRIMARY KEY (tenant_id, key, from_position))`,
  );
  for (const expression of projection.indexes) {
    const there = expression.replace(/\bposition\b/g, 'from_position');
    await client.query(`CREATE INDEX ON rm.${table}_history (tenant_id, ${indexed(there)}, key)`);
  }
}

/** Drops the table of a generation and its history. */
export async function dropTables(client: PoolClient, table: string): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS rm.${table}, rm.${table}_history`);
}
