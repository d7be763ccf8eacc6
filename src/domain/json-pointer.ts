/** JSON Pointers (RFC 6901) over plain JSON: own members and strict indexes only. */

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The steps of a pointer, unescaped. */
export const tokensOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

/** The pointer of some steps. */
export const pointerOf = (tokens: readonly PropertyKey[]): string =>
  tokens.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** An array index as RFC 6901 wants it: no sign, no leading zero. */
export const isIndex = (token: string): boolean => /^(?:0|[1-9]\d{0,8})$/.test(token);

const holds = (container: unknown, token: string): boolean =>
  Array.isArray(container)
    ? isIndex(token) && Number(token) < container.length
    : isObject(container) && Object.hasOwn(container, token);

/** Whether a value can be added to a container at a step: in an array up to its end, `-` meaning the end. */
export const takes = (container: unknown, token: string): boolean =>
  Array.isArray(container)
    ? token === '-' || (isIndex(token) && Number(token) <= container.length)
    : isObject(container);

/** What stands at the end of a path, if something does. */
export function follow(document: unknown, tokens: readonly string[]): { found: boolean; value?: unknown } {
  let value = document;
  for (const token of tokens) {
    if (!holds(value, token)) return { found: false };
    value = (value as Record<string, unknown>)[token];
  }
  return { found: true, value };
}
