import { join } from 'node:path';
import { makeDataDir } from './data-dir.js';
import { lockHolder, tryLock } from './process-lock.js';

export type DataDirClaim =
  | { ok: true; setUrl: (url: string) => Promise<void>; release: () => Promise<void> }
  | { ok: false; url: string; pid: number };

/**
 * Makes this process the one `serve` of a data directory, or tells which living process is that already and
 * at what URL. A claim left by a process that was killed, or by one from before a reboot, counts for nothing.
 */
export async function claimDataDir({
  dataDir,
  url,
}: {
  dataDir: string;
  url: string;
}): Promise<DataDirClaim> {
  const path = join(await makeDataDir(dataDir), 'serve.lock');
  const lock = await tryLock({ path, note: url });
  return lock.ok
    ? { ok: true, setUrl: lock.setNote, release: lock.release }
    : { ok: false, url: lock.holder.note, pid: lock.holder.pid };
}

/** The URL of the living process that serves a data directory, or undefined. */
export async function servingUrl(dataDir: string): Promise<string | undefined> {
  return (await lockHolder(join(dataDir, 'serve.lock')))?.note;
}
