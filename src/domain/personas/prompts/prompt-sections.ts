/** The sections of a prompt that every persona has: instruction, traits, style, knowledge, rules. */
import type { PersonaConfig } from '../persona-config.js';
import { bullets, outlineOf } from './prompt-outline.js';
import type { Occurs } from './prompt-words.js';

type Domain = PersonaConfig['knowledgeDomains'][number];
type Trait = PersonaConfig['traits'][number];
type Rule = PersonaConfig['behaviorRules'][number];

/** A section under its heading; nothing where there is nothing to say. */
export const section = (title: string, body: string): string => (body === '' ? '' : `## ${title}\n${body}`);

/** Texts one below the other with a blank line between; blank ones leave nothing. */
export const paragraphs = (texts: readonly (string | undefined)[]): string =>
  texts
    .map((text) => text?.trim() ?? '')
    .filter((text) => text !== '')
    .join('\n\n');

/** A copy with the highest first; the sort is stable, so that equal ones stay in the order of the list. */
export const highestFirst = <T>(list: readonly T[], of: (item: T) => number): T[] =>
  [...list].sort((a, b) => of(b) - of(a));

/**
 * What the persona is told first: its template and what is editable of its prompt.
 * @param isDescribed whether a section that follows describes the persona, so that the name is enough
 */
export function instruction(config: PersonaConfig, isDescribed: boolean): string {
  const written = paragraphs([config.systemPromptTemplate, config.prompt?.content?.editableContent]);
  return written || paragraphs([`You are ${config.name}.`, isDescribed ? '' : config.description]);
}

/** A persona with a card has its personality in the trait `character`: the section on the character tells it. */
const isToldElsewhere = ({ name, value }: Trait, { card }: PersonaConfig): boolean =>
  card !== undefined && name === 'character' && typeof value === 'string';

export function traitsSection(config: PersonaConfig): string {
  const traits = config.traits.filter((trait) => !isToldElsewhere(trait, config));
  const entries = highestFirst(traits, ({ weight }) => weight).map(
    (trait) => [trait.name, traitText(trait)] as const,
  );
  return section('Traits', outlineOf(entries));
}

function traitText({ value, description }: Trait): string {
  const shown =
    typeof value === 'number' ? `${value}/100` : typeof value === 'boolean' ? yesNo(value) : value.trim();
  return description === undefined ? shown : `${shown} — ${description.trim()}`;
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

export function styleSection({ responseStyle: style }: PersonaConfig): string {
  const entries = [
    ['Style', style.type],
    ['Tone', style.tone],
    ['Formality', `${style.formalityLevel}/10`],
    ['Verbosity', `${style.verbosity}/10`],
    ['Use examples', style.useExamples],
    ['Use analogies', style.useAnalogies],
    ['Use emoji', style.emojiUsage],
    ['Formatting', style.formattingPreferences],
  ] as const;
  return section('Response style', outlineOf(entries));
}

/**
 * The domains that apply, the most important first: those without keywords, and those of whose keywords one
 * occurs. Where nothing is known of the conversation, all.
 */
export function domainsFor(config: PersonaConfig, occurs: Occurs | undefined): Domain[] {
  const isActive = ({ contextKeywords }: Domain): boolean =>
    occurs === undefined || contextKeywords.length === 0 || contextKeywords.some(occurs);
  return highestFirst(config.knowledgeDomains.filter(isActive), ({ priority }) => priority);
}

export function knowledgeSection(domains: readonly Domain[]): string {
  const items = domains.map(({ name, expertiseLevel, topics, relatedTools }) => {
    const tools = relatedTools.length > 0 ? `\nTools: ${relatedTools.join(', ')}` : '';
    return `${name} (expertise ${expertiseLevel}/10): ${topics.join(', ')}${tools}`;
  });
  return section('Knowledge', bullets(items));
}

const conflictRule = 'Where rules conflict, the one further up wins.';
const mandatoryRule = 'A rule marked [mandatory] holds without any exception but those it names.';

export function rulesSection({ behaviorRules }: PersonaConfig): string {
  if (behaviorRules.length === 0) return '';
  const rules = highestFirst(behaviorRules, ({ priority }) => priority);
  const intro = rules.some(({ isMandatory }) => isMandatory)
    ? `${conflictRule} ${mandatoryRule}`
    : conflictRule;
  return section('Rules', `${intro}\n${bullets(rules.map(ruleText))}`);
}

const ruleText = ({ condition, action, isMandatory, exceptions }: Rule): string =>
  [
    `${isMandatory ? '[mandatory] ' : ''}When: ${condition.trim()}`,
    `Then: ${action.trim()}`,
    ...exceptions.map((exception) => `Except: ${exception.trim()}`),
  ].join('\n');
