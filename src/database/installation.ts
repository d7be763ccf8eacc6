import { fileURLToPath } from 'node:url';
import type { Config } from '../config.js';
import { attachEmbedded, startEmbedded, type Embedded } from './embedded.js';
import type { DatabaseLog } from './log.js';
import { migrate, schemaState, type SchemaState } from './migrate.js';
import { appRole, keysRole } from './roles.js';

/** The migrations of the record's database and of the data keys' own. */
const migrationDirs = {
  record: fileURLToPath(new URL('../../infra/migrations', import.meta.url)),
  keys: fileURLToPath(new URL('../../infra/migrations-keys', import.meta.url)),
};

/** The databases of an installation, embedded or not. */
export interface Installation {
  appUrl: string;
  keysUrl: string;
  /** Absent where only `migrate` may know it. */
  ownerUrl?: string;
  embedded?: Embedded;
  /** Disconnects; an embedded server that nobody else uses is stopped. */
  close(): Promise<void>;
}

/**
 * Opens the databases that a configuration names. `passing` commands share a running embedded server and
 * leave it to the process that serves.
 */
export async function openInstallation(
  config: Config,
  { log, passing }: { log: DatabaseLog; passing: boolean },
): Promise<Installation> {
  if (config.database) {
    const { url, keysUrl, migrateUrl } = config.database;
    return { appUrl: url, keysUrl, ...(migrateUrl && { ownerUrl: migrateUrl }), close: async () => {} };
  }
  const embedded = await (passing ? attachEmbedded : startEmbedded)({ dataDir: config.dataDir, log });
  const { app, keys, owner } = embedded.urls;
  return { appUrl: app, keysUrl: keys, ownerUrl: owner, embedded, close: () => embedded.stop() };
}

/** Brings both databases up to date. @returns the names of the migrations that were applied */
export async function migrateInstallation(
  { appUrl, ownerUrl, keysUrl, embedded }: Installation,
  log: DatabaseLog,
): Promise<string[]> {
  if (!ownerUrl) throw new Error('DRAMATIS_MIGRATE_URL, the owner’s role, is needed to migrate');
  const record = await migrate({
    ownerUrl,
    appRole: embedded ? appRole : roleIn(appUrl),
    dir: migrationDirs.record,
    log,
  });
  const keys = await migrate({
    ownerUrl: keysUrl,
    appRole: embedded ? keysRole : roleIn(keysUrl),
    dir: migrationDirs.keys,
    log,
  });
  return [...record, ...keys].map(({ name }) => name);
}

/** How both databases stand to this program's migrations: the worse of the two. */
export async function installationState({ appUrl, keysUrl }: Installation): Promise<SchemaState> {
  const states = await Promise.all([
    schemaState({ url: appUrl, dir: migrationDirs.record }),
    schemaState({ url: keysUrl, dir: migrationDirs.keys }),
  ]);
  const order: SchemaState[] = ['diverged', 'behind', 'ahead', 'current'];
  return order.find((state) => states.includes(state)) ?? 'current';
}

const roleIn = (url: string): string => decodeURIComponent(new URL(url).username);
