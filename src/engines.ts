/**
 * The write engine over an installation's databases: what serves and what passes by (rebuild, parked) share.
 * Tests build the same with a memory store.
 */
import { hkdfSync } from 'node:crypto';
import { join } from 'node:path';
import type pg from 'pg';
import type { Logger } from 'pino';
import { openCodec, type Codec } from './commands/codec.js';
import { openCounters } from './commands/counters.js';
import type { EventStore } from './commands/event-store/port.js';
import { openPostgresStore } from './commands/event-store/postgres.js';
import { openPipeline } from './commands/handle.js';
import type { Handle } from './commands/receipt.js';
import { modules } from './commands/registry.js';
import { loadKek } from './commands/sealing/kek.js';
import { openKeyring, type Keyring } from './commands/sealing/keyring.js';
import { openStates, type States } from './commands/states.js';
import type { Config } from './config.js';
import type { Installation } from './database/installation.js';
import { openPool } from './database/pool.js';
import { allowed } from './domain/tenancy/permissions.js';

export interface Engines {
  /** Of the read models. */
  pool: pg.Pool;
  /** Of those who ask: a database that does not answer them soon is told as such. */
  queryPool: pg.Pool;
  keysPool: pg.Pool;
  store: EventStore;
  codec: Codec;
  states: States;
  keyring: Keyring;
  handle: Handle;
  /** Signs cursors and keys fingerprints: derived, so every process of an installation has the same. */
  instanceKey: Buffer;
  close(): Promise<void>;
}

/**
 * Connections of one process: a default PostgreSQL allows 100, and several processes share it. The store has
 * its own, so that long exports never keep the read models waiting; it also counts its own timeouts, since
 * `pg` does not stop its query timer at the end of a COPY.
 */
const connections = { store: 10, readModels: 8, queries: 6, keys: 4 };

/** Opens store, keyring and pipeline. @throws when a database is not there or the KEK is not its own */
export async function openEngines(config: Config, installation: Installation, log: Logger): Promise<Engines> {
  const file = join(config.dataDir, 'kek');
  const value = config.database?.kek ?? config.kek;
  const kek = await loadKek(value === undefined ? { file } : { value });
  const instanceKey = Buffer.from(hkdfSync('sha256', kek, Buffer.alloc(0), 'instance', 32));
  const storePool = openPool({
    url: installation.appUrl,
    max: connections.store,
    applicationName: 'dramatis-store',
    log,
  });
  const pool = openPool({
    url: installation.appUrl,
    max: connections.readModels,
    applicationName: 'dramatis',
    queryTimeoutMs: 30_000,
    log,
  });
  const queryPool = openPool({
    url: installation.appUrl,
    max: connections.queries,
    applicationName: 'dramatis-queries',
    queryTimeoutMs: 5_000,
    log,
  });
  const keysPool = openPool({
    url: installation.keysUrl,
    max: connections.keys,
    applicationName: 'dramatis-keys',
    queryTimeoutMs: 10_000,
    log,
  });
  const closing: (() => Promise<unknown>)[] = [storePool, pool, queryPool, keysPool].map(
    (one) => () => one.end(),
  );
  const close = async (): Promise<void> => {
    for (const end of closing.reverse()) await end();
  };
  try {
    const keyring = await openKeyring({ pool: keysPool, kek, log });
    closing.push(() => keyring.close());
    const store = await openPostgresStore({ pool: storePool, log });
    closing.push(() => store.close());
    const codec = openCodec(modules);
    const states = openStates({ store, codec });
    const counters = openCounters({ pool: storePool, log });
    closing.push(() => counters.close());
    const handle = openPipeline({ store, codec, states, keyring, counters, modules, allowed, instanceKey });
    return { pool, queryPool, keysPool, store, codec, states, keyring, handle, instanceKey, close };
  } catch (error) {
    await close();
    throw error;
  }
}
