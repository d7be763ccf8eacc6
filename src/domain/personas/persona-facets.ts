/**
 * Facets of a configuration: what each of the seeds calls a persona has its place in one of them. A facet that
 * names a `subjectId` is about a real person: all else in it is personal and sealed for that subject.
 */
import { z } from 'zod';
import { opaqueId } from '../ids.js';
import { clear, personalIf } from '../sealed.js';
import { subjectIn } from './cards/card-subject.js';
import { dictionary, level, line, text } from './config-values.js';

const few = (item: z.ZodType<string>, count = 100) => z.array(item).max(count);
/** A member that is personal where the facet names a subject. */
const own = <T extends z.ZodType>(schema: T) => personalIf('subjectId', schema).optional();
const subjectId = opaqueId.optional().describe('The real person this is about; absent for an invented one');

/** Members of the prompt that only an owner of the tenant may touch. */
export const lockedParts = ['startLocked', 'endLocked'] as const;

/** Prompt parts (seed S0): a head and a tail that are locked, and what lies between. */
export const prompt = z.strictObject({
  content: z
    .strictObject({
      startLocked: text(32_768).optional().describe('Comes first; set and changed by owners only'),
      editableContent: text(65_536).optional(),
      endLocked: text(32_768).optional().describe('Comes last; set and changed by owners only'),
    })
    .optional(),
  meaning: text(1_000).optional(),
  provider: line(100).optional(),
  model: line(200).optional(),
  speechProvider: line(100).optional(),
  voice: line(200).optional(),
  sysInfoEnabled: z.boolean().default(false),
  userProfileEnabled: z.boolean().default(false),
  allowedTools: few(line(200), 500).optional().describe('Absent: not restricted; empty: none'),
  allowedSkills: few(line(200), 500).optional().describe('Absent: not restricted; empty: none'),
  personaType: dictionary.optional(),
  imageGeneration: dictionary.optional(),
});

const score = z.number().min(0).max(100);

/** Who the persona is (seed S2: core persona snapshot). */
export const identity = z.strictObject({
  subjectId,
  values: own(
    z
      .array(
        z.strictObject({
          value: line(200),
          priority: level.optional().describe('The higher number wins'),
          description: text(1_000).optional(),
        }),
      )
      .max(50),
  ),
  communicationStyle: own(
    z.strictObject({
      tone: few(line(100)).optional(),
      vocabulary: few(line(100)).optional(),
      preferredPronouns: few(line(50), 20).optional(),
    }),
  ),
  bigFive: own(
    z.strictObject({
      openness: score,
      conscientiousness: score,
      extraversion: score,
      agreeableness: score,
      neuroticism: score,
    }),
  ),
  goals: own(
    z.strictObject({
      shortTerm: few(text(500)).optional(),
      midTerm: few(text(500)).optional(),
      longTerm: few(text(500)).optional(),
    }),
  ),
  background: own(text(10_000)),
  currentFocus: own(few(text(500))),
  interests: own(few(line(200))),
});
export type Identity = z.output<typeof identity>;

/** How the persona writes (seed S4: writing persona and the columns of its linguistic fingerprint). */
export const writing = z.strictObject({
  subjectId,
  archetype: own(line(100)),
  coreBelief: own(text(2_000)),
  brandVoiceDescription: own(text(5_000)),
  linguisticFingerprint: own(dictionary),
  writingStyleSignature: own(dictionary),
  vocabularyProfile: own(dictionary),
  sentencePatterns: own(dictionary),
  rhetoricalStyle: own(dictionary),
});
export type Writing = z.output<typeof writing>;

/** Fields of a card, which is kept in the clear: they are about nobody real. */
const cardFields = clear(
  dictionary.superRefine((fields, ctx) => {
    const path = subjectIn(fields);
    if (path) ctx.addIssue({ code: 'custom', path, message: 'a card is about nobody real' });
  }),
);

/**
 * The character card that a persona was imported from, whole: what Dramatis does not know is kept, and an
 * export that nothing was edited for gives back the very same card. `data` holds the card's fields (those of a
 * V1 card stand at its top level), `outer` whatever else stood beside `data`.
 */
export const card = z.strictObject({
  spec: z.enum(['v1', 'v2', 'v3']),
  specVersion: clear(z.string().max(20)).optional(),
  data: cardFields,
  outer: cardFields.optional(),
});
export type Card = z.output<typeof card>;
