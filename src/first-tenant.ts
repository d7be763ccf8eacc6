import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { EventStore } from './commands/event-store/port.js';
import type { Handle } from './commands/receipt.js';
import type { Config } from './config.js';
import { Rejection, streamName } from './domain/kernel.js';
import { parseApiKey } from './domain/tenancy/credential.js';
import { homeTenant } from './domain/tenancy/permissions.js';
import { tenant } from './domain/tenancy/tenant.js';

/**
 * Makes tenant `default` and its owner on an empty database.
 *
 * The key is on disk before the tenant is in the log: a crash in between leaves a key that the next start
 * uses, never a tenant whose key nobody has. Of two processes that start at once, one makes the tenant; the
 * other takes back the key that it had drawn.
 * @returns the file that holds the owner's key, where there is one
 */
export async function ensureFirstTenant(deps: {
  config: Config;
  handle: Handle;
  store: EventStore;
  log: Logger;
}): Promise<string | undefined> {
  const { config, handle, store, log } = deps;
  const file = join(config.dataDir, 'owner.key');
  // Whether it is there is all that counts here: an event that cannot be read must not hinder a start.
  const stream = streamName(tenant.name, homeTenant, homeTenant);
  if ((await store.readStream('record', stream, 0, 1)).length > 0)
    return (await contentOf(file)) === undefined ? undefined : file;
  const { key, isDrawn } = config.ownerKey
    ? { key: config.ownerKey, isDrawn: false }
    : await keptKey(config.dataDir, file);
  const parsed = parseApiKey(key);
  if (!parsed) throw new Error(`${file} does not hold an API key; remove it to have a new one drawn`);
  if (parsed.secret.length < 16) log.warn('the first owner’s key has a short secret; rotate it');
  const genesis = {
    tenantId: homeTenant,
    kind: 'service',
    id: 'dramatis',
    roles: ['owner'],
    teams: [],
  } as const;
  try {
    await handle(
      { ...genesis, roles: [...genesis.roles] },
      {
        operationId: 'createTenant',
        input: { name: 'Default', tenantId: homeTenant, ownerId: 'owner' },
        correlationId: uuidv7(),
        secret: { id: parsed.keyId, value: parsed.secret },
      },
    );
  } catch (error) {
    if (!(error instanceof Rejection) || error.code !== 'tenant-exists') throw error;
    if (isDrawn) await rm(file, { force: true });
    return undefined;
  }
  return config.ownerKey ? undefined : file;
}

/** The key in the file, or a new one put there, readable by its owner only. */
async function keptKey(dataDir: string, file: string): Promise<{ key: string; isDrawn: boolean }> {
  const kept = await contentOf(file);
  if (kept !== undefined) return { key: kept, isDrawn: false };
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const key = `dk_${homeTenant}.${randomBytes(8).toString('hex')}_${randomBytes(32).toString('hex')}`;
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${key}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { key, isDrawn: true };
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
