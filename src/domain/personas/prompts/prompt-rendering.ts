/**
 * The system prompt of a persona, written from its configuration: section by section in a fixed order, without
 * a clock, without chance, without a model. docs/prompt-rendering.md is the specification.
 */
import { contentHash } from '../../content-hash.js';
import type { PersonaConfig } from '../persona-config.js';
import type { PlatformAdaptation } from '../platform-adaptation.js';
import { characterIn, characterSection, isDescribed, postHistoryInstructions } from './prompt-character.js';
import { identitySection, platformSection, writingSection } from './prompt-facets.js';
import {
  domainsFor,
  instruction,
  knowledgeSection,
  rulesSection,
  styleSection,
  traitsSection,
} from './prompt-sections.js';
import { openVariables } from './prompt-variables.js';
import { occursIn } from './prompt-words.js';

/**
 * What changes any output gets a new number, so that equal hashes go on meaning equal prompts: the golden
 * outputs fail otherwise.
 */
export const rendererVersion = 1;

/** UTF-16 units of a prompt. A short text can name a long value a great many times. */
export const maxPromptLength = 1_048_576;

export interface PromptRequest {
  /** Values by name; `char` is the persona's name unless it is given. */
  variables?: Readonly<Record<string, string>> | undefined;
  /** What is known of the conversation: it decides which domains and lore apply. Without it, all domains and no keyed lore. */
  context?: string | undefined;
  /** How the persona appears on the platform that it speaks on. */
  platform?: { type: string; adaptation: PlatformAdaptation } | undefined;
}

/** What a caller needs beside the text to run a persona. */
export type PromptParameters = Pick<
  PersonaConfig,
  'temperature' | 'maxTokens' | 'modelPreferences' | 'interactionMode'
> &
  Partial<
    Pick<NonNullable<PersonaConfig['prompt']>, 'provider' | 'model' | 'allowedTools' | 'allowedSkills'>
  >;

export interface RenderedPrompt {
  messages: [{ role: 'system'; content: string }];
  /** Content hash of `{ rendererVersion, messages }`. */
  hash: string;
  rendererVersion: typeof rendererVersion;
  parameters: PromptParameters;
  /** Names of the variables in the text, each once, in order of first appearance. */
  variables: { used: string[]; unknown: string[] };
  /** Names of the knowledge domains in the text, in its order. */
  activeDomains: string[];
  /** The text is longer than `maxPromptLength`, or would be if all values were in it: not to be used. */
  isTooLarge: boolean;
}

/**
 * Renders the system prompt of a configuration whose sealed members were opened; what is still sealed, or was
 * erased, is left out. Total and pure: equal content gives equal bytes, in whatever order its members come.
 */
export function renderPrompt(
  config: PersonaConfig,
  { variables, context, platform }: PromptRequest = {},
): RenderedPrompt {
  const domains = domainsFor(config, context === undefined ? undefined : occursIn(context));
  const character = characterIn(config);
  const filling = openVariables({ char: config.name, ...variables }, maxPromptLength);
  const between = [
    instruction(config, isDescribed(character)),
    characterSection(character, context),
    identitySection(config.identity),
    traitsSection(config),
    styleSection(config),
    knowledgeSection(domains),
    rulesSection(config),
    writingSection(config.writing),
    platformSection(platform),
    postHistoryInstructions(character),
  ].map((text) => filling.fill(text).trim());
  // Nothing may change the locked parts, so variables are none in them.
  const { startLocked = '', endLocked = '' } = config.prompt?.content ?? {};
  const content = [startLocked, ...between, endLocked].filter((text) => text !== '').join('\n\n');
  const messages: RenderedPrompt['messages'] = [{ role: 'system', content }];
  return {
    messages,
    hash: contentHash({ rendererVersion, messages }),
    rendererVersion,
    parameters: parametersOf(config),
    variables: { used: filling.used(), unknown: filling.unknown() },
    activeDomains: domains.map(({ name }) => name),
    isTooLarge: filling.isOverfull() || content.length > maxPromptLength,
  };
}

function parametersOf(config: PersonaConfig): PromptParameters {
  const { temperature, maxTokens, modelPreferences, interactionMode } = config;
  const { provider, model, allowedTools, allowedSkills } = config.prompt ?? {};
  return {
    temperature,
    maxTokens,
    modelPreferences,
    interactionMode,
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    ...(allowedTools !== undefined && { allowedTools }),
    ...(allowedSkills !== undefined && { allowedSkills }),
  };
}
