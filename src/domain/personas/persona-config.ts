/**
 * The configuration of a persona (seed S3: PersonaConfiguration and its parts): every range, enum and
 * default in one place. Each top-level member is what an edit names and an event carries. Lengths count
 * UTF-16 units; a missing list is empty, a missing dictionary is absent.
 */
import { z } from 'zod';
import { clear, isSealed } from '../sealed.js';
import { withoutDefaults } from '../schema-walk.js';
import { storedSchema } from '../stored-schema.js';
import { bytes } from '../text.js';
import { dictionary, level, line, lines, priority, text } from './config-values.js';
import { card, identity, prompt, writing } from './persona-facets.js';

/** A configuration stays small enough for one event, however many edits it has seen. */
export const maxConfigBytes = 262_144;
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
  persistence: z
    .enum(['none', 'session', 'durable'])
    .optional()
    .describe('Whether memory outlives a session; durable where absent'),
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
  prompt: prompt.optional(),
  identity: identity.optional(),
  writing: writing.optional(),
  card: card.optional(),
  metadata: dictionary.optional(),
};

type Refined = { traits: { name: string }[]; knowledgeDomains: { name: string }[]; tags: string[] };

/** Bytes of a value as JSON, what is sealed counted as what it was before: base64 has four letters for three bytes. */
function sizeOf(value: unknown): number {
  let sealedBytes = 0;
  const open = (_: string, member: unknown): unknown => {
    if (!isSealed(member)) return member;
    // What only looks sealed is refused elsewhere.
    const { ct }: { ct?: unknown } = member.$sealed;
    sealedBytes += typeof ct === 'string' ? Math.floor((ct.length * 3) / 4) : 0;
    return null;
  };
  return bytes(JSON.stringify(value, open)) + sealedBytes;
}

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
  // The sealed form is never smaller, and measured in no time: nearly every configuration ends here.
  if (bytes(JSON.stringify(config)) > maxConfigBytes && sizeOf(config) > maxConfigBytes) {
    ctx.addIssue({ code: 'custom', message: 'is larger than 256 KiB' });
  }
}

export const personaConfig = z.strictObject(configShape).superRefine(configRules);
export type PersonaConfig = z.output<typeof personaConfig>;
/** A configuration as it is stored, personal members sealed: what an edited draft has to be. */
export const storedConfig = storedSchema(personaConfig).superRefine(configRules);

type ConfigMember = keyof typeof configShape;
type Given = {
  [K in ConfigMember]: z.ZodOptional<z.ZodType<PersonaConfig[K], z.input<(typeof configShape)[K]>>>;
};

const defaultOf = (node: z.ZodType): unknown =>
  (node.def as unknown as { defaultValue?: unknown }).defaultValue;

/**
 * The members of a configuration where what a client leaves out comes from elsewhere, such as a template: no
 * default is filled in, since that would pass for the client's word. The documentation tells the default.
 */
export const givenShape = Object.fromEntries(
  Object.entries(configShape).map(([name, node]) => {
    const given = withoutDefaults(node).optional();
    const value = defaultOf(node);
    return [name, value === undefined ? given : given.describe(`Default: ${JSON.stringify(value)}`)];
  }),
) as unknown as Given;

/** The rules across members, for a configuration of which members may be absent. */
export const givenRules = (given: Partial<Refined>, ctx: z.RefinementCtx): void =>
  configRules({ traits: [], knowledgeDomains: [], tags: [], ...given }, ctx);

/** The configuration in an input that has more members, each as it is and none that is absent. */
export function configIn<C extends object>(input: C): Pick<C, ConfigMember & keyof C> {
  const members = Object.entries(input).filter(([name]) => Object.hasOwn(configShape, name));
  return Object.fromEntries(members) as Pick<C, ConfigMember & keyof C>;
}
