/** How a draft keeps up with versions that were not published from it. */
import { tokensOf } from '../../json-pointer.js';
import { draftAfter } from '../draft-change.js';
import { touchedLocks } from '../locked-parts.js';
import { storedConfig, type PersonaConfig } from '../persona-config.js';
import { prompt } from '../persona-facets.js';
import { changeBetween, withPlaceOf } from './field-changes.js';
import { carriedOver } from './rebase.js';

const isConfig = (draft: PersonaConfig): boolean => storedConfig.safeParse(draft).success;
const pointersOf = (locks: readonly { pointer: string }[]): string[] => locks.map(({ pointer }) => pointer);

/** The draft with those locked prompt parts as they are now that a version has changed. */
function withLocks(draft: PersonaConfig, former: PersonaConfig, now: PersonaConfig): PersonaConfig {
  const changed = new Set(pointersOf(touchedLocks(former, now, '')));
  const places = pointersOf(touchedLocks(draft, now, '')).filter((pointer) => changed.has(pointer));
  if (places.length === 0) return draft;
  const whole: PersonaConfig = { ...draft, prompt: draft.prompt ?? prompt.parse({}) };
  return places.reduce((config, place) => withPlaceOf(config, now, tokensOf(place)), whole);
}

/**
 * The draft after the newest version became another one: fields that are as in the former version follow, so that
 * publishing the draft does not undo the change; those that somebody works on stay. Locked prompt parts that the
 * version has changed are taken over whatever the draft holds, since who publishes it need not be an owner. A draft
 * that would be too large follows in these alone; where even they do not fit in, it begins anew as the version.
 */
export function draftFollowing(
  draft: PersonaConfig,
  former: PersonaConfig,
  now: PersonaConfig,
): PersonaConfig {
  const { change } = carriedOver(changeBetween(former, now), draft);
  const after = withLocks(draftAfter(draft, change), former, now);
  if (isConfig(after)) return after;
  const locked = withLocks(draft, former, now);
  return locked === draft || isConfig(locked) ? locked : now;
}
