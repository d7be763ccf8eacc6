import { escapeIdentifier, type Client } from 'pg';
import { withClient } from './client.js';
import type { DatabaseLog } from './log.js';
import { pad, readMigrations, withAppRole, type MigrationFile } from './migration-files.js';

/** A migration that this call applied. */
export type AppliedMigration = { id: number; name: string; checksum: string };

/**
 * How a database stands to the migrations of this program: `behind` needs `migrate`; `ahead` was migrated by
 * a newer program, with which this one can live (migrations only expand until nobody is left behind);
 * `diverged` has applied something else than these files.
 */
export type SchemaState = 'current' | 'behind' | 'ahead' | 'diverged';

// Two-key form, out of the way of the append's own lock: "DRAM" and a number per use.
const lockQuery = 'SELECT pg_advisory_xact_lock(1146241357, 1)';
const appliedQuery = 'SELECT id, name, checksum FROM public.dramatis_migrations ORDER BY id';

/**
 * Brings a database up to the migrations in `dir`, each file in one transaction, and returns what it applied.
 * Several processes may call it at once: one works, the others wait and find nothing left to do.
 *
 * Rejects, with nothing changed, when an applied file was edited or is missing, or when a newer program has
 * migrated the database further; rejects at the first file that fails, keeping those before it.
 */
export async function migrate({
  ownerUrl,
  appRole,
  dir,
  log,
}: {
  ownerUrl: string;
  appRole: string;
  dir: string;
  log: DatabaseLog;
}): Promise<AppliedMigration[]> {
  const files = await readMigrations(dir);
  const role = escapeIdentifier(appRole);
  return withClient({ url: ownerUrl, applicationName: 'dramatis-migrate' }, async (client) => {
    const done: AppliedMigration[] = [];
    await underLock(client, async () => {
      await ensureTable(client, role);
      assertSameHistory(await applied(client), files, dir);
    });
    for (const file of files) {
      const { id, name, checksum } = file;
      await underLock(client, async () => {
        if (await isApplied(client, id)) return;
        await apply(client, file, role);
        done.push({ id, name, checksum });
        log.info({ migration: `${pad(id)}_${name}` }, 'migration applied');
      });
    }
    return done;
  });
}

/** Compares a database with the migrations in `dir`; any role may ask that may connect. */
export async function schemaState({ url, dir }: { url: string; dir: string }): Promise<SchemaState> {
  const files = await readMigrations(dir);
  const there = await withClient({ url, applicationName: 'dramatis-start' }, async (client) => {
    const { rows } = await client.query<{ found: boolean }>(
      `SELECT to_regclass('public.dramatis_migrations') IS NOT NULL AS found`,
    );
    return rows[0]?.found === true ? applied(client) : [];
  });
  const shared = Math.min(there.length, files.length);
  for (let index = 0; index < shared; index += 1) {
    if (there[index]?.id !== index + 1 || there[index]?.checksum !== files[index]?.checksum)
      return 'diverged';
  }
  if (there.length === files.length) return 'current';
  return there.length < files.length ? 'behind' : 'ahead';
}

/** One transaction under the lock; the lock ends with it, so a pooler in transaction mode does no harm. */
async function underLock(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SET LOCAL statement_timeout = 0');
    await client.query('SET LOCAL lock_timeout = 0');
    await client.query(lockQuery);
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function ensureTable(client: Client, role: string): Promise<void> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS public.dramatis_migrations (
       id int PRIMARY KEY,
       name text NOT NULL,
       checksum text NOT NULL,
       applied_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
     )`,
  );
  await client.query(`GRANT SELECT ON public.dramatis_migrations TO ${role}`);
}

async function applied(client: Client): Promise<AppliedMigration[]> {
  return (await client.query<AppliedMigration>(appliedQuery)).rows;
}

async function isApplied(client: Client, id: number): Promise<boolean> {
  return (await client.query('SELECT 1 FROM public.dramatis_migrations WHERE id = $1', [id])).rows.length > 0;
}

async function apply(
  client: Client,
  { id, name, checksum, sql }: MigrationFile,
  role: string,
): Promise<void> {
  try {
    await client.query(withAppRole(sql, role));
  } catch (cause) {
    const { message, position } = cause as { message: string; position?: string };
    const line = position === undefined ? '' : ` (line ${lineOf(withAppRole(sql, role), Number(position))})`;
    throw new Error(`migration ${pad(id)}_${name} failed${line}: ${message}`, { cause });
  }
  await client.query('INSERT INTO public.dramatis_migrations (id, name, checksum) VALUES ($1, $2, $3)', [
    id,
    name,
    checksum,
  ]);
}

function assertSameHistory(
  there: readonly AppliedMigration[],
  files: readonly MigrationFile[],
  dir: string,
): void {
  there.forEach(({ id, name, checksum }, index) => {
    const label = `${pad(id)}_${name}`;
    if (id !== index + 1) throw new Error(`the database lacks migration ${pad(index + 1)} but has ${label}`);
    const file = files[index];
    if (file === undefined) {
      throw new Error(
        `${dir} lacks migration ${label}, which the database has: a newer version migrated it; use that one`,
      );
    }
    if (file.checksum !== checksum) {
      throw new Error(
        `${dir}/${pad(file.id)}_${file.name}.sql is not what was applied as ${label}: migrations are never edited`,
      );
    }
  });
}

const lineOf = (sql: string, position: number): number => sql.slice(0, position).split('\n').length;
