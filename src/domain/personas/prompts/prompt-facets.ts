/** The sections of a prompt that come from facets: who the persona is, how it writes, how it speaks on a platform. */
import { isSealed, type Personal } from '../../sealed.js';
import type { Identity, Writing } from '../persona-facets.js';
import type { PlatformAdaptation } from '../platform-adaptation.js';
import { outlineOf } from './prompt-outline.js';
import { highestFirst, paragraphs, section } from './prompt-sections.js';

/** A member of a facet; nothing where it was erased, or is still sealed. */
function told<T>(
  { subjectId }: { subjectId?: string | undefined },
  value: T | Personal | undefined,
): T | undefined {
  if (value === undefined || isSealed(value)) return undefined;
  return subjectId !== undefined && isErased(value) ? undefined : value;
}

/** What an opened answer holds in the place of a value whose key was destroyed. */
const isErased = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 1 &&
  typeof (value as { erased?: unknown }).erased === 'string';

export function identitySection(identity: Identity | undefined): string {
  if (identity === undefined) return '';
  const values = told(identity, identity.values) ?? [];
  const style = told(identity, identity.communicationStyle);
  const goals = told(identity, identity.goals);
  const entries = [
    ['Values', highestFirst(values, ({ priority = 0 }) => priority).map(valueText)],
    [
      'Communication',
      new Map([
        ['Tone', style?.tone?.join(', ')],
        ['Vocabulary', style?.vocabulary?.join(', ')],
        ['Preferred pronouns', style?.preferredPronouns?.join(', ')],
      ]),
    ],
    ['Personality', bigFive(told(identity, identity.bigFive))],
    [
      'Goals',
      new Map([
        ['Short term', goals?.shortTerm],
        ['Mid term', goals?.midTerm],
        ['Long term', goals?.longTerm],
      ]),
    ],
    ['Current focus', told(identity, identity.currentFocus)],
    ['Interests', told(identity, identity.interests)?.join(', ')],
  ] as const;
  return section('Identity', paragraphs([told(identity, identity.background), outlineOf(entries)]));
}

const valueText = ({ value, description }: { value: string; description?: string | undefined }): string =>
  description === undefined ? value : `${value.trim()} — ${description.trim()}`;

const bigFiveTraits = [
  'openness',
  'conscientiousness',
  'extraversion',
  'agreeableness',
  'neuroticism',
] as const;

const bigFive = (scores: Record<(typeof bigFiveTraits)[number], number> | undefined): Map<string, string> =>
  new Map(
    scores &&
      bigFiveTraits.map((name) => [name[0]!.toUpperCase() + name.slice(1), `${scores[name]}/100`] as const),
  );

export function writingSection(writing: Writing | undefined): string {
  if (writing === undefined) return '';
  const entries = [
    ['Archetype', told(writing, writing.archetype)],
    ['Core belief', told(writing, writing.coreBelief)],
    ['Brand voice', told(writing, writing.brandVoiceDescription)],
    ['Linguistic fingerprint', told(writing, writing.linguisticFingerprint)],
    ['Style signature', told(writing, writing.writingStyleSignature)],
    ['Vocabulary', told(writing, writing.vocabularyProfile)],
    ['Sentence patterns', told(writing, writing.sentencePatterns)],
    ['Rhetorical style', told(writing, writing.rhetoricalStyle)],
  ] as const;
  return section('Writing', outlineOf(entries));
}

/** An adaptation that is switched off says nothing. */
export function platformSection(
  platform: { type: string; adaptation: PlatformAdaptation } | undefined,
): string {
  if (platform === undefined || !platform.adaptation.isActive) return '';
  const { adaptation } = platform;
  const entries = [
    ['Sentences', adaptation.sentenceMetrics],
    ['Words', adaptation.lexicalFeatures],
    ['Rhetorical devices', adaptation.rhetoricalDevices],
    ['Tonal range', adaptation.tonalRange],
    ['Style constraints', adaptation.stylisticConstraints],
    ['Format rules', adaptation.contentFormatRules],
    ['Engagement', adaptation.engagementPatterns],
    ['Posting frequency', adaptation.postingFrequency],
    ['Content types', adaptation.contentTypes],
    ['Best practices', adaptation.platformBestPractices],
    ['Algorithm', adaptation.algorithmConsiderations],
  ] as const;
  return section(`Platform: ${platform.type}`, outlineOf(entries));
}
