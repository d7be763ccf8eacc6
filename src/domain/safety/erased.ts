/**
 * Whether a value is what stands in the place of one whose key was destroyed: `{ "erased": "<certificate>" }`. No input
 * may look like that where it could be taken for it.
 */
export const isErased = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 1 &&
  typeof (value as { erased?: unknown }).erased === 'string';
