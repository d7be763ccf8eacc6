import { join } from 'node:path';
import { attach, type Attachment } from './attachments.js';
import { embeddedBinaries } from './binaries.js';
import { clusterTag } from './cluster-processes.js';
import { findCluster, makeCluster, removeDrafts } from './cluster.js';
import { readOrMakeCredentials, urlsOf, type Credentials, type EmbeddedUrls } from './credentials.js';
import { ensureRunning, type Running } from './ensure-running.js';
import { makeDataDir } from './data-dir.js';
import type { DatabaseLog } from './log.js';
import { stopServer, type Site } from './postmaster.js';
import { withLock } from './process-lock.js';
import { ensureRolesAndDatabases } from './roles.js';
import { supervise, type ServerState } from './supervisor.js';
import { launcherFor } from './unprivileged.js';

export type EmbeddedOptions = {
  /** The data directory, `.dramatis` by default; the cluster is `postgres` in it. */
  dataDir: string;
  log: DatabaseLog;
  /** Server settings beyond the defaults, for throw-away test servers alone (`fsync: 'off'`). */
  settings?: Record<string, string>;
};

/** A running embedded PostgreSQL. The port, and with it the URLs, stay the same over its restarts. */
export type Embedded = {
  readonly port: number;
  readonly urls: EmbeddedUrls;
  /** Whether the server was running already (left by a killed process, or shared with a living one). */
  readonly adopted: boolean;
  /** The postmaster's pid; another one after a restart. */
  readonly pid: number;
  readonly state: ServerState;
  /** Calls `listener` at each change of state; returns the function that ends that. */
  onState: (listener: (state: ServerState) => void) => () => void;
  /** Stops the server, unless another living process still uses it. Can be called twice. */
  stop: () => Promise<void>;
};

type Given = Required<EmbeddedOptions>;

// Another process may be making the database, or recovering it from a crash.
const startLockWaitMs = 120_000;
// A stop cannot wait that long; then the other process has the server and its stop.
const stopLockWaitMs = 10_000;

/**
 * Starts the PostgreSQL of a data directory, or takes over the one that runs there, and keeps it running:
 * a server that dies is started again on the same port until `stop()`.
 *
 * Rejects with an explanation when this user, this system or this directory does not allow it.
 */
export function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  return open({ ...options, restarts: true });
}

/**
 * The same for a command that passes by: uses the running server, or starts one for itself. A server that
 * dies is not started again here; that is up to the process that serves.
 */
export function attachEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  return open({ ...options, restarts: false });
}

async function open({
  dataDir: given,
  log,
  settings = {},
  restarts,
}: EmbeddedOptions & { restarts: boolean }): Promise<Embedded> {
  if (process.platform === 'win32') {
    throw new Error('the embedded PostgreSQL does not run on Windows: use WSL, or set DRAMATIS_DATABASE_URL');
  }
  const dataDir = await makeDataDir(given);
  const lock = {
    path: join(dataDir, 'start.lock'),
    note: 'starting or stopping PostgreSQL',
    waitMs: startLockWaitMs,
  };
  const started = await withLock(lock, () => bringUp({ dataDir, log, settings }));
  const { site, credentials, attachment } = started;
  const supervisor = supervise({
    first: started.postmaster,
    log,
    restart: restarts
      ? (signal) =>
          withLock({ ...lock, signal }, async () => {
            const running = await ensureRunning({ site, credentials, dataDir, portMayChange: false, signal });
            return running.postmaster;
          })
      : null,
  });
  const stop = async (): Promise<void> => {
    await supervisor.end();
    await withLock({ ...lock, waitMs: stopLockWaitMs }, async () => {
      const { last } = await attachment.leave();
      if (last) await stopServer(site);
      else log.info({ pid: supervisor.current().pid }, 'leaving PostgreSQL to another process that uses it');
    });
  };
  let stopped: Promise<void> | undefined;
  return {
    port: credentials.port,
    urls: urlsOf(credentials),
    adopted: started.adopted,
    get pid() {
      return supervisor.current().pid;
    },
    get state() {
      return supervisor.state();
    },
    onState: supervisor.onState,
    stop: () => (stopped ??= stop()),
  };
}

/** From whatever is on disk to a server that answers, with its roles and databases. Under the start lock. */
async function bringUp(options: Given): Promise<Running & { site: Site; attachment: Attachment }> {
  const { dataDir } = options;
  const prepared = await prepare(options);
  const attachment = await attach(dataDir);
  try {
    const running = await ensureRunning({ ...prepared, dataDir, portMayChange: attachment.first });
    await ensureRolesAndDatabases(urlsOf(running.credentials), running.credentials.passwords);
    return { ...running, site: prepared.site, attachment };
  } catch (error) {
    const { last } = await attachment.leave();
    if (last) await stopServer(prepared.site);
    throw error;
  }
}

/** Everything a start needs on disk: programs, user, passwords, cluster. */
async function prepare({ dataDir, log, settings }: Given): Promise<{ site: Site; credentials: Credentials }> {
  await removeDrafts(dataDir, log);
  const { cluster, exists } = await findCluster(dataDir);
  const binaries = await embeddedBinaries();
  const launcher = await launcherFor({ binaries, dataDir, cluster });
  const credentials = await readOrMakeCredentials(dataDir, exists);
  if (!exists) {
    log.info({ dataDir }, 'making a new database');
    const superuserPassword = credentials.passwords.superuser;
    const durable = settings['fsync'] !== 'off';
    await makeCluster({ dataDir, cluster, binaries, launcher, superuserPassword, durable });
  }
  const logFile = join(dataDir, 'postgres.log');
  return {
    site: { cluster, logFile, tag: clusterTag(cluster), binaries, launcher, settings, log },
    credentials,
  };
}
