/**
 * What differs between two configurations, twice: for people (`changes`, where things that have a name are
 * called by it) and for machines (`patch`, RFC 6902, which turns the one into the other).
 */
import type { Operation } from 'rfc6902';
import { same } from '../content-hash.js';
import { isSealed } from '../sealed.js';
import { isObject, pointerOf } from '../json-pointer.js';
import type { PersonaConfig } from './persona-config.js';

export interface Change {
  /**
   * Steps as in a JSON Pointer, but for elements of lists that are matched by name: there the name stands
   * (`/traits/analytical/value`). Elsewhere it is the index in `to`, or in `from` for what is removed.
   */
  path: string;
  kind: 'added' | 'changed' | 'removed' | 'moved';
  /** The former value; for `moved` the former index. */
  before?: unknown;
  /** The new value; for `moved` the new index. */
  after?: unknown;
}
export interface VersionDiff {
  changes: Change[];
  patch: Operation[];
}

/** Lists beyond this are replaced as a whole: matching their elements would cost more than it tells. */
const maxMatched = 1_000;

/** The way to a value: as it is shown, and as a pointer into the document while the patch is applied. */
interface Place {
  shown: string[];
  tokens: string[];
}
const below = (place: Place, token: string | number, shown: string | number = token): Place => ({
  shown: [...place.shown, String(shown)],
  tokens: [...place.tokens, String(token)],
});

/**
 * Compares two configurations. Elements of lists are matched by their `name`, texts by themselves, rules by
 * their condition, all others by position between a common beginning and end. A sealed value is the same or
 * another; nothing is said of what is inside.
 */
export function versionDiff(from: PersonaConfig, to: PersonaConfig): VersionDiff {
  const diff: VersionDiff = { changes: [], patch: [] };
  compare(diff, { shown: [], tokens: [] }, from, to);
  return diff;
}

function compare(diff: VersionDiff, place: Place, from: unknown, to: unknown): void {
  if (same(from, to)) return;
  const isOpaque = isSealed(from) || isSealed(to);
  if (!isOpaque && isObject(from) && isObject(to)) return compareObjects(diff, place, from, to);
  const lists = Array.isArray(from) && Array.isArray(to);
  if (lists && Math.max(from.length, to.length) <= maxMatched) return compareLists(diff, place, from, to);
  diff.changes.push({ path: pointerOf(place.shown), kind: 'changed', before: from, after: to });
  diff.patch.push({ op: 'replace', path: pointerOf(place.tokens), value: to });
}

function compareObjects(
  diff: VersionDiff,
  place: Place,
  from: Record<string, unknown>,
  to: Record<string, unknown>,
): void {
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const at = below(place, name);
    if (!Object.hasOwn(from, name)) add(diff, at, to[name]);
    else if (!Object.hasOwn(to, name)) remove(diff, at, from[name]);
    else compare(diff, at, from[name], to[name]);
  }
}

function add(diff: VersionDiff, place: Place, after: unknown): void {
  diff.changes.push({ path: pointerOf(place.shown), kind: 'added', after });
  diff.patch.push({ op: 'add', path: pointerOf(place.tokens), value: after });
}

function remove(diff: VersionDiff, place: Place, before: unknown): void {
  diff.changes.push({ path: pointerOf(place.shown), kind: 'removed', before });
  diff.patch.push({ op: 'remove', path: pointerOf(place.tokens) });
}

/**
 * Removes from the end, then walks through `to` and puts every element that is new or out of order right
 * behind the one before it; elements that keep their order are never touched. What changed inside an
 * element comes last, when every index is final.
 */
function compareLists(diff: VersionDiff, place: Place, from: unknown[], to: unknown[]): void {
  const { before, after, named } = matched(from, to);
  const shown = (keys: string[], index: number): string | number => (named ? keys[index]! : index);
  const kept = new Set(after);
  const work = [...before];
  for (let index = before.length - 1; index >= 0; index--) {
    if (kept.has(before[index]!)) continue;
    remove(diff, below(place, index, shown(before, index)), from[index]);
    work.splice(index, 1);
  }
  const steady = longestRising(after.map((key) => before.indexOf(key)).filter((index) => index >= 0));
  after.forEach((key, index) => {
    const formerly = before.indexOf(key);
    if (steady.has(formerly)) return;
    const current = work.indexOf(key);
    if (current >= 0) work.splice(current, 1);
    const target = index === 0 ? 0 : work.indexOf(after[index - 1]!) + 1;
    work.splice(target, 0, key);
    const at = below(place, target, shown(after, index));
    if (current < 0) return add(diff, at, to[index]);
    diff.changes.push({ path: pointerOf(at.shown), kind: 'moved', before: formerly, after: index });
    if (current === target) return;
    const source = pointerOf(below(place, current).tokens);
    diff.patch.push({ op: 'move', from: source, path: pointerOf(at.tokens) });
  });
  after.forEach((key, index) => {
    const formerly = before.indexOf(key);
    if (formerly >= 0) compare(diff, below(place, index, shown(after, index)), from[formerly], to[index]);
  });
}

const textAt = (member: string) => (item: unknown) => (isObject(item) ? item[member] : undefined);
/** How elements are recognised, best first; `named` ones are called by what they are recognised by. */
const identities = [
  { of: textAt('name'), named: true },
  { of: (item: unknown) => item, named: true },
  { of: textAt('condition'), named: false },
];

/** A key for every element, equal where two elements are the same one. */
function matched(from: unknown[], to: unknown[]): { before: string[]; after: string[]; named: boolean } {
  for (const { of, named } of identities) {
    const [before, after] = [from.map(of), to.map(of)];
    if (areKeys(before) && areKeys(after)) return { before, after, named };
  }
  const least = Math.min(from.length, to.length);
  let head = 0;
  while (head < least && same(from[head], to[head])) head++;
  let tail = 0;
  while (tail < least - head && same(from.at(-1 - tail), to.at(-1 - tail))) tail++;
  const keys = (list: unknown[]): string[] =>
    list.map((_, index) =>
      index < list.length - tail ? `from start ${index}` : `from end ${list.length - index}`,
    );
  return { before: keys(from), after: keys(to), named: false };
}

const areKeys = (keys: unknown[]): keys is string[] =>
  keys.every((key) => typeof key === 'string') && new Set(keys).size === keys.length;

/** The members of a longest rising subsequence of distinct numbers. */
function longestRising(numbers: number[]): Set<number> {
  const ends: number[] = [];
  const previous = new Map<number, number | undefined>();
  for (const number of numbers) {
    const found = ends.findIndex((end) => end > number);
    const length = found < 0 ? ends.length : found;
    previous.set(number, ends[length - 1]);
    ends[length] = number;
  }
  const rising = new Set<number>();
  for (let last = ends.at(-1); last !== undefined; last = previous.get(last)) rising.add(last);
  return rising;
}
