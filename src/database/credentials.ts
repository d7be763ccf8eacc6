import { randomBytes, randomInt } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const password = z.string().min(16);
const credentials = z.object({
  port: z.int().min(1024).max(65535),
  passwords: z.object({ superuser: password, owner: password, app: password, keys: password }),
});

/** The content of `embedded.json`: the port kept across starts and the passwords of the four roles. */
export type Credentials = z.output<typeof credentials>;

/** Connection strings of an embedded server, one per role; `superuser` leads to database `postgres`. */
export type EmbeddedUrls = { owner: string; app: string; keys: string; superuser: string };

/** The saved credentials of a data directory, or new ones, on disk before anything uses them. */
export async function readOrMakeCredentials(dataDir: string, hasCluster: boolean): Promise<Credentials> {
  const file = join(dataDir, 'embedded.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text !== null) {
    try {
      return credentials.parse(JSON.parse(text));
    } catch (cause) {
      throw new Error(`${file} is damaged: restore it from a backup of the data directory`, { cause });
    }
  }
  if (hasCluster) {
    throw new Error(
      `${file} is missing, but ${dataDir} holds a database that it opens: restore it from a backup`,
    );
  }
  const secret = (): string => randomBytes(24).toString('base64url');
  const made: Credentials = {
    port: await freePort(),
    passwords: { superuser: secret(), owner: secret(), app: secret(), keys: secret() },
  };
  await saveCredentials(dataDir, made);
  return made;
}

/** Replaces `embedded.json` (0600) in one step that survives a power cut. */
export async function saveCredentials(dataDir: string, value: Credentials): Promise<void> {
  const file = join(dataDir, 'embedded.json');
  const draft = await open(`${file}.tmp`, 'w', 0o600);
  try {
    await draft.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${file}.tmp`, file);
  await syncFolder(dirname(file));
}

/** Makes a rename inside `folder` durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Connection strings for these credentials. */
export function urlsOf({ port, passwords }: Credentials): EmbeddedUrls {
  const url = (role: string, secret: string, database: string): string =>
    `postgresql://${role}:${secret}@127.0.0.1:${port}/${database}`;
  return {
    owner: url('dramatis_owner', passwords.owner, 'dramatis'),
    app: url('dramatis_app', passwords.app, 'dramatis'),
    keys: url('dramatis_keys', passwords.keys, 'dramatis_keys'),
    superuser: url('postgres', passwords.superuser, 'postgres'),
  };
}

/**
 * A loopback port nobody listens on. Drawn below the ranges from which systems take ports for outgoing
 * connections, because it is kept for years and must be free at each start.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
  throw new Error('found no free port between 20000 and 30000');
}

/** Whether a server could listen on this loopback port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
