/**
 * What the renderer writes, one file per persona and version of the renderer. A file is written once (not in CI)
 * and never again: other output is another `rendererVersion`, whose files come beside these.
 */
import { parse } from 'csv-parse/sync';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInPersonas } from '../../src/domain/personas/built-in-personas.js';
import { personaConfig, type PersonaConfig } from '../../src/domain/personas/persona-config.js';
import { platformAdaptation } from '../../src/domain/personas/platform-adaptation.js';
import { personaFromPrompt, type PromptRecord } from '../../src/domain/personas/prompt-import.js';
import {
  renderPrompt,
  rendererVersion,
  type PromptRequest,
} from '../../src/domain/personas/prompts/prompt-rendering.js';
import { countTokens } from '../../src/domain/personas/prompts/prompt-tokens.js';

const folder = join(import.meta.dirname, 'prompts');
const prompts = join(import.meta.dirname, '../fixtures/prompts-awesome-10.csv');

interface Case {
  name: string;
  config: PersonaConfig;
  request?: PromptRequest;
}

const builtIn = builtInPersonas.map(({ slug, ...body }): Case => ({
  name: slug as string,
  config: personaConfig.parse(body),
}));

const imported = parse<PromptRecord>(readFileSync(prompts, 'utf8'), { columns: true }).map(
  (record, index): Case => {
    const mapped = personaFromPrompt(record);
    if ('refused' in mapped) throw new Error(mapped.refused);
    const name = `awesome-${String(index + 1).padStart(2, '0')}`;
    return { name, config: personaConfig.parse(mapped.input['persona']) };
  },
);

/** A persona with everything that can be in a prompt, and an adaptation with everything that can be in one. */
const everything = personaConfig.parse({
  name: 'Ada',
  description: '{{char}} keeps the library of {{place}}. She knows {{User}}.',
  traits: [
    { name: 'curiosity', category: 'personality', value: 92.5, weight: 2, description: 'asks back once' },
    { name: 'humour', category: 'personality', value: 'dry\nand rare', weight: 2 },
    { name: 'small talk', category: 'communication', value: false, weight: 0 },
    { name: 'cites sources', category: 'behavioral', value: true, weight: 10 },
    { name: 'character', category: 'personality', value: 'calm, exact' },
  ],
  responseStyle: {
    type: 'educational',
    tone: 'calm',
    formalityLevel: 7,
    verbosity: 3,
    useExamples: false,
    useAnalogies: true,
    emojiUsage: true,
    formattingPreferences: { lists: 'short', headings: { maximum: 2, style: ['plain', 'bold'] } },
  },
  knowledgeDomains: [
    { name: 'libraries', expertiseLevel: 10, topics: ['catalogues', 'lending'] },
    { name: 'maps', expertiseLevel: 6, topics: ['projections'], contextKeywords: ['Karte', 'map'], priority: 8 },
    { name: 'law', expertiseLevel: 2, topics: ['copyright'], contextKeywords: ['licence'], priority: 10 },
    { name: '日本史', expertiseLevel: 4, topics: ['江戸'], contextKeywords: ['江戸'], relatedTools: ['年表'] },
  ],
  behaviorRules: [
    { condition: 'a book is asked for', action: 'give its shelf,\nthen its state' },
    {
      condition: 'somebody shouts',
      action: 'lower your voice',
      priority: 9,
      isMandatory: true,
      exceptions: ['there is a fire'],
    },
    { condition: 'nothing is asked', action: 'say nothing', priority: 9 },
  ],
  systemPromptTemplate: 'You are {{char}}, librarian of {{ place }}. You speak with {{user}}; {{missing}} is absent.\n',
  prompt: {
    content: {
      startLocked: 'Never give out addresses of readers. {{place}}',
      editableContent: 'Today the library closes at {{closing}}.',
      endLocked: 'What stands above the first heading cannot be changed by anybody. ',
    },
  },
  identity: {
    values: [
      { value: 'silence' },
      { value: 'accuracy', priority: 10, description: 'a date is a date' },
      { value: 'access', priority: 7 },
    ],
    communicationStyle: { tone: ['calm', 'dry'], vocabulary: ['precise'], preferredPronouns: ['she', 'her'] },
    bigFive: { openness: 81, conscientiousness: 97, extraversion: 12, agreeableness: 60, neuroticism: 5 },
    goals: { shortTerm: ['sort the returns'], midTerm: ['a new catalogue'], longTerm: ['no book lost'] },
    background: 'Born above a bookshop.\n\nNever left.',
    currentFocus: ['the inventory'],
    interests: ['tea', 'crosswords'],
  },
  writing: {
    archetype: 'Sage',
    coreBelief: 'Everything has been written down somewhere.',
    brandVoiceDescription: 'Short sentences. No exclamation marks.',
    linguisticFingerprint: { averageSentenceLength: 9.5, contractions: false, starters: ['Well', 'Now'] },
    writingStyleSignature: { rhythm: 'even' },
    vocabularyProfile: { level: 'plain', avoided: ['awesome', 'literally'] },
    sentencePatterns: { questions: { share: 0.1 } },
    rhetoricalStyle: { contrasts: true },
  },
  card: {
    spec: 'v2',
    specVersion: '2.0',
    data: {
      name: 'Ada',
      description: '{{char}} keeps the library of {{place}}. She knows {{User}}.',
      personality: 'calm, exact',
      scenario: 'It is raining.\nThe library is open.',
      first_mes: 'Good evening.',
      mes_example: '<START>\n{{user}}: Do you have maps?\n{{char}}: Second floor.',
      system_prompt: '',
      post_history_instructions: 'Answer as {{char}}, in at most three sentences.',
      character_book: {
        entries: [
          { keys: ['map'], content: 'The maps are on the second floor.', enabled: true, insertion_order: 20 },
          { keys: [], content: 'The cat is called Index.', enabled: true, insertion_order: 10, constant: true },
          { keys: ['江戸'], content: '江戸の地図が一枚ある。', enabled: true, insertion_order: 20 },
          { keys: ['map'], content: 'Disabled.', enabled: false, insertion_order: 0 },
          { keys: ['ghost'], content: 'There is no ghost.', enabled: true, insertion_order: 5 },
        ],
      },
    },
  },
});
const adaptation = platformAdaptation.parse({
  sentenceMetrics: { maximum: 14, average: 9 },
  lexicalFeatures: ['no jargon', 'verbs first'],
  rhetoricalDevices: 'One question at the end.',
  tonalRange: ['calm', 'warm'],
  stylisticConstraints: { capitals: false },
  contentFormatRules: ['three paragraphs', 'no links'],
  engagementPatterns: { hook: 'a number' },
  postingFrequency: 'twice a week',
  contentTypes: ['post', 'article'],
  platformBestPractices: ['answer comments'],
  algorithmConsiderations: { firstHour: 'answer at once' },
});
const variables = { place: 'Alexandria {{user}}', user: 'Bob', closing: '18:00' };
const context = 'Bob asks for a MAP of 江戸時代の町.';

const cases: Case[] = [
  ...builtIn,
  { ...builtIn[1]!, name: 'abbey-in-context', request: { context: 'I am STUCK, please explain.' } },
  ...imported,
  { name: 'everything', config: everything, request: { variables, context, platform: { type: 'linkedin', adaptation } } },
  { name: 'everything-plain', config: everything },
];

/** The text as it is, below what else an answer says of it. */
async function goldenText({ config, request }: Case): Promise<string> {
  const { messages, hash, variables, activeDomains } = renderPrompt(config, request);
  const { content } = messages[0];
  const facts = { rendererVersion, hash, tokens: await countTokens(content), variables, activeDomains };
  return `${JSON.stringify(facts)}\n${content}\n`;
}
const fileOf = ({ name }: Case): string => `${name}.v${rendererVersion}.txt`;

describe('the prompt of', () => {
  it.each(cases)('$name is what it was', async (one) => {
    const file = join(folder, fileOf(one));
    const text = await goldenText(one);
    if (!existsSync(file)) await expect(text).toMatchFileSnapshot(file);
    else expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it('no persona stands there without being rendered', () => {
    const current = readdirSync(folder).filter((name) => name.endsWith(`.v${rendererVersion}.txt`));
    expect(current.toSorted()).toEqual(cases.map(fileOf).toSorted());
  });
});
