import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One `NNNN_name.sql`. The checksum is that of the text with unix line ends, as git may check it out otherwise. */
export type MigrationFile = { id: number; name: string; checksum: string; sql: string };

/**
 * The migrations of a folder in order; none when there is no folder. Rejects names that do not fit, numbers
 * that do not run 1, 2, 3 …, and files that end their transaction themselves.
 */
export async function readMigrations(dir: string): Promise<MigrationFile[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.sql')).sort();
  const read = await Promise.all(files.map((file) => readMigration(dir, file)));
  read.forEach(({ id, name }, index) => {
    if (id === index + 1) return;
    throw new Error(`${dir}: migration ${pad(index + 1)} is missing, next comes ${pad(id)}_${name}`);
  });
  return read;
}

/** The SQL with `:app_role` (but not the cast `::app_role`) replaced by the quoted name of the role. */
export function withAppRole(sql: string, quotedRole: string): string {
  return sql.replace(/(?<!:):app_role\b/g, () => quotedRole);
}

/** A migration's number as its file name spells it. */
export const pad = (id: number): string => String(id).padStart(4, '0');

async function readMigration(dir: string, file: string): Promise<MigrationFile> {
  const [, digits, name] = /^(\d{4})_([a-z0-9_-]+)\.sql$/.exec(file) ?? [];
  if (digits === undefined || name === undefined) {
    throw new Error(`${join(dir, file)}: a migration is called NNNN_name.sql (a-z, 0-9, _ and -)`);
  }
  const sql = (await readFile(join(dir, file), 'utf8')).replaceAll('\r\n', '\n');
  if (/^\s*(commit|rollback|begin|start\s+transaction)\s*;/im.test(sql)) {
    throw new Error(`${join(dir, file)}: a migration is one transaction and may not begin or end one itself`);
  }
  return { id: Number(digits), name, checksum: createHash('sha256').update(sql).digest('hex'), sql };
}
