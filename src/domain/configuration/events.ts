import { z } from 'zod';
import { clear } from '../sealed.js';
import { line } from '../text.js';

/** Names that mean something else to JavaScript where a flag is looked up by its own. */
const reserved = new Set(['constructor', 'prototype']);

/** What a flag is called: programs have it in their code, so it is never changed. */
export const flagName = clear(
  z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be 1–64 of a–z 0–9 and dashes, a letter first')
    .refine((name) => !reserved.has(name), { error: 'is reserved' }),
);

/** Ids alone: a flag is for the same personas after one of them got another slug. */
export const personaId = clear(z.uuid());

/** What a flag says. */
export const flagShape = {
  enabled: z.boolean().describe('False turns it off for everybody, whatever else it says'),
  rollout: z
    .number()
    .min(0)
    .max(100)
    .describe('Per cent of the units that it is on for, to a hundredth of a per cent'),
  personaIds: z
    .array(personaId)
    .max(500)
    .optional()
    .describe('Ids of the personas that it is for. Absent: all; empty: none'),
  description: clear(line(500)).optional(),
};

/** The flags of a tenant live in its one stream, so that their number has a limit. */
export const configEvents = {
  /** The flag as a whole, new or in the place of what it was. */
  FeatureFlagSet: z.strictObject({ flag: flagName, ...flagShape }),
  FeatureFlagRemoved: z.strictObject({ flag: flagName }),
};

/** A flag with its name. */
export type FeatureFlag = z.output<typeof configEvents.FeatureFlagSet>;
