import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import {
  dataKey,
  kekDigest,
  openValue,
  sealValue,
  unwrapKey,
  wrapKey,
} from '../../../src/commands/sealing/data-key.js';

const kek = Buffer.alloc(32, 7);
const secret = Buffer.alloc(32, 9);
const key = dataKey('key-1', secret);

it('wraps a key for its own id under its own key-encryption key', () => {
  const wrapped = wrapKey(kek, 'key-1', secret);
  expect(unwrapKey(kek, 'key-1', wrapped)).toEqual(secret);
  expect(wrapped.includes(secret)).toBe(false);
  expect(() => unwrapKey(kek, 'key-2', wrapped)).toThrow('the data key key-2 cannot be unwrapped');
  expect(() => unwrapKey(Buffer.alloc(32, 8), 'key-1', wrapped)).toThrow('cannot be unwrapped');
  expect(() => unwrapKey(kek, 'key-1', wrapped.subarray(0, 20))).toThrow('cannot be unwrapped');
});

it('makes parts in base64url: 12 bytes of iv, a tag behind the ciphertext, 32 bytes of eq', () => {
  const { $sealed } = sealValue(key, 'c1/a', 'ä');
  expect($sealed).toMatchObject({ key: 'key-1', at: 'c1/a' });
  const bytes = (text: string): number => Buffer.from(text, 'base64url').length;
  expect([bytes($sealed.iv), bytes($sealed.ct), bytes($sealed.eq)]).toEqual([12, '"ä"'.length + 1 + 16, 32]);
  expect(`${$sealed.iv}${$sealed.ct}${$sealed.eq}`).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(openValue(key, { $sealed })).toBe('ä');
});

it('seals canonical JSON: the order of members does not matter', () => {
  const [one, other] = [sealValue(key, 'c1/a', { a: 1, b: 2 }), sealValue(key, 'c1/b', { b: 2, a: 1 })];
  expect(one.$sealed.eq).toBe(other.$sealed.eq);
});

it('refuses what has no JSON', () => {
  expect(() => sealValue(key, 'c1/a', undefined)).toThrow('the personal value at c1/a has no JSON');
  expect(() => sealValue(key, 'c1/a', Number.NaN)).toThrow('NaN');
});

it('accepts no shortened tag', () => {
  const { $sealed } = sealValue(key, 'c1/a', 'text');
  const ct = Buffer.from($sealed.ct, 'base64url').subarray(0, -4).toString('base64url');
  expect(() => openValue(key, { $sealed: { ...$sealed, ct } })).toThrow('c1/a does not authenticate');
});

it('shows no secret when it is logged', () => {
  const shown = inspect(key, { depth: 9 }) + JSON.stringify(key);
  for (const form of ['hex', 'base64', 'base64url'] as const)
    expect(shown).not.toContain(secret.toString(form));
  expect(shown).not.toContain('09 09 09');
});

it('tells key-encryption keys apart without showing them', () => {
  expect(kekDigest(kek)).toEqual(kekDigest(Buffer.from(kek)));
  expect(kekDigest(kek)).not.toEqual(kekDigest(secret));
  expect(kekDigest(kek)).not.toEqual(kek);
});
