import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderIdentity } from './folder-identity.js';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.js';

/** What a lock file holds: who has it, and a text its holder wants others to see. */
type LockHolder = ProcessIdentity & { note: string };

export type ProcessLock =
  | { ok: true; setNote: (note: string) => Promise<void>; release: () => Promise<void> }
  | { ok: false; holder: LockHolder };

/**
 * Tries once to take the lock named by `path`, for the life of this process or until `release()`.
 *
 * The lock is the file `<path>.<n>` with the highest n, created by link(2), so that it appears complete or
 * not at all. A dead holder's file is never removed to make room — two processes doing that at once can
 * remove each other's fresh file — but outnumbered by n+1, which link(2) gives to exactly one of them.
 */
export async function tryLock({ path, note }: { path: string; note: string }): Promise<ProcessLock> {
  const draft = `${path}-${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(draft, content(path, note), { mode: 0o600 });
  try {
    for (;;) {
      const top = (await generations(path)).at(-1) ?? 0;
      if (top > 0) {
        const holder = await readHolder(`${path}.${top}`);
        if (holder === 'gone') continue;
        if (holder !== null && isAlive(holder)) return { ok: false, holder };
      }
      const mine = `${path}.${top + 1}`;
      if (!(await linked(draft, mine))) continue;
      const now = await generations(path);
      if ((now.at(-1) ?? 0) > top + 1) {
        // The list was read before another process passed it: the higher number is the lock.
        await rm(mine, { force: true });
        continue;
      }
      await Promise.all(now.filter((n) => n <= top).map((n) => rm(`${path}.${n}`, { force: true })));
      return heldLock(path, mine);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Who holds the lock, without trying to take it; null when nobody living does. */
export async function lockHolder(path: string): Promise<LockHolder | null> {
  const top = (await generations(path)).at(-1) ?? 0;
  const holder = top > 0 ? await readHolder(`${path}.${top}`) : null;
  return holder !== null && holder !== 'gone' && isAlive(holder) ? holder : null;
}

/** Runs `work` under the lock, waiting up to `waitMs`, or until `signal`, for another living holder. */
export async function withLock<T>(
  { path, note, waitMs, signal }: { path: string; note: string; waitMs: number; signal?: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const lock = await tryLock({ path, note });
    if (lock.ok) {
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
    if (performance.now() > deadline) {
      throw new Error(
        `process ${lock.holder.pid} holds ${path} for more than ${waitMs} ms (${lock.holder.note})`,
      );
    }
    await sleep(25, undefined, signal === undefined ? {} : { signal });
  }
}

function heldLock(path: string, mine: string): ProcessLock {
  return {
    ok: true,
    async setNote(note) {
      const draft = `${path}-${randomBytes(6).toString('hex')}.tmp`;
      await writeFile(draft, content(path, note), { mode: 0o600 });
      await rename(draft, mine);
    },
    release: () => rm(mine, { force: true }),
  };
}

function content(path: string, note: string): string {
  return JSON.stringify({ ...ownIdentity(), folder: folderIdentity(dirname(path)), note });
}

async function generations(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

/** The holder; `gone` when the file was released meanwhile; null when it is none here: a torn text, a copy. */
async function readHolder(file: string): Promise<LockHolder | 'gone' | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone';
    throw error;
  }
  try {
    const { pid, started, note, folder } = JSON.parse(text) as Record<string, unknown>;
    // A copied folder brings the locks of processes that work in the original.
    if (folder !== folderIdentity(dirname(file))) return null;
    if (typeof pid === 'number' && typeof started === 'string' && typeof note === 'string') {
      return { pid, started, note };
    }
  } catch {
    // Not JSON: falls through to null.
  }
  return null;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
