import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { withClient } from '../../src/database/client.js';
import { findCluster } from '../../src/database/cluster.js';
import { attachEmbedded, startEmbedded, type Embedded } from '../../src/database/embedded.js';
import type { EmbeddedUrls } from '../../src/database/credentials.js';
import { migrate } from '../../src/database/migrate.js';
import { identityOf, ownIdentity, type ProcessIdentity } from '../../src/database/process-identity.js';
import { appRole, ensureDatabase, keysRole, ownerRole } from '../../src/database/roles.js';

/** The throw-away server of one test run, as `inject('postgres')` gives it to the specs. */
export type TestPostgres = {
  urls: EmbeddedUrls;
  templates: { record: string; keys: string };
  /** Why the templates could not be migrated, or null. */
  problem: string | null;
};

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: TestPostgres;
  }
}

const templates = { record: 'template_record', keys: 'template_keys' };
const prefix = 'dramatis-test-';
const silent = { info() {}, warn() {}, error: console.error };
// Nothing here has to survive a power cut.
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '512MB' };

/**
 * Starts one PostgreSQL for the run, with a migrated pair of template databases, and stops it at the end.
 * Specs that need a real crash start servers of their own.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers();
  const dataDir = ownedPath();
  const server = await startEmbedded({ dataDir, log: silent, settings });
  const problem = await makeTemplates(server).then(
    () => null,
    (error: Error) => error.message,
  );
  if (problem !== null) console.error(`the template databases could not be migrated: ${problem}`);
  project.provide('postgres', { urls: server.urls, templates, problem });
  return async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}

async function makeTemplates({ urls }: Embedded): Promise<void> {
  await withClient({ url: urls.superuser, applicationName: 'test' }, async (client) => {
    await ensureDatabase(client, { name: templates.record, owner: ownerRole, users: [appRole] });
    await ensureDatabase(client, { name: templates.keys, owner: keysRole, users: [] });
  });
  const infra = resolve(import.meta.dirname, '../../infra');
  const ownerUrl = inDatabase(urls.owner, templates.record);
  await migrate({ ownerUrl, appRole, dir: join(infra, 'migrations'), log: silent });
  const keysUrl = inDatabase(urls.keys, templates.keys);
  await migrate({ ownerUrl: keysUrl, appRole: keysRole, dir: join(infra, 'migrations-keys'), log: silent });
}

/** The same role in another database of the same server. */
export function inDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

/**
 * A path for a temporary folder that names its process, by pid and start, so that a later run can tell what
 * a killed one left behind.
 */
export function ownedPath(): string {
  return join(tmpdir(), `${prefix}${nameOf(ownIdentity())}`);
}

function nameOf({ pid, started }: ProcessIdentity): string {
  return `${pid}.${createHash('sha256').update(started).digest('hex').slice(0, 12)}`;
}

/** Ends the servers of runs that were killed before they could, and removes their folders. */
async function removeLeftovers(): Promise<void> {
  const log = { ...silent, error() {} };
  for (const name of readdirSync(tmpdir()).filter((found) => found.startsWith(prefix))) {
    const owner = /^\d+\.[0-9a-f]+/.exec(name.slice(prefix.length))?.[0];
    const now = identityOf(Number.parseInt(owner ?? '', 10));
    if (owner === undefined || (now !== null && nameOf(now) === owner)) continue;
    const folder = join(tmpdir(), name);
    try {
      for (const dataDir of [folder, join(folder, 'data')]) {
        if ((await findCluster(dataDir)).exists) await (await attachEmbedded({ dataDir, log })).stop();
      }
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another user's, or another run removes it now, or not complete enough to run.
    }
  }
}
