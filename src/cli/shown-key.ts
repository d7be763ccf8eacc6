/** The API key that the command line shows, and the file that it keeps it in. */
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.js';
import { parseApiKey } from '../domain/tenancy/credential.js';
import { fail, say } from './output.js';

export interface ShownKey {
  key: string;
  /** Where it was read from, unless it was named or stands in the environment. */
  file?: string;
}

/** The key to show: named, from the environment, or the first owner's in the data directory. */
export async function keyFor(config: Config, given: string | undefined): Promise<ShownKey> {
  const known = given ?? config.cli.key ?? config.ownerKey;
  if (known) return { key: known };
  const file = join(config.dataDir, 'owner.key');
  try {
    return { key: (await readFile(file, 'utf8')).trim(), file };
  } catch {
    return fail('usage', `no API key: give --key or DRAMATIS_KEY (there is no ${file})`);
  }
}

/** Puts the new key where the shown one was read from, if the shown one is the one that was replaced. */
export async function replaceShownKey(
  shown: ShownKey,
  { keyId, by }: { keyId: string; by: string },
): Promise<void> {
  const { key, file } = shown;
  if (!file || parseApiKey(key)?.keyId !== keyId) return;
  await replaceFile(file, `${by}\n`);
  say(`${file} holds the new key now`);
}

/** A crash leaves the old content or the new, never a part; only the owner of the file reads it. */
async function replaceFile(file: string, content: string): Promise<void> {
  const next = `${file}.${randomUUID()}`;
  try {
    const handle = await open(next, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(next, file);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
}
