/**
 * The form that a row has after a trip through a jsonb column. A handler gets every row in this form, whether
 * it was loaded or was folded a moment ago: otherwise what it makes of the row could depend on where one page
 * of the log ended and the next began.
 */

type Members = Record<string, unknown>;

/**
 * The value as jsonb gives it back: JSON only, members without a value left out, members in jsonb's order.
 * Returns the very same value when it is in that form. Parts that are the very same as in `base`, which is in
 * that form, are not looked at: a handler changes little of a row.
 * @throws TypeError for what JSON cannot say (a bigint)
 */
export function storedForm(value: unknown, base?: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Object.is(value, -0)) return 0;
      return Number.isFinite(value) ? value : null;
    case 'object':
      return value === null || value === base ? value : storedObject(value, base);
    case 'bigint':
      throw new TypeError('a row holds a bigint, which JSON does not know');
    default:
      return undefined;
  }
}

function storedObject(value: object, base: unknown): unknown {
  const { toJSON } = value as { toJSON?: () => unknown };
  if (typeof toJSON === 'function') return storedForm(toJSON.call(value));
  const before = typeof base === 'object' && base !== null ? base : {};
  if (Array.isArray(value)) return storedArray(value, before as unknown[]);
  return storedMembers(value as Members, before as Members);
}

function storedArray(value: unknown[], base: unknown[]): unknown[] {
  // Array.from visits holes, which JSON writes as null.
  const stored = Array.from(value, (member, index) => storedForm(member, base[index]) ?? null);
  return stored.every((member, index) => Object.is(member, value[index])) ? value : stored;
}

function storedMembers(value: Members, base: Members): Members {
  const names = Object.keys(value);
  const stored = names.map((name) => storedForm(value[name], base[name]));
  const isSame = stored.every((member, at) => member !== undefined && Object.is(member, value[names[at]!]));
  if (isSame && isInOrder(names)) return value;
  const members = names.map((name, at) => [name, stored[at]] as const);
  return Object.fromEntries(
    members.filter(([, member]) => member !== undefined).sort(([a], [b]) => jsonbOrder(a, b)),
  );
}

/** JavaScript lists integer names first, in numeric order, wherever they were put: they tell nothing. */
function isIndex(name: string): boolean {
  const first = name.charCodeAt(0);
  return first >= 48 && first <= 57 && /^(?:0|[1-9]\d{0,8})$/.test(name);
}

function isInOrder(names: string[]): boolean {
  let last: string | undefined;
  for (const name of names) {
    if (isIndex(name)) continue;
    if (last !== undefined && jsonbOrder(last, name) > 0) return false;
    last = name;
  }
  return true;
}

const ascii = /^[\0-\x7f]*$/;

/** jsonb sorts member names by their length in bytes, then by their bytes. */
function jsonbOrder(a: string, b: string): number {
  if (!ascii.test(a) || !ascii.test(b)) {
    return Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
