/**
 * For whom a flag is on: a pure function of the flag and of who asks, so that every process, every answer about
 * the past and every client that computes it by itself say the same.
 */
import { createHash } from 'node:crypto';
import type { FeatureFlag } from './events.js';

/** Raised whenever some unit could find itself on the other side of an unchanged flag. */
export const assignmentVersion = 1;

/** A hundredth of a per cent each. */
const buckets = 10_000;

/** Who asks. */
export interface FlagUnit {
  /** The id of what stays on one side, such as a member or a conversation. */
  unit: string;
  /** The persona at work, where one is: a flag for certain personas is off without. */
  personaId?: string | undefined;
}

/**
 * The bucket (0–9,999) of a unit under a flag: the first 32 bits, big-endian, of SHA-256 of `<flag> <unit>` in
 * UTF-8, modulo 10,000. A flag's name has no space, so no two pairs make the same text; and it is part of the
 * text, so that the units that get one flag early are not those that get every flag early.
 */
export const bucketOf = (flag: string, unit: string): number =>
  createHash('sha256').update(`${flag} ${unit}`).digest().readUInt32BE(0) % buckets;

/** Whether a flag is on for who asks. A unit that has it keeps it while the rollout grows. */
export function isEnabled(flag: FeatureFlag, { unit, personaId }: FlagUnit): boolean {
  if (!flag.enabled || !isFor(flag, personaId)) return false;
  // Rounded, since 1.1 * 100 is a little more than 110.
  return bucketOf(flag.flag, unit) < Math.round((flag.rollout * buckets) / 100);
}

/** Ids of personas are kept in lower case; a client may write them otherwise. */
const isFor = ({ personaIds }: FeatureFlag, personaId: string | undefined): boolean =>
  !personaIds || (personaId !== undefined && personaIds.includes(personaId.toLowerCase()));
