/**
 * The configuration of a persona (seed S3: PersonaConfiguration and its parts): every range, enum and
 * default in one place. Each top-level member is what an edit names and an event carries. Lengths count
 * UTF-16 units; a missing list is empty, a missing dictionary is absent.
 */
import { z } from 'zod';
import { clear } from '../sealed.js';
import { bytes, isTooLarge, line as anyLine, text as anyText } from '../text.js';

/** A configuration stays small enough for one event, however many edits it has seen. */
export const maxConfigBytes = 262_144;
const maxDepth = 16;

/** Member names that mean something to JavaScript: never a key, never a step of a pointer. */
export const hostileTokens: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);

const text = (max: number) => clear(anyText(max));
const line = (max: number) => clear(anyLine(max));

/** Why a JSON value may not be kept, or null: patches can build what no single input may hold. */
export function jsonProblem(value: unknown, depth = 0): string | null {
  if (typeof value === 'string') return isTooLarge(value) ? 'holds a text larger than 64 KiB' : null;
  if (typeof value !== 'object' || value === null) return null;
  if (depth > maxDepth) return `is nested deeper than ${maxDepth}`;
  for (const [name, member] of Object.entries(value)) {
    if (hostileTokens.has(name)) return `has a member called ${name}`;
    const problem = jsonProblem(member, depth + 1);
    if (problem) return problem;
  }
  return null;
}

/** A free dictionary of JSON values. */
const dictionary = clear(
  z.record(clear(z.string().min(1).max(100)), z.unknown()).superRefine((value, ctx) => {
    const problem = jsonProblem(value);
    if (problem) ctx.addIssue({ code: 'custom', message: problem });
  }),
);

const level = z.int().min(1).max(10);
const priority = level.default(5).describe('The higher number wins');
const lines = (max: number, count: number) => z.array(line(max)).max(count).default([]);

export const traitCategory = z.enum(['personality', 'communication', 'expertise', 'behavioral', 'cognitive']);
export const responseStyleType = z.enum([
  'formal',
  'casual',
  'technical',
  'creative',
  'educational',
  'empathetic',
]);
export const interactionMode = z.enum([
  'conversational',
  'task_oriented',
  'analytical',
  'creative',
  'advisory',
]);

export const trait = z.strictObject({
  name: line(100),
  category: traitCategory,
  value: z.union([z.number().min(0).max(100), text(1_000), z.boolean()], {
    error: 'must be a number from 0 to 100, a text or a boolean',
  }),
  weight: z.number().min(0).max(10).default(1),
  description: text(500).optional(),
  metadata: dictionary.optional(),
});

export const responseStyle = z.strictObject({
  type: responseStyleType,
  tone: line(50),
  formalityLevel: level,
  verbosity: level,
  useExamples: z.boolean().default(true),
  useAnalogies: z.boolean().default(false),
  emojiUsage: z.boolean().default(false),
  formattingPreferences: dictionary.optional(),
});

export const knowledgeDomain = z.strictObject({
  name: line(100),
  expertiseLevel: level,
  topics: z.array(line(200)).min(1).max(100),
  relatedTools: lines(200, 100),
  contextKeywords: lines(200, 100),
  priority,
});

export const behaviorRule = z.strictObject({
  condition: text(2_000),
  action: text(2_000),
  priority,
  isMandatory: z.boolean().default(false),
  exceptions: z.array(text(1_000)).max(50).default([]),
  metadata: dictionary.optional(),
});

export const memory = z.strictObject({
  retentionPeriodHours: z.number().min(0).max(1_000_000).default(24).describe('0 keeps for ever'),
  maxContextTokens: z.int().min(100).max(32_000).default(4_000),
  summarizationThreshold: z.int().min(100).max(1_000_000).default(2_000),
  priorityTopics: lines(200, 100),
  forgetPatterns: z.array(text(500)).max(100).default([]),
  useSemanticCompression: z.boolean().default(true),
  memoryIndexingEnabled: z.boolean().default(true),
});

export const voice = z.strictObject({
  voiceId: line(200).optional(),
  provider: line(100).optional(),
  language: clear(
    z
      .string()
      .max(35)
      .regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, 'must be a language tag, such as en-US'),
  ).default('en-US'),
  gender: line(50).optional(),
  ageRange: line(50).optional(),
  speakingRate: z.number().min(0.5).max(2).default(1),
  pitch: z.number().min(0.5).max(2).default(1),
  volume: z.number().min(0).max(1).default(1),
  emotionStyle: line(100).optional(),
  customSettings: dictionary.optional(),
});

/** The members of a configuration; a registration has the same ones at its top level. */
export const configShape = {
  name: line(100),
  description: text(1_000),
  avatarUrl: clear(z.url({ protocol: /^https?$/ }).max(2_048)).optional(),
  traits: z.array(trait).min(1).max(100),
  responseStyle,
  knowledgeDomains: z.array(knowledgeDomain).max(100).default([]),
  behaviorRules: z.array(behaviorRule).max(200).default([]),
  memory: memory.prefault({}),
  voice: voice.optional(),
  interactionMode: interactionMode.default('conversational'),
  systemPromptTemplate: text(65_536).optional(),
  temperature: z.number().min(0).max(2).default(0.7),
  maxTokens: z.int().min(100).max(32_000).default(2_000),
  modelPreferences: lines(100, 50),
  tags: lines(50, 100),
  metadata: dictionary.optional(),
};

type Refined = { traits: { name: string }[]; knowledgeDomains: { name: string }[]; tags: string[] };

/** The rules across members: what is told apart by its name has a name of its own. */
export function configRules(config: Refined, ctx: z.RefinementCtx): void {
  const unique = (names: string[], path: (index: number) => (string | number)[], what: string): void => {
    names.forEach((name, index) => {
      if (names.indexOf(name) === index) return;
      ctx.addIssue({ code: 'custom', path: path(index), message: `there is another ${what} of this name` });
    });
  };
  const names = (list: { name: string }[]): string[] => list.map(({ name }) => name);
  unique(names(config.traits), (index) => ['traits', index, 'name'], 'trait');
  unique(names(config.knowledgeDomains), (index) => ['knowledgeDomains', index, 'name'], 'domain');
  unique(config.tags, (index) => ['tags', index], 'tag');
  if (bytes(JSON.stringify(config)) > maxConfigBytes) {
    ctx.addIssue({ code: 'custom', message: 'is larger than 256 KiB' });
  }
}

export const personaConfig = z.strictObject(configShape).superRefine(configRules);
export type PersonaConfig = z.output<typeof personaConfig>;

/** The configuration in an input that has more members, each as it is and none that is absent. */
export function configIn(input: PersonaConfig): PersonaConfig {
  const members = Object.entries(input).filter(([name]) => Object.hasOwn(configShape, name));
  return Object.fromEntries(members) as PersonaConfig;
}
