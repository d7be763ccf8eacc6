import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import { postgresProcesses } from './cluster-processes.js';
import type { DatabaseLog } from './log.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';
import type { Launcher } from './unprivileged.js';

/** One cluster and how its server is started. */
export type Site = {
  cluster: string;
  logFile: string;
  tag: string;
  binaries: Binaries;
  launcher: Launcher;
  settings: Record<string, string>;
  log: DatabaseLog;
};

/** A server that answers. `gone` resolves when its postmaster has ended, whoever started it. */
export type Postmaster = { pid: number; port: number; gone: Promise<void> };

/** The lines of `postmaster.pid` that matter here. */
export type PidFile = { pid: number; port: number; status: string };

/** A start that failed, with what the server wrote about it. */
export type StartFailure = Error & { portTaken: boolean; sharedMemoryInUse: boolean };

const maxLogBytes = 16 * 1024 * 1024;

/** The server's own pid file, or null when there is none (a clean stop) or it is not yet complete. */
async function readPidFile(cluster: string): Promise<PidFile | null> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return { pid, port: Number(lines[3]), status: (lines[7] ?? '').trim() };
}

/**
 * The postmaster that runs this cluster now. A pid file whose pid went to another process does not count; the
 * process shows the cluster's tag, or its path on a file system that numbers its folders anew.
 */
export async function runningPostmaster({ cluster, tag, launcher }: Site): Promise<PidFile | null> {
  const file = await readPidFile(cluster);
  if (file === null) return null;
  const found = postgresProcesses(launcher.uid).find(({ pid }) => pid === file.pid)?.command;
  return found !== undefined && (found.includes(tag) || found.includes(`-D ${cluster} `)) ? file : null;
}

/** A handle on a postmaster that is not a child of this process, or null when it just ended. */
export function handleOn({ pid, port }: PidFile): Postmaster | null {
  const identity = identityOf(pid);
  if (identity === null) return null;
  const gone = (async () => {
    while (isAlive(identity)) await sleep(200, undefined, { ref: false });
  })();
  return { pid, port, gone };
}

/**
 * Starts the server on `port` and resolves once it accepts connections; recovery after a crash may take its
 * time, so nothing ends the wait while the server lives and works. Rejects with a `StartFailure`.
 */
export async function startPostmaster(site: Site, port: number, signal?: AbortSignal): Promise<Postmaster> {
  const log = await openLog(site.logFile);
  const from = (await log.stat()).size;
  const child = site.launcher.spawn(site.binaries.postgres, serverArguments(site, port), [
    'ignore',
    log.fd,
    log.fd,
  ]);
  let ended: string | null = null;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = `ended with ${signal ?? `code ${code}`}`;
      resolve();
    });
    child.once('error', (error) => {
      ended = error.message;
      resolve();
    });
  });
  child.unref();
  await log.close();
  const { pid } = child;
  const identity = pid === undefined ? null : identityOf(pid);
  for (let waited = 0; ; waited += 10) {
    const file = await readPidFile(site.cluster);
    if (file?.pid === pid && file?.status === 'ready') break;
    if (ended !== null) throw await startFailure(site, from, ended);
    if (signal?.aborted) {
      if (identity !== null) await stopProcess(identity, { politeMs: 1_000 });
      throw new Error('the start of PostgreSQL was called off');
    }
    if (waited > 0 && waited % 10_000 === 0) site.log.info({ pid, port }, 'PostgreSQL is still starting');
    await sleep(10);
  }
  if (pid === undefined || identity === null) throw await startFailure(site, from, 'ended at once');
  return { pid, port, gone };
}

/** Stops whatever server runs the cluster, be it the one this process started or a later one. */
export async function stopServer(site: Site): Promise<void> {
  const running = await runningPostmaster(site);
  const identity = running === null ? null : identityOf(running.pid);
  if (identity !== null) await stopProcess(identity, { politeMs: 8_000 });
  await clearOrphans(site);
}

/**
 * Ends a postmaster: SIGINT (fast shutdown: transactions roll back, everything is written), after `politeMs`
 * SIGQUIT (the next start recovers), then SIGKILL. SIGCONT, because a process that was halted takes no other.
 */
export async function stopProcess(
  identity: ProcessIdentity,
  { politeMs }: { politeMs: number },
): Promise<void> {
  const steps = [
    ['SIGINT', politeMs],
    ['SIGQUIT', 3_000],
    ['SIGKILL', 3_000],
  ] as const;
  for (const [signal, waitMs] of steps) {
    if (!signalled(identity, signal)) return;
    signalled(identity, 'SIGCONT');
    if (await endedWithin([identity], waitMs)) return;
  }
  throw new Error(`the PostgreSQL process ${identity.pid} does not end, not even on SIGKILL`);
}

/**
 * Waits until no process of a dead postmaster is left: a new server cannot start, and must not, while an old
 * backend still writes to the shared memory. Idle ones leave by themselves; one deep in a query is ended.
 */
export async function clearOrphans(site: Site): Promise<void> {
  const orphans = postgresProcesses(site.launcher.uid)
    .filter(({ command }) => command.includes(site.tag))
    .flatMap(({ pid }) => identityOf(pid) ?? []);
  if (orphans.length === 0) return;
  site.log.warn(
    { pids: orphans.map(({ pid }) => pid) },
    'waiting for the processes of a PostgreSQL that was killed',
  );
  if (await endedWithin(orphans, 1_500)) return;
  for (const [signal, waitMs] of [['SIGQUIT', 1_500] as const, ['SIGKILL', 2_000] as const]) {
    orphans.forEach((orphan) => signalled(orphan, signal));
    if (await endedWithin(orphans, waitMs)) return;
  }
  throw new Error(`processes of a killed PostgreSQL do not end: ${orphans.map(({ pid }) => pid).join(', ')}`);
}

/** Removes a pid file that no server of this cluster stands behind; PostgreSQL trusts any living pid in it. */
export async function removeStalePidFile(site: Site): Promise<void> {
  if ((await runningPostmaster(site)) === null)
    await rm(join(site.cluster, 'postmaster.pid'), { force: true });
}

function serverArguments({ cluster, tag, settings }: Site, port: number): string[] {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    cluster_name: tag,
    max_connections: '100',
    shared_buffers: '128MB',
    logging_collector: 'off',
    log_destination: 'stderr',
    // The same bytes on every machine, whatever its own time zone is.
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  };
  return ['-D', cluster, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Opens the log for appending; one that grew large makes room, keeping one predecessor. */
async function openLog(file: string): Promise<Awaited<ReturnType<typeof open>>> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size > maxLogBytes) await rename(file, `${file}.1`);
  return open(file, 'a', 0o600);
}

async function startFailure(site: Site, from: number, how: string): Promise<StartFailure> {
  const said = (await readFile(site.logFile)).subarray(from).toString('utf8');
  const error = new Error(
    `PostgreSQL did not start (${how}); ${site.logFile} ends with:\n${said.slice(-2_000).trim()}`,
  );
  return Object.assign(error, {
    portTaken: /could not bind|could not create any TCP\/IP sockets/.test(said),
    sharedMemoryInUse: /pre-existing shared memory block|lock file ".*" already exists/.test(said),
  });
}

function signalled(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function endedWithin(identities: readonly ProcessIdentity[], waitMs: number): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (identities.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}
