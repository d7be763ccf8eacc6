import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import { reduced } from './sealed.js';

/**
 * SHA-256 (lower-case hex) over the canonical JSON (RFC 8785) of a value, sealed parts reduced to
 * `{ key, eq }`: equal content has an equal hash, whatever the order of its members.
 */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** Whether two values hold the same content; sealed values are equal when their plaintexts are. */
export function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return canonicalize(reduced(value) ?? null) ?? 'null';
}
