import canonicalize from 'canonicalize';

/**
 * The canonical JSON (RFC 8785) of a value: what is stored, hashed and compared. A member that is undefined counts as
 * absent.
 * @throws Error for what has no JSON, such as NaN or a lone surrogate
 */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('a value without canonical JSON');
  return text;
}
