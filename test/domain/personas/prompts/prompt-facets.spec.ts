import { describe, expect, it } from 'vitest';
import { identity, writing } from '../../../../src/domain/personas/persona-facets.js';
import { platformAdaptation } from '../../../../src/domain/personas/platform-adaptation.js';
import {
  identitySection,
  platformSection,
  writingSection,
} from '../../../../src/domain/personas/prompts/prompt-facets.js';
import { sealed } from '../../../support/given.js';

const bigFive = {
  openness: 80,
  conscientiousness: 70.5,
  extraversion: 0,
  agreeableness: 60,
  neuroticism: 20,
};

describe('the identity', () => {
  it('is told in a fixed order, values by priority', () => {
    const whole = identity.parse({
      values: [
        { value: 'humour' },
        { value: 'honesty', priority: 9, description: 'also when it hurts' },
        { value: 'care', priority: 9 },
      ],
      communicationStyle: { tone: ['calm', 'dry'], vocabulary: ['plain'], preferredPronouns: ['they'] },
      bigFive,
      goals: { longTerm: ['peace'], shortTerm: ['tea', 'toast'] },
      background: 'Grew up by the sea.\n',
      currentFocus: ['gardening'],
      interests: ['birds', 'bees'],
    });
    expect(identitySection(whole)).toBe(
      `## Identity
Grew up by the sea.

- Values:
  - honesty — also when it hurts
  - care
  - humour
- Communication:
  - Tone: calm, dry
  - Vocabulary: plain
  - Preferred pronouns: they
- Personality:
  - Openness: 80/100
  - Conscientiousness: 70.5/100
  - Extraversion: 0/100
  - Agreeableness: 60/100
  - Neuroticism: 20/100
- Goals:
  - Short term:
    - tea
    - toast
  - Long term:
    - peace
- Current focus:
  - gardening
- Interests: birds, bees`,
    );
  });

  it('leaves out what is absent, empty, erased or still sealed', () => {
    expect([identitySection(undefined), identitySection(identity.parse({ values: [], goals: {} }))]).toEqual([
      '',
      '',
    ]);
    const erased = { erased: '01890000-0000-7000-8000-000000000009' };
    const left = { subjectId: 'ada', background: erased, bigFive: erased, interests: sealed('birds') };
    expect(identitySection({ ...left, values: [{ value: 'care' }] } as never)).toBe(
      '## Identity\n- Values:\n  - care',
    );
  });
});

describe('the writing', () => {
  it('is told in a fixed order, free dictionaries by name', () => {
    const whole = writing.parse({
      archetype: 'Sage',
      coreBelief: 'Less is more',
      brandVoiceDescription: 'Short.\nDry.',
      linguisticFingerprint: { contractions: true, averageSentenceLength: 11.5 },
      writingStyleSignature: { openings: ['Well,', 'So,'] },
      vocabularyProfile: { level: 'plain' },
      sentencePatterns: {},
      rhetoricalStyle: { questions: 'rare' },
    });
    expect(writingSection(whole)).toBe(
      `## Writing
- Archetype: Sage
- Core belief: Less is more
- Brand voice: Short.
  Dry.
- Linguistic fingerprint:
  - averageSentenceLength: 11.5
  - contractions: yes
- Style signature:
  - openings:
    - Well,
    - So,
- Vocabulary:
  - level: plain
- Rhetorical style:
  - questions: rare`,
    );
    expect(writingSection(undefined)).toBe('');
  });

  it('of a person may be erased; a dictionary of nobody may have a member of that name', () => {
    const fingerprint = { erased: 'nothing' };
    const facet = { archetype: 'Sage', linguisticFingerprint: fingerprint };
    expect(writingSection(writing.parse(facet))).toContain('- erased: nothing');
    expect(writingSection({ subjectId: 'ada', ...facet })).toBe('## Writing\n- Archetype: Sage');
  });
});

describe('the platform', () => {
  const adaptation = platformAdaptation.parse({
    sentenceMetrics: { maximum: 20 },
    lexicalFeatures: ['active verbs'],
    contentFormatRules: 'No hashtags.\nNo links.',
  });

  it('is told under its name', () => {
    expect(platformSection({ type: 'linkedin', adaptation })).toBe(
      `## Platform: linkedin
- Sentences:
  - maximum: 20
- Words:
  - active verbs
- Format rules: No hashtags.
  No links.`,
    );
  });

  it('says nothing when there is none, when it is switched off, and when nothing is said of it', () => {
    expect(platformSection(undefined)).toBe('');
    expect(platformSection({ type: 'linkedin', adaptation: { ...adaptation, isActive: false } })).toBe('');
    expect(platformSection({ type: 'linkedin', adaptation: platformAdaptation.parse({}) })).toBe('');
  });
});
