import { createHash } from 'node:crypto';
import { canonicalText } from './canonical-text.js';
import { isSealed, reduced } from './sealed.js';

/**
 * SHA-256 (lower-case hex) over the canonical JSON (RFC 8785) of a value, sealed parts reduced to
 * `{ key, eq }`: equal content has an equal hash, whatever the order of its members.
 */
export function contentHash(value: unknown): string {
  return createHash('sha256')
    .update(canonicalText(reduced(value) ?? null))
    .digest('hex');
}

/**
 * Whether two values hold the same content: what their canonical JSON is equal for, found out without making
 * it. Sealed values are equal when their plaintexts are; a member that is undefined counts as absent.
 */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return (a ?? null) === (b ?? null);
  if (isSealed(a) && isSealed(b)) return a.$sealed.key === b.$sealed.key && a.$sealed.eq === b.$sealed.eq;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => same(item, b[index]));
  }
  const [left, right] = [a, b].map((one) => Object.entries(one).filter(([, member]) => member !== undefined));
  const there = b as Record<string, unknown>;
  return (
    left!.length === right!.length &&
    left!.every(([name, member]) => Object.hasOwn(there, name) && same(member, there[name]))
  );
}
