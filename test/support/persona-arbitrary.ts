/** Arbitrary configurations of personas, with names and words that meet each other now and then. */
import * as fc from 'fast-check';
import { personaConfig, type PersonaConfig } from '../../src/domain/personas/persona-config.js';

const word = fc.oneof(
  fc.constantFrom('alpha', 'beta', 'gamma', 'delta', 'a/b', 'm~n', '0', '-', 'length'),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    .filter((text) => /^[^\p{C}]*\S[^\p{C}]*$/u.test(text)),
);
const level = fc.integer({ min: 1, max: 10 });
const sometimes = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const dictionary = fc.dictionary(word, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
const named = <T extends { name: string }>(item: fc.Arbitrary<T>, minLength = 0) =>
  fc.uniqueArray(item, { minLength, maxLength: 6, selector: ({ name }) => name });

const trait = fc.record({
  name: word,
  category: fc.constantFrom('personality', 'expertise', 'cognitive'),
  value: fc.oneof(fc.integer({ min: 0, max: 100 }), word, fc.boolean()),
  weight: sometimes(fc.integer({ min: 0, max: 10 })),
  metadata: sometimes(dictionary),
});
const domain = fc.record({
  name: word,
  expertiseLevel: level,
  topics: fc.array(word, { minLength: 1, maxLength: 4 }),
  contextKeywords: sometimes(fc.array(word, { maxLength: 4 })),
});
const rule = fc.record({ condition: word, action: word, priority: sometimes(level) });

const words = sometimes(fc.array(word, { maxLength: 3 }));
const prompt = fc.record({
  content: sometimes(
    fc.record({
      startLocked: sometimes(word),
      editableContent: sometimes(word),
      endLocked: sometimes(word),
    }),
  ),
  provider: sometimes(word),
  sysInfoEnabled: sometimes(fc.boolean()),
  allowedTools: words,
  imageGeneration: sometimes(dictionary),
});
const score = fc.integer({ min: 0, max: 100 });
/** About nobody in particular, or about somebody of whom nothing is said: what is said would be sealed. */
const aboutSomebody = fc.record({ subjectId: fc.constantFrom('subject-1', 'subject-2') });
const identity = fc.record({
  values: sometimes(fc.array(fc.record({ value: word, priority: sometimes(level) }), { maxLength: 3 })),
  communicationStyle: sometimes(fc.record({ tone: words, vocabulary: words })),
  bigFive: sometimes(
    fc.record({
      openness: score,
      conscientiousness: score,
      extraversion: score,
      agreeableness: score,
      neuroticism: score,
    }),
  ),
  goals: sometimes(fc.record({ shortTerm: words, longTerm: words })),
  background: sometimes(word),
  interests: words,
});
const writing = fc.record({
  archetype: sometimes(word),
  coreBelief: sometimes(word),
  linguisticFingerprint: sometimes(dictionary),
  vocabularyProfile: sometimes(dictionary),
});
const facet = <T>(plain: fc.Arbitrary<T>) =>
  sometimes(fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: aboutSomebody }));
/** Whatever some program has written into a card's fields. */
const card = fc.record({
  spec: fc.constantFrom('v1', 'v2', 'v3'),
  specVersion: sometimes(fc.constantFrom('2.0', '3.0')),
  data: dictionary,
  outer: sometimes(dictionary),
});

/** Dictionaries with keys as long as they can be and as deep, which share some of their places. */
export const deepMetadata: fc.Arbitrary<Record<string, unknown>> = fc
  .array(
    fc.record({
      char: fc.constantFrom('k', '~', '/'),
      lengths: fc.array(fc.constantFrom(1, 700, 1_999, 4_100), { maxLength: 13 }),
      value: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 4 },
  )
  .map((paths) => {
    const dictionary: Record<string, unknown> = {};
    for (const { char, lengths, value } of paths) {
      let at = (dictionary[char] ??= {}) as Record<string, unknown>;
      for (const length of lengths) at = (at[char.repeat(length)] ??= {}) as Record<string, unknown>;
      at['value'] = value;
    }
    return dictionary;
  });

const defined = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const isAccepted = (value: unknown): boolean => personaConfig.safeParse(value).success;

/** Bodies of a configuration as a client might send them: valid, with members left out. */
export const configBody: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    name: word,
    description: word,
    avatarUrl: sometimes(fc.constantFrom('https://example.org/a.png', 'https://example.org/b.png')),
    traits: named(trait, 1),
    responseStyle: fc.record({
      type: fc.constantFrom('formal', 'casual'),
      tone: word,
      formalityLevel: level,
      verbosity: level,
      formattingPreferences: sometimes(dictionary),
    }),
    knowledgeDomains: sometimes(named(domain)),
    behaviorRules: sometimes(fc.array(rule, { maxLength: 5 })),
    memory: sometimes(
      fc.record({
        maxContextTokens: fc.integer({ min: 100, max: 32_000 }),
        persistence: sometimes(fc.constantFrom('none', 'session', 'durable')),
      }),
    ),
    voice: sometimes(fc.record({ pitch: fc.constantFrom(0.5, 1, 2), provider: sometimes(word) })),
    interactionMode: sometimes(fc.constantFrom('analytical', 'creative')),
    systemPromptTemplate: sometimes(word),
    temperature: sometimes(fc.constantFrom(0, 0.3, 1, 2)),
    tags: sometimes(fc.uniqueArray(word, { maxLength: 6 })),
    modelPreferences: sometimes(fc.array(word, { maxLength: 4 })),
    prompt: sometimes(prompt),
    identity: facet(identity),
    writing: facet(writing),
    card: sometimes(card),
    metadata: sometimes(dictionary),
  })
  .map((body) => defined(body) as Record<string, unknown>)
  .filter(isAccepted);

/** Complete configurations, as drafts and versions hold them. */
export const someConfig: fc.Arbitrary<PersonaConfig> = configBody.map(
  (body) => defined(personaConfig.parse(body)) as PersonaConfig,
);
