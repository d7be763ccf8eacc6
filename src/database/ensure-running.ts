import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from './client.js';
import { freePort, isFree, saveCredentials, urlsOf, type Credentials } from './credentials.js';
import {
  clearOrphans,
  handleOn,
  removeStalePidFile,
  runningPostmaster,
  startPostmaster,
  stopProcess,
  type PidFile,
  type Postmaster,
  type Site,
  type StartFailure,
} from './postmaster.js';
import { identityOf } from './process-identity.js';

export type Running = { postmaster: Postmaster; credentials: Credentials; adopted: boolean };

type Wanted = {
  site: Site;
  credentials: Credentials;
  dataDir: string;
  /** Whether another port may be taken when the saved one is not free; not while pools know the old one. */
  portMayChange: boolean;
  /** Ends a start that is under way, its server included. */
  signal?: AbortSignal;
};

const startTries = 8;

/**
 * Brings the cluster to one living server: the one that runs already, if it answers with our password, else
 * a new one after everything left of the old one is gone. Call it under the start lock.
 */
export async function ensureRunning(wanted: Wanted): Promise<Running> {
  const adopted = await adoptRunning(wanted);
  if (adopted !== null) return adopted;
  let { credentials } = wanted;
  for (let attempt = 1; ; attempt += 1) {
    await clearOrphans(wanted.site);
    await removeStalePidFile(wanted.site);
    if (wanted.portMayChange && !(await isFree(credentials.port))) {
      credentials = await onPort(wanted.dataDir, credentials, await freePort());
    }
    try {
      const postmaster = await startPostmaster(wanted.site, credentials.port, wanted.signal);
      return { postmaster, credentials, adopted: false };
    } catch (error) {
      const { portTaken, sharedMemoryInUse } = error as StartFailure;
      const passing = sharedMemoryInUse || (portTaken && wanted.portMayChange);
      if (!passing || attempt === startTries) throw error;
      await sleep(250);
    }
  }
}

/** The server that runs in the cluster, when it answers; one that does not is stopped, and the answer is null. */
async function adoptRunning({ site, credentials, dataDir }: Wanted): Promise<Running | null> {
  const found = await answering(site, credentials);
  const postmaster = found === null ? null : handleOn(found);
  if (found !== null && postmaster !== null) {
    const itsCredentials = { ...credentials, port: found.port };
    if (found.port !== credentials.port) await saveCredentials(dataDir, itsCredentials);
    site.log.info({ pid: found.pid, port: found.port }, 'taking over the PostgreSQL that runs here');
    return { postmaster, credentials: itsCredentials, adopted: true };
  }
  const mute = await runningPostmaster(site);
  const identity = mute === null ? null : identityOf(mute.pid);
  if (mute !== null && identity !== null) {
    site.log.warn({ pid: mute.pid }, 'a PostgreSQL runs here that does not answer: stopping it');
    await stopProcess(identity, { politeMs: mute.status === 'stopping' ? 8_000 : 3_000 });
  }
  return null;
}

/**
 * The running server, once it takes our password and answers a query within 4 s; null when it does not.
 * SCRAM proves both sides: another server on the same port does not know the password and fails too. One that
 * recovers from a crash gets a minute.
 */
async function answering(site: Site, credentials: Credentials): Promise<PidFile | null> {
  const started = performance.now();
  for (;;) {
    const file = await runningPostmaster(site);
    if (file === null || file.status === 'stopping') return null;
    const patienceMs = file.status === 'starting' ? 60_000 : 4_000;
    if (performance.now() - started > patienceMs) return null;
    try {
      const { superuser } = urlsOf({ ...credentials, port: file.port });
      const impatient = { applicationName: 'dramatis-start', timeoutMs: 1_000, queryTimeoutMs: 1_000 };
      await withClient({ url: superuser, ...impatient }, (client) => client.query('SELECT 1'));
      return file;
    } catch {
      // Not yet, or not ever: the clock decides.
      await sleep(100);
    }
  }
}

async function onPort(dataDir: string, credentials: Credentials, port: number): Promise<Credentials> {
  const moved = { ...credentials, port };
  await saveCredentials(dataDir, moved);
  return moved;
}
