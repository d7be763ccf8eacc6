import { statSync } from 'node:fs';

/** Tells a folder from a copy of it: stays when it is moved within its file system. */
export function folderIdentity(folder: string): string {
  const { dev, ino } = statSync(folder);
  return `${dev}:${ino}`;
}
