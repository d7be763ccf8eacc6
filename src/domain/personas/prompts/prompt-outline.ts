/**
 * Values as Markdown lists. Equal content reads alike: the members of an object come by name (UTF-16 order), a
 * `Map` keeps its own order, and what says nothing — null, blank texts, empty containers — leaves nothing behind.
 */

/** What an outline is made of, in order. */
export type Entries = readonly (readonly [label: string, value: unknown])[];

const lineBreak = /\r\n|\r|\n/;
const inOneLine = (text: string): string => text.trim().replaceAll(/\s+/g, ' ');

/** A list with one item per entry: `- label: value`, a list below its label for what has parts; may be empty. */
export function outlineOf(entries: Entries): string {
  const lines: string[] = [];
  writeEntries(lines, entries, '', '');
  return lines.join('\n');
}

/** A list with one item per value; lines after an item's first are indented below it. */
export function bullets(values: readonly unknown[]): string {
  const lines: string[] = [];
  writeItems(lines, values, '', '');
  return lines.join('\n');
}

/** Writes a value; `first` goes before its first line, `rest` before all others. Says whether there was anything. */
function write(lines: string[], value: unknown, first: string, rest: string): boolean {
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return writeItems(lines, value, first, rest);
    return writeEntries(lines, entriesOf(value), first, rest);
  }
  const text = scalar(value);
  if (text === '') return false;
  text.split(lineBreak).forEach((line, index) => lines.push((index === 0 ? first : rest) + line));
  return true;
}

function writeItems(lines: string[], items: readonly unknown[], first: string, rest: string): boolean {
  let isFirst = true;
  for (const item of items) {
    if (write(lines, item, `${isFirst ? first : rest}- `, `${rest}  `)) isFirst = false;
  }
  return !isFirst;
}

function writeEntries(lines: string[], entries: Entries, first: string, rest: string): boolean {
  let isFirst = true;
  for (const [name, value] of entries) {
    const label = `${isFirst ? first : rest}- ${inOneLine(name)}:`;
    if (writeMember(lines, value, label, `${rest}  `)) isFirst = false;
  }
  return !isFirst;
}

function writeMember(lines: string[], value: unknown, label: string, rest: string): boolean {
  if (typeof value !== 'object' || value === null) return write(lines, value, `${label} `, rest);
  lines.push(label);
  if (write(lines, value, rest, rest)) return true;
  lines.pop();
  return false;
}

function entriesOf(value: object): Entries {
  if (value instanceof Map) return [...(value as Map<string, unknown>)];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? String(value) : '';
}
