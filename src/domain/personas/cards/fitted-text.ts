/** Texts from elsewhere, made to fit where a persona has them. */

/** At most `length` UTF-16 units from the start, never half of a surrogate pair. */
export function beginning(text: string, length: number): string {
  const cut = text.slice(0, length);
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/** A text without what surrounds it, cut to `length`; empty where nothing is said. */
export const fittedText = (text: string, length: number): string => beginning(text.trim(), length);

/**
 * A text as one line: line breaks and other control characters are blanks, characters that turn the direction
 * of writing are left out. Empty where nothing is left.
 */
export function fittedLine(text: string, length: number): string {
  const plain = text.replace(/\p{Bidi_Control}+/gu, '').replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return fittedText(plain, length).trimEnd();
}

/** A value as text: numbers and truth values stand for their words, lists and objects say nothing. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Whether a text says something. */
export const saysSomething = (text: string): boolean => /\S/.test(text);
