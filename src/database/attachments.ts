import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderIdentity } from './folder-identity.js';
import { isAlive, ownIdentity } from './process-identity.js';

export type Attachment = {
  /** Whether no other living process used the server when this one came. */
  first: boolean;
  /** Ends the use; `last` when no other is left. */
  leave(): Promise<{ last: boolean }>;
};

/**
 * Notes that this process uses the server of the data directory. Whoever leaves last stops the server, so
 * each has to ask on leaving. Call both functions under the start lock.
 */
export async function attach(dataDir: string): Promise<Attachment> {
  const folder = join(dataDir, 'attached');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const first = (await living(folder)) === 0;
  const own = `${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(join(folder, own), JSON.stringify({ ...ownIdentity(), folder: folderIdentity(folder) }), {
    mode: 0o600,
  });
  return {
    first,
    async leave() {
      await rm(join(folder, own), { force: true });
      return { last: (await living(folder)) === 0 };
    },
  };
}

/** How many living uses there are; what dead processes left is removed. */
async function living(folder: string): Promise<number> {
  let count = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name);
    if (await isLiving(folder, file)) count += 1;
    else await rm(file, { force: true });
  }
  return count;
}

async function isLiving(folder: string, file: string): Promise<boolean> {
  try {
    const noted = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    // A copied data directory brings notes of processes that use the original.
    if (noted['folder'] !== folderIdentity(folder)) return false;
    const { pid, started } = noted;
    return typeof pid === 'number' && typeof started === 'string' && isAlive({ pid, started });
  } catch {
    return false;
  }
}
