/** The SQL of the keys database. Whatever fails here is the database's trouble: StoreUnavailable. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Pool, QueryResultRow } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { StoreUnavailable } from '../event-store/port.js';
import { kekDigest, wrapKey } from './data-key.js';

/** Whose values in which stream a key seals. */
export interface KeyPlace {
  tenantId: string;
  subjectId: string;
  /** The stream. */
  scope: string;
}

/** `wrapped` is null in a tombstone, `certificate_id` everywhere else. */
export interface KeyRow {
  key_id: string;
  subject_id: string;
  wrapped: Buffer | null;
  certificate_id: string | null;
}

async function query<Row extends QueryResultRow>(
  pool: Pool,
  text: string,
  values: unknown[] = [],
  timeoutMs = 5_000,
): Promise<Row[]> {
  // node-postgres takes the timeout per query, which its types do not know.
  const config = { text, values, query_timeout: timeoutMs };
  try {
    return (await pool.query<Row>(config)).rows;
  } catch (cause) {
    throw new StoreUnavailable('the keys database cannot answer', 'not-applied', { cause });
  }
}

/** The keys that a subject has or had in a stream. */
export const rowsAt = (pool: Pool, { tenantId, subjectId, scope }: KeyPlace): Promise<KeyRow[]> =>
  query(
    pool,
    `SELECT key_id, subject_id, wrapped, certificate_id FROM keys
     WHERE tenant_id = $1 AND subject_id = $2 AND scope = $3`,
    [tenantId, subjectId, scope],
  );

/** Keys by id. */
export const rowsOf = (pool: Pool, keyIds: readonly string[]): Promise<KeyRow[]> =>
  query(pool, 'SELECT key_id, subject_id, wrapped, certificate_id FROM keys WHERE key_id = ANY ($1)', [
    keyIds,
  ]);

/** Makes the key of a place unless there is one or was one; of several processes at once, one does. */
export async function insertKey(pool: Pool, kek: Buffer, place: KeyPlace): Promise<void> {
  const keyId = uuidv7();
  await query(
    pool,
    `INSERT INTO keys (key_id, tenant_id, subject_id, scope, wrapped)
     SELECT $1, $2, $3, $4, $5
     WHERE NOT EXISTS (SELECT FROM keys WHERE tenant_id = $2 AND subject_id = $3 AND scope = $4)
     ON CONFLICT (tenant_id, subject_id, scope) WHERE state = 'active' DO NOTHING`,
    [keyId, place.tenantId, place.subjectId, place.scope, wrapKey(kek, keyId, randomBytes(32))],
  );
}

/** The epoch, a whole number as text. */
export async function readEpoch(pool: Pool, timeoutMs: number): Promise<string> {
  const [row] = await query<{ value: string }>(pool, 'SELECT value::text FROM epoch', [], timeoutMs);
  if (!row) throw new StoreUnavailable('the keys database has no epoch');
  return row.value;
}

/**
 * Notes the key-encryption key on the first call for a database.
 * @throws Error when it is not the one that was noted
 */
export async function checkKek(pool: Pool, kek: Buffer): Promise<void> {
  const digest = kekDigest(kek);
  await query(pool, 'INSERT INTO kek_check (digest) VALUES ($1) ON CONFLICT DO NOTHING', [digest]);
  const [row] = await query<{ digest: Buffer }>(pool, 'SELECT digest FROM kek_check');
  if (row && row.digest.length === digest.length && timingSafeEqual(row.digest, digest)) return;
  throw new Error(
    'the key-encryption key (DRAMATIS_KEK) is not the one that the keys database was made with: ' +
      'start with that one, or the personal values of this installation stay unreadable',
  );
}
