/**
 * How a persona appears on one platform (seed S4: platform persona). An adaptation is not part of the versioned
 * configuration: it is set as a whole and holds from then on.
 */
import { z } from 'zod';
import { clear } from '../sealed.js';
import { bytes } from '../text.js';
import { dictionary, hostileTokens, text } from './config-values.js';

/** `linkedin`, `facebook`, … */
export const platformType = clear(
  z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be 1–32 of a–z 0–9 _ and dashes, a letter first')
    .refine((name) => !hostileTokens.has(name), { error: 'is reserved' }),
);

/** The seed has free JSON in all of them: an object, a list of texts or a text. */
const described = z
  .union([dictionary, z.array(text(1_000)).max(200), text(10_000)], {
    error: 'must be an object, a list of texts or a text',
  })
  .optional();

const content = {
  sentenceMetrics: described,
  lexicalFeatures: described,
  rhetoricalDevices: described,
  tonalRange: described,
  stylisticConstraints: described,
  contentFormatRules: described,
  engagementPatterns: described,
  postingFrequency: described,
  contentTypes: described,
  platformBestPractices: described,
  algorithmConsiderations: described,
};

/** The members of an adaptation beside the platform's name. */
export const platformShape = { ...content, isActive: z.boolean().default(true) };

/** A persona speaks on this many platforms at most: all of them stand in one row. */
export const maxPlatforms = 20;

/** Adaptations stand together in one row of a read model. */
const maxBytes = 16_384;

/** The rule across members: an adaptation stays small. */
export function platformRules(adaptation: object, ctx: z.RefinementCtx): void {
  if (bytes(JSON.stringify(adaptation)) <= maxBytes) return;
  ctx.addIssue({ code: 'custom', message: 'is larger than 16 KiB' });
}

export const platformAdaptation = z.strictObject(platformShape).superRefine(platformRules);
export type PlatformAdaptation = z.output<typeof platformAdaptation>;

type Described = keyof typeof content;

/** Whether something is said: an empty text, list or object says nothing. */
const isSaid = (value: PlatformAdaptation[Described]): boolean =>
  value !== undefined && (typeof value === 'object' ? Object.keys(value).length > 0 : value !== '');

/** How much of an adaptation is there: the share (0–100, rounded) of its descriptive members, and which are missing. */
export function completenessOf(adaptation: PlatformAdaptation): { completeness: number; missing: string[] } {
  const names = Object.keys(content) as Described[];
  const missing = names.filter((name) => !isSaid(adaptation[name]));
  return { completeness: Math.round((100 * (names.length - missing.length)) / names.length), missing };
}
