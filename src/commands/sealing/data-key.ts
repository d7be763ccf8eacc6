/** The cryptography of sealed values: AES-256-GCM, HMAC-SHA256 and HKDF-SHA256, all of them node:crypto's. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { canonicalText } from '../../domain/canonical-text.js';
import type { Sealed } from '../../domain/sealed.js';

/** An unwrapped data key. Key objects, unlike buffers, show nothing when they are logged. */
export interface DataKey {
  keyId: string;
  /** Seals and opens. */
  cipherKey: KeyObject;
  /** Makes `eq`. */
  equalityKey: KeyObject;
}

const ivBytes = 12;
const tagBytes = 16;

/** 32 bytes that depend on the secret and the purpose only (RFC 5869). */
const derived = (secret: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `dramatis:${purpose}`, 32));

/** A data key from its 32 secret bytes. */
export const dataKey = (keyId: string, secret: Buffer): DataKey => ({
  keyId,
  cipherKey: createSecretKey(secret),
  equalityKey: createSecretKey(derived(secret, 'eq')),
});

/** A data key that nobody has yet. */
export const drawnKey = (): DataKey => dataKey(uuidv7(), randomBytes(32));

/** What tells a key-encryption key from another without telling the key. */
export const kekDigest = (kek: Buffer): Buffer => derived(kek, 'kek-check');

function encrypt(key: KeyObject, associated: string, plaintext: Buffer): { iv: Buffer; ct: Buffer } {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(associated, 'utf8'));
  return { iv, ct: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]) };
}

function decrypt(key: KeyObject, associated: string, iv: Buffer, ct: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(associated, 'utf8'));
  decipher.setAuthTag(ct.subarray(-tagBytes));
  return Buffer.concat([decipher.update(ct.subarray(0, -tagBytes)), decipher.final()]);
}

/** A data key's secret as the keys database holds it: iv, ciphertext, tag, bound to the key's id. */
export function wrapKey(kek: Buffer, keyId: string, secret: Buffer): Buffer {
  const { iv, ct } = encrypt(createSecretKey(kek), keyId, secret);
  return Buffer.concat([iv, ct]);
}

/** @throws Error when the key-encryption key or the id is not the one it was wrapped with */
export function unwrapKey(kek: Buffer, keyId: string, wrapped: Buffer): Buffer {
  try {
    return decrypt(createSecretKey(kek), keyId, wrapped.subarray(0, ivBytes), wrapped.subarray(ivBytes));
  } catch (cause) {
    throw new Error(`the data key ${keyId} cannot be unwrapped`, { cause });
  }
}

/**
 * Seals a JSON value for one place: ciphertext that is moved to another place does not open.
 * @param at command id and JSON pointer into the command's input
 */
export function sealValue(key: DataKey, at: string, value: unknown): Sealed {
  if (value === undefined) throw new Error(`the personal value at ${at} has no JSON`);
  const plaintext = Buffer.from(canonicalText(value), 'utf8');
  const { iv, ct } = encrypt(key.cipherKey, at, plaintext);
  const eq = createHmac('sha256', key.equalityKey).update(plaintext).digest('base64url');
  return {
    $sealed: { key: key.keyId, iv: iv.toString('base64url'), ct: ct.toString('base64url'), eq, at },
  };
}

/** @throws Error that names `at`, and nothing else of it, when the value is not what was sealed there */
export function openValue(key: DataKey, { $sealed: { iv, ct, at } }: Sealed): unknown {
  let plaintext: Buffer;
  try {
    plaintext = decrypt(key.cipherKey, at, Buffer.from(iv, 'base64url'), Buffer.from(ct, 'base64url'));
  } catch (cause) {
    throw new Error(`the sealed value at ${at} does not authenticate`, { cause });
  }
  return JSON.parse(plaintext.toString('utf8'));
}
