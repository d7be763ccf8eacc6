/**
 * Whether words occur in a conversation. Words end where letters, marks, digits and underscores meet anything
 * else; in scripts that are written without spaces every character is a word. Compatibility forms do not count
 * (NFKC), nor does how much white space there is.
 */

/** Says whether a word or phrase occurs, as whole words. */
export type Occurs = (phrase: string) => boolean;

const spaceless = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{scx=${script}}`)
  .join('');
const part = new RegExp(`\\s+|(?:(?![${spaceless}])[\\p{L}\\p{M}\\p{N}_])+|.`, 'gsu');

/** No text holds it. */
const separator = '\0';

/** Makes ready to look for many phrases in one text. */
export function occursIn(text: string, { anyCase = true }: { anyCase?: boolean } = {}): Occurs {
  const folded = (words: string): string =>
    anyCase ? words.normalize('NFKC').toLowerCase() : words.normalize('NFKC');
  const partsOf = (words: string): string[] =>
    (folded(words).trim().match(part) ?? []).map((one) => (/^\s/.test(one) ? ' ' : one));
  const joined = (parts: string[]): string => separator + parts.join(separator) + separator;
  const there = partsOf(text);
  const known = new Set(there);
  const all = joined(there);
  return (phrase) => {
    const parts = partsOf(phrase);
    if (parts.length === 0 || !parts.every((one) => known.has(one))) return false;
    return parts.length === 1 || all.includes(joined(parts));
  };
}
