/**
 * A change of a configuration as a refinement keeps it — which members are to have which new value, which are to go,
 * and what all of them were — and the fields in it, which can be accepted and rejected one by one.
 */
import { contentHash, same } from '../../content-hash.js';
import { isObject, pointerOf, tokensOf } from '../../json-pointer.js';
import { isSealed } from '../../sealed.js';
import { changesBetween } from '../draft-change.js';
import type { PersonaConfig } from '../persona-config.js';

/** A configuration, or some members of one. */
export type ConfigPart = Partial<PersonaConfig>;
export interface ConfigChange {
  changed: ConfigPart;
  removed: (keyof PersonaConfig)[];
  /** Former values of the members in both that had one. */
  was: ConfigPart;
}

/** A member in which more differs is one field: nobody decides on so many. */
const maxFieldsInMember = 200;
/** What is so deep that no pointer of this length leads to it is in the field of what it stands in. */
export const maxPointer = 4_000;

/** The change from one configuration to another. */
export function changeBetween(before: ConfigPart, after: ConfigPart): ConfigChange {
  const { changed, removed } = changesBetween(before as PersonaConfig, after as PersonaConfig);
  const touched = [...Object.keys(changed), ...removed] as (keyof PersonaConfig)[];
  const former = touched.filter((name) => before[name] !== undefined);
  return { changed, removed, was: Object.fromEntries(former.map((name) => [name, before[name]])) };
}

/** Whether a facet is about a real person on either side: then it is one field. */
const isOfSomebody = (name: string, sides: readonly unknown[]): boolean =>
  (name === 'identity' || name === 'writing') &&
  sides.some((side) => isObject(side) && side['subjectId'] !== undefined);

function differing(before: unknown, after: unknown, path: readonly string[]): string[] {
  if (same(before, after)) return [];
  if (!isObject(before) || !isObject(after) || isSealed(before) || isSealed(after)) return [pointerOf(path)];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const fields = [...names].sort().flatMap((name) => {
    const at = [...path, name];
    // What is null is there, although it holds nothing.
    if (Object.hasOwn(before, name) !== Object.hasOwn(after, name)) return [pointerOf(at)];
    return differing(before[name], after[name], at);
  });
  return fields.some((field) => field.length > maxPointer) ? [pointerOf(path)] : fields;
}

/**
 * JSON Pointers to what differs. Objects are walked into; a list, a sealed value, a scalar and what is only on one
 * side are a field each, and so are a facet that is about a real person and what is too deep for a pointer.
 */
export function fieldsBetween(before: ConfigPart, after: ConfigPart): string[] {
  const { changed, removed } = changeBetween(before, after);
  const members = [...Object.keys(changed), ...removed] as (keyof PersonaConfig)[];
  return members.flatMap((name) => {
    const sides = [before[name], after[name]];
    if (isOfSomebody(name, sides)) return [pointerOf([name])];
    const fields = differing(before[name], after[name], [name]);
    return fields.length > maxFieldsInMember ? [pointerOf([name])] : fields;
  });
}

/** The fields of a change. */
export const fieldsOf = ({ was, changed }: ConfigChange): string[] => fieldsBetween(was, changed);

/** A copy of a value in which a place is as it is in another: with that value, or without any. */
export function withPlaceOf<T extends object>(into: T, other: unknown, [token, ...rest]: string[]): T {
  const name = token!;
  const theirs = isObject(other) && Object.hasOwn(other, name) ? other[name] : undefined;
  const members = new Map<string, unknown>(Object.entries(into));
  if (rest.length > 0) members.set(name, withPlaceOf(members.get(name) ?? {}, theirs, rest));
  else if (theirs === undefined) members.delete(name);
  else members.set(name, theirs);
  return Object.fromEntries(members) as T;
}

/** The change without the fields that were rejected: they stay as they were. */
export function withoutFields(change: ConfigChange, rejected: readonly string[]): ConfigChange {
  if (rejected.length === 0) return change;
  const after = rejected.reduce(
    (config, pointer) => withPlaceOf(config, change.was, tokensOf(pointer)),
    change.changed,
  );
  return changeBetween(change.was, after);
}

export const isEmpty = ({ changed, removed }: ConfigChange): boolean =>
  removed.length === 0 && Object.keys(changed).length === 0;

/**
 * Names exactly what is applied, to what: SHA-256 over persona, hash of the base, new values and removed members.
 * Whoever applies a change shows the hash of what was shown.
 */
export const diffHashOf = (
  to: { personaId: string; baseHash: string },
  { changed, removed }: ConfigChange,
): string => contentHash({ personaId: to.personaId, baseHash: to.baseHash, changed, removed });

/** A change as events keep it, with its fields and the hash of all of it. */
export function contentBetween(
  to: { personaId: string; baseHash: string },
  before: ConfigPart,
  after: ConfigPart,
): ConfigChange & { fields: string[]; diffHash: string } {
  const change = changeBetween(before, after);
  return { ...change, fields: fieldsOf(change), diffHash: diffHashOf(to, change) };
}
