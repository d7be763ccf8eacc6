/** The SQL of the keys database. Whatever fails here, but by its values, is the database's trouble: StoreUnavailable. */
import { timingSafeEqual } from 'node:crypto';
import type { Pool, QueryResultRow } from 'pg';
import { troubleOf } from '../event-store/database-trouble.js';
import { StoreUnavailable } from '../event-store/port.js';
import { textArray } from '../event-store/text-array.js';
import { kekDigest } from './data-key.js';

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
    if (troubleOf(cause) === 'item') throw cause;
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

/** A key on its way into the database. */
export interface NewKey {
  place: KeyPlace;
  keyId: string;
  wrapped: Buffer;
}

/**
 * Makes each of these the key of its place, durably, unless there is one there or was one; of several processes at once,
 * one does.
 * @returns for each, whether it is the key now
 */
export async function insertKeys(pool: Pool, keys: readonly NewKey[]): Promise<boolean[]> {
  const made = await query<{ key_id: string }>(
    pool,
    // A look into the index for each place, whatever the planner believes of the table; and all in one order, so that
    // two processes never wait for each other.
    `INSERT INTO keys (key_id, tenant_id, subject_id, scope, wrapped)
     SELECT a.key_id, a.tenant_id, a.subject_id, a.scope, decode(a.wrapped, 'base64')
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
            AS a (key_id, tenant_id, subject_id, scope, wrapped)
       LEFT JOIN LATERAL (SELECT true AS found FROM keys k WHERE k.tenant_id = a.tenant_id
                             AND k.subject_id = a.subject_id AND k.scope = a.scope LIMIT 1) k ON true
      WHERE k.found IS NULL
      ORDER BY a.tenant_id, a.subject_id, a.scope
     ON CONFLICT (tenant_id, subject_id, scope) WHERE state = 'active' DO NOTHING
     RETURNING key_id`,
    [
      textArray(keys.map(({ keyId }) => keyId)),
      textArray(keys.map(({ place }) => place.tenantId)),
      textArray(keys.map(({ place }) => place.subjectId)),
      textArray(keys.map(({ place }) => place.scope)),
      textArray(keys.map(({ wrapped }) => wrapped.toString('base64'))),
    ],
  );
  const ids = new Set(made.map(({ key_id: keyId }) => keyId));
  return keys.map(({ keyId }) => ids.has(keyId));
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
