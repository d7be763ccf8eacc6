/** Carrying a change over to a newer version. */
import { same } from '../../content-hash.js';
import { follow, tokensOf } from '../../json-pointer.js';
import type { PersonaConfig } from '../persona-config.js';
import { changeBetween, fieldsBetween, fieldsOf, withPlaceOf, type ConfigChange } from './field-changes.js';

export type Rebased = { change: ConfigChange } | { conflicts: string[] };

/** Whether one of two pointers leads to the other's place or to something in it. */
export const meet = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

/** Whether a place holds the same on both sides, nothing included. */
function sameAt(one: unknown, other: unknown, pointer: string): boolean {
  const [there, here] = [one, other].map((side) => follow(side, tokensOf(pointer)));
  return there!.found === here!.found && same(there!.value, here!.value);
}

/**
 * What of a change can be made on another configuration that was its base once: the fields that are there as they were
 * in the base. Those that both changed, or one in the other, to something else are in conflict, and left out.
 */
export function carriedOver(
  change: ConfigChange,
  to: PersonaConfig,
): { change: ConfigChange; conflicts: string[] } {
  const touched = new Set<string>([...Object.keys(change.changed), ...change.removed]);
  const now = Object.fromEntries(
    Object.entries(to).filter(([name]) => touched.has(name)),
  ) as Partial<PersonaConfig>;
  const ours = fieldsOf(change).filter((field) => !sameAt(change.changed, now, field));
  const theirs = fieldsBetween(change.was, now);
  const conflicts = new Set(ours.filter((field) => theirs.some((other) => meet(field, other))));
  const after = ours
    .filter((field) => !conflicts.has(field))
    .reduce((config, field) => withPlaceOf(config, change.changed, tokensOf(field)), now);
  return { change: changeBetween(now, after), conflicts: [...conflicts] };
}

/**
 * The change that does to the newer version what the given one does to its base. Fields that only one side changed
 * are merged; where both changed the same one, or one in the other, to something else, they are in conflict.
 */
export function rebased(change: ConfigChange, head: PersonaConfig): Rebased {
  const { change: carried, conflicts } = carriedOver(change, head);
  return conflicts.length > 0 ? { conflicts } : { change: carried };
}
