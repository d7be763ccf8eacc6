/**
 * Data keys: one per subject and stream, wrapped by the key-encryption key, in a database of their own.
 * Erasing is destroying rows there. Every process reads the epoch of that database all the time and forgets
 * what it holds when the epoch moves; one that cannot read it stops sealing and opening, because it could
 * not know that a key it holds is gone.
 */
import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { StoreUnavailable } from '../event-store/port.js';
import { refuse } from '../rejections.js';
import { dataKey, drawnKey, unwrapKey, wrapKey, type DataKey } from './data-key.js';
import { inBatches, type Batches } from '../in-batches.js';
import { watchEpoch, type Epoch } from './epoch.js';
import { checkKek, insertKeys, rowsAt, rowsOf, type KeyPlace, type KeyRow, type NewKey } from './key-rows.js';

/** What is left of a destroyed key: the certificate of its destruction. */
interface ErasedKey {
  erased: string;
}

export interface Keyring {
  /**
   * The key that seals a subject's values in a stream; made at first use, one for all processes. It is durable.
   * @param drawn what becomes the key where there was none; nobody else has it yet
   * @throws Rejection `subject-erased`, StoreUnavailable
   */
  keyFor(place: KeyPlace, drawn?: DataKey): Promise<DataKey>;
  /**
   * The same, if there is one: none is made.
   * @throws Rejection `subject-erased`, StoreUnavailable
   */
  keyIfAny(place: KeyPlace): Promise<DataKey | null>;
  /** Keys by id, in one look-up; an id that never existed is left out. @throws StoreUnavailable */
  keys(keyIds: readonly string[]): Promise<Map<string, DataKey | ErasedKey>>;
  /** The subjects that keys belong or belonged to, each once. @throws StoreUnavailable */
  subjectsOf(keyIds: readonly string[]): Promise<string[]>;
  close(): Promise<void>;
}

export interface KeyringOptions {
  /** On the keys database; whoever opened it closes it. */
  pool: Pool;
  /** The key-encryption key, 32 bytes. */
  kek: Buffer;
  log: Pick<Logger, 'info' | 'warn'>;
  /** How many keys are held unwrapped. */
  maxKeys?: number;
  pollMs?: number;
  /** How long a read of the epoch counts. */
  freshMs?: number;
}

interface Known {
  subjectId: string;
  key: DataKey | ErasedKey;
}

/** What a process has at hand. */
interface Held {
  pool: Pool;
  kek: Buffer;
  epoch: Epoch;
  known: LRUCache<string, Known>;
  /** Key ids by place. */
  idAt: LRUCache<string, string>;
  underWay: Map<string, Promise<DataKey>>;
  /** Makes keys, many in one call. */
  making: Batches<NewKey, boolean>;
}

/** Keys that are made by one call. */
const mostAtOnce = 256;

/**
 * Opens the keyring of a keys database.
 * @throws Error when the key-encryption key is not this database's, StoreUnavailable
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const { pool, kek, log, maxKeys = 20_000, pollMs = 500, freshMs = 2_000 } = options;
  await checkKek(pool, kek);
  const known = new LRUCache<string, Known>({ max: maxKeys });
  const idAt = new LRUCache<string, string>({ max: maxKeys });
  const underWay = new Map<string, Promise<DataKey>>();
  const forget = (): void => [known, idAt, underWay].forEach((cache) => cache.clear());
  const epoch = await watchEpoch({ pool, log, pollMs, freshMs, onMove: forget });
  const making = inBatches(mostAtOnce, (keys: readonly NewKey[]) => insertKeys(pool, keys));
  const held: Held = { pool, kek, epoch, known, idAt, underWay, making };
  return {
    keyFor: (place, drawn) => keyFor(held, place, drawn),
    keyIfAny: (place) => keyIfAny(held, place),
    async keys(keyIds) {
      const found = [...(await lookUp(held, keyIds))];
      return new Map(found.map(([keyId, { key }]) => [keyId, key]));
    },
    async subjectsOf(keyIds) {
      const found = [...(await lookUp(held, keyIds)).values()];
      return [...new Set(found.map(({ subjectId }) => subjectId))].sort();
    },
    async close() {
      await making.close(new StoreUnavailable('The keyring is closed.'));
      await epoch.close();
    },
  };
}

const nameOf = ({ tenantId, subjectId, scope }: KeyPlace): string =>
  JSON.stringify([tenantId, subjectId, scope]);

async function keyIfAny(held: Held, place: KeyPlace): Promise<DataKey | null> {
  const { pool, epoch, known, idAt } = held;
  await epoch.assertFresh();
  const there = known.get(idAt.get(nameOf(place)) ?? '');
  if (there) return usable(there);
  const readAt = epoch.value();
  return held.underWay.get(nameOf(place)) ?? heldFrom(held, place, readAt, await rowsAt(pool, place));
}

async function keyFor(held: Held, place: KeyPlace, drawn?: DataKey): Promise<DataKey> {
  const { epoch, known, idAt, underWay } = held;
  await epoch.assertFresh();
  const name = nameOf(place);
  const there = known.get(idAt.get(name) ?? '');
  if (there) return usable(there);
  const obtaining = underWay.get(name) ?? (drawn ? made(held, place, drawn) : obtain(held, place));
  underWay.set(name, obtaining);
  try {
    return await obtaining;
  } finally {
    if (underWay.get(name) === obtaining) underWay.delete(name);
  }
}

async function obtain(held: Held, place: KeyPlace): Promise<DataKey> {
  const readAt = held.epoch.value();
  const there = heldFrom(held, place, readAt, await rowsAt(held.pool, place));
  return there ?? made(held, place, drawnKey());
}

/** Makes this the key of a place. Another process may have been first: what is there then counts. */
async function made(held: Held, place: KeyPlace, drawn: DataKey): Promise<DataKey> {
  const { pool, kek, epoch, known, idAt, making } = held;
  const readAt = epoch.value();
  const { keyId, cipherKey } = drawn;
  const isKey = await making.ask({ place, keyId, wrapped: wrapKey(kek, keyId, cipherKey.export()) });
  if (isKey) {
    // Destroyed in the meantime, it may be usable in no process.
    if (epoch.value() === readAt) {
      known.set(keyId, { subjectId: place.subjectId, key: drawn });
      idAt.set(nameOf(place), keyId);
    }
    return drawn;
  }
  const key = heldFrom(held, place, readAt, await rowsAt(pool, place));
  if (!key) throw new StoreUnavailable('a data key vanished while it was made');
  return key;
}

/** The key in the rows of a place, at hand from now on; null where there is none. */
function heldFrom(held: Held, place: KeyPlace, readAt: string, rows: KeyRow[]): DataKey | null {
  if (rows.some(({ wrapped }) => !wrapped)) return refuse('subject-erased');
  const [entry] = keep(held, readAt, rows).values();
  if (!entry) return null;
  const key = usable(entry);
  if (held.epoch.value() === readAt) held.idAt.set(nameOf(place), key.keyId);
  return key;
}

async function lookUp(held: Held, keyIds: readonly string[]): Promise<Map<string, Known>> {
  const { pool, epoch, known } = held;
  await epoch.assertFresh();
  const readAt = epoch.value();
  const found = new Map<string, Known>();
  const missing = new Set<string>();
  for (const keyId of keyIds) {
    const there = known.get(keyId);
    if (there) found.set(keyId, there);
    else missing.add(keyId);
  }
  if (missing.size === 0) return found;
  return new Map([...found, ...keep(held, readAt, await rowsOf(pool, [...missing]))]);
}

/** Unwraps rows. What was read before the epoch moved is answered but not kept: it may be gone by now. */
function keep({ kek, epoch, known }: Held, readAt: string, rows: KeyRow[]): Map<string, Known> {
  const found = new Map(rows.map((row) => [row.key_id, understood(kek, row)]));
  if (epoch.value() === readAt) for (const [keyId, entry] of found) known.set(keyId, entry);
  return found;
}

function understood(kek: Buffer, row: KeyRow): Known {
  const { key_id: keyId, subject_id: subjectId, wrapped, certificate_id: certificateId } = row;
  if (!wrapped) return { subjectId, key: { erased: certificateId! } };
  return { subjectId, key: dataKey(keyId, unwrapKey(kek, keyId, wrapped)) };
}

const usable = ({ key }: Known): DataKey => ('erased' in key ? refuse('subject-erased') : key);
