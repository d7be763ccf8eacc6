import { describe, expect, it } from 'vitest';
import { withTransaction } from '../../../src/database/pool.js';
import type { Projection } from '../../../src/projections/engine/declaration.js';
import {
  collated,
  createTables,
  dropTables,
  indexed,
  tableName,
} from '../../../src/projections/engine/model-tables.js';
import { accounts, sums } from './accounts-area.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();
const create = (projection: Projection, table: string): Promise<void> =>
  withTransaction(at.pool, (client) => createTables(client, projection, table));

describe('tables', () => {
  it('are named by projection, version and generation', () => {
    expect(tableName(accounts({ version: 3 }), 2)).toBe('accounts_v3_g2');
    for (const name of ['', 'Upper', '1st', 'a"b', 'a-b', 'x'.repeat(41)]) {
      expect(() => tableName(accounts({ name }), 1)).toThrow('not a name');
    }
    expect(() => tableName(accounts({ version: 0 }), 1)).toThrow('no version');
  });

  it('are made with history and indexes, the tenant first, in C collation', async () => {
    const projection = accounts();
    projection.indexes = ["row->>'name'", "(row->>'total')::bigint", 'position'];
    await create(projection, 'accounts_v1_g1');
    const { rows } = await at.pool.query<{ def: string }>(
      `SELECT pg_get_indexdef(indexrelid) AS def FROM pg_index WHERE indrelid IN
         ('rm.accounts_v1_g1'::regclass, 'rm.accounts_v1_g1_history'::regclass) ORDER BY indrelid, indexrelid`,
    );
    const columns = rows.map(({ def }) => def.slice(def.indexOf('btree')));
    expect(columns).toEqual([
      'btree (tenant_id, key)',
      `btree (tenant_id, (("row" ->> 'name'::text)) COLLATE "C", key)`,
      `btree (tenant_id, ((("row" ->> 'total'::text))::bigint), key)`,
      'btree (tenant_id, "position", key)',
      'btree (tenant_id, key, from_position)',
      `btree (tenant_id, (("row" ->> 'name'::text)) COLLATE "C", key)`,
      `btree (tenant_id, ((("row" ->> 'total'::text))::bigint), key)`,
      'btree (tenant_id, from_position, key)',
    ]);
    await withTransaction(at.pool, (client) => dropTables(client, 'accounts_v1_g1'));
    const { rows: left } = await at.pool.query("SELECT 1 FROM pg_tables WHERE tablename LIKE 'accounts%'");
    expect(left).toEqual([]);
  });

  it('of SQL projections have a column for the tenant, or are not made', async () => {
    await create(sums(), 'sums_v1_g1');
    const without: Projection = { ...sums(), ddl: ['CREATE TABLE {table} (n int)'] };
    await expect(create(without, 'sums_v1_g2')).rejects.toMatchObject({ code: '42703' });
  });
});

describe('conditions', () => {
  it('compare indexed text paths as the index has them, and nothing else', () => {
    expect(indexed("row->>'a'")).toBe(`((row->>'a') COLLATE "C")`);
    expect(indexed("row->'a'->>'b'")).toBe(`((row->'a'->>'b') COLLATE "C")`);
    expect(indexed("lower(row->>'a')")).toBe("(lower(row->>'a'))");
    const projection = accounts();
    expect(collated(projection, "row->>'name' = ? AND row->>'other' = ?")).toBe(
      `((row->>'name') COLLATE "C") = ? AND row->>'other' = ?`,
    );
  });
});
