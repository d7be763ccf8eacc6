import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.js';
import { syncFolder } from './credentials.js';
import type { DatabaseLog } from './log.js';
import type { Launcher } from './unprivileged.js';

const draftPrefix = 'postgres.init-';

/** Where the cluster of a data directory is, and whether it is there. */
export async function findCluster(dataDir: string): Promise<{ cluster: string; exists: boolean }> {
  const cluster = join(dataDir, 'postgres');
  const exists = await stat(join(cluster, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  return { cluster, exists };
}

/**
 * Makes the cluster: initdb works in a folder beside it, which takes its name only when complete, so an
 * initdb killed half-way leaves nothing that a later start could mistake for a database.
 */
export async function makeCluster({
  dataDir,
  cluster,
  binaries,
  launcher,
  superuserPassword,
  durable,
}: {
  dataDir: string;
  cluster: string;
  binaries: Binaries;
  launcher: Launcher;
  superuserPassword: string;
  /** Whether initdb waits for the disk. */
  durable: boolean;
}): Promise<void> {
  const draft = await mkdtemp(join(dataDir, draftPrefix));
  const passwordFile = join(draft, 'password');
  await writeFile(passwordFile, `${superuserPassword}\n`, { mode: 0o600 });
  await launcher.handOver(passwordFile);
  await launcher.handOver(draft);
  await initdb(launcher, binaries, [
    `--pgdata=${join(draft, 'data')}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The collation that PostgreSQL carries itself: the same order on every machine, for ever.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    ...(durable ? [] : ['--no-sync']),
  ]);
  await rename(join(draft, 'data'), cluster).catch((cause: unknown) => {
    throw new Error(`${cluster} exists, is not empty and holds no database: move it away`, { cause });
  });
  await syncFolder(dataDir);
  await rm(draft, { recursive: true, force: true });
}

function initdb(launcher: Launcher, binaries: Binaries, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = launcher.spawn(binaries.initdb, args, ['ignore', 'pipe', 'pipe']);
    let said = '';
    const keep = (chunk: Buffer): void => {
      said = (said + chunk.toString('utf8')).slice(-4_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', (cause) =>
      reject(new Error(`cannot run ${binaries.initdb}: ${cause.message}`, { cause })),
    );
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`initdb ended with ${signal ?? `code ${code}`}:\n${said.trim()}`));
    });
  });
}

/**
 * Removes what killed starts left behind. An initdb may still be writing there: then it stays once more.
 * Call it under the start lock.
 */
export async function removeDrafts(dataDir: string, log: DatabaseLog): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(draftPrefix)) continue;
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 2 }).catch((error: Error) =>
      log.warn({ error: error.message }, 'could not remove what an interrupted first start left'),
    );
  }
}
