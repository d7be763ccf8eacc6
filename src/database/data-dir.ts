import { chmod, mkdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';

/**
 * Makes the data directory when it is not there, for its owner alone, and returns its real path. Root's lets
 * others pass through (not list): the database server runs as another user inside.
 */
export async function makeDataDir(path: string): Promise<string> {
  const dataDir = resolve(path);
  const made = await mkdir(dataDir, { recursive: true, mode: 0o700 });
  if (made !== undefined && process.getuid?.() === 0) await chmod(dataDir, 0o711);
  return realpath(dataDir);
}
