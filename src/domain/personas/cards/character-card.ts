/**
 * What a character card says of a persona, and the other way round: the one mapping that import and export share
 * (docs/character-cards.md). Formats: V1 (fields at the top level), V2 (`chara_card_v2`) and V3
 * (`chara_card_v3`), both with their fields in `data`.
 */
import { beginning, fittedLine, fittedText, saysSomething, textOf } from './fitted-text.js';
import { isObject } from '../../json-pointer.js';
import { personaConfig, type PersonaConfig } from '../persona-config.js';
import type { Card } from '../persona-facets.js';

/** The specifications that a card can be exported to. */
export type TargetSpec = 'v2' | 'v3';
/** A configuration as a card carries it: without the card itself. */
export type PortableConfig = Omit<PersonaConfig, 'card'>;

type Fields = Record<string, unknown>;

export const specNames = { v2: 'chara_card_v2', v3: 'chara_card_v3' } as const;
const specVersions = { v2: '2.0', v3: '3.0' } as const;

/** Fields of V1 beside the name. */
const textFields = ['description', 'personality', 'scenario', 'first_mes', 'mes_example'] as const;
/** Fields of V2 beside those. */
const moreTexts = [
  'creator_notes',
  'system_prompt',
  'post_history_instructions',
  'creator',
  'character_version',
];

/** The fields that a specification requires, in the form that says nothing. */
function emptyFields(spec: TargetSpec): Fields {
  return {
    name: '',
    ...Object.fromEntries([...textFields, ...moreTexts].map((name) => [name, ''])),
    alternate_greetings: [],
    tags: [],
    extensions: {},
    ...(spec === 'v3' && { group_only_greetings: [] }),
  };
}

/** Whether the fields of a card say anything at all. */
export const isSilent = (data: Fields): boolean =>
  !['name', ...textFields, 'creator_notes', 'system_prompt', 'post_history_instructions'].some((name) =>
    saysSomething(textOf(data[name])),
  );

const maxName = 100;
const maxDescription = 1_000;
const maxTag = 50;
const maxTags = 100;
const maxTraitText = 1_000;
/** Of a personality that is told by traits. */
const maxPersonality = 4_000;
const unnamed = 'Unnamed character';

/** The trait that is a card's personality. */
const characterTrait = 'character';
type Trait = PersonaConfig['traits'][number];

/** Everything that a card says nothing about. */
const plain = personaConfig.parse({
  name: unnamed,
  description: unnamed,
  traits: [{ name: characterTrait, category: 'personality', value: unnamed }],
  responseStyle: { type: 'creative', tone: 'in character', formalityLevel: 5, verbosity: 5 },
});

/** The tags of a card, unique and each on its line; some applications write them as one text with commas. */
function tagsIn(given: unknown): string[] {
  const list: unknown[] = Array.isArray(given) ? given : textOf(given).split(',');
  const fitted = list.map((tag) => fittedLine(textOf(tag), maxTag));
  return [...new Set(fitted)].filter((tag) => tag !== '').slice(0, maxTags);
}

/** The configuration that the fields of a card make; whatever they are, it is valid. */
export function derivedFrom({ data }: Card): PersonaConfig {
  const said = (...names: string[]): string =>
    names.map((name) => textOf(data[name])).find(saysSomething) ?? '';
  const name = fittedLine(said('name'), maxName) || unnamed;
  const describing = said('description', 'personality', 'scenario', 'creator_notes');
  const systemPrompt = said('system_prompt');
  return {
    ...plain,
    name,
    description: fittedText(describing, maxDescription) || name,
    traits: [{ ...plain.traits[0]!, value: fittedText(said('personality'), maxTraitText) || name }],
    tags: tagsIn(data['tags']),
    ...(systemPrompt !== '' && { systemPromptTemplate: systemPrompt }),
  };
}

/** A field of a card that is a member of the configuration as well. */
interface Mapping {
  field: string;
  /** Whether an empty field says something too: that there is none. */
  maySayNothing: boolean;
  /** What a configuration says the field is; undefined where it says nothing of it. */
  said: (config: PortableConfig) => unknown;
  /** A configuration with what another one says the field is. */
  taken: (config: PortableConfig, from: PortableConfig) => PortableConfig;
}

const isCharacter = ({ name, value }: Trait): boolean => name === characterTrait && typeof value === 'string';
const characterOf = ({ traits }: PortableConfig): Trait | undefined => traits.find(isCharacter);

export const mappings: readonly Mapping[] = [
  {
    field: 'name',
    maySayNothing: false,
    said: ({ name }) => name,
    taken: (config, { name }) => ({ ...config, name }),
  },
  {
    field: 'description',
    maySayNothing: false,
    said: ({ description }) => description,
    taken: (config, { description }) => ({ ...config, description }),
  },
  {
    field: 'personality',
    maySayNothing: false,
    said: (config) => characterOf(config)?.value,
    taken: (config, from) => ({
      ...config,
      traits: config.traits.map((trait) =>
        isCharacter(trait) ? { ...trait, value: characterOf(from)!.value } : trait,
      ),
    }),
  },
  {
    field: 'system_prompt',
    maySayNothing: true,
    said: ({ systemPromptTemplate }) => systemPromptTemplate ?? '',
    taken: ({ systemPromptTemplate: _, ...config }, { systemPromptTemplate: given }) =>
      given === undefined ? config : { ...config, systemPromptTemplate: given },
  },
  {
    field: 'tags',
    maySayNothing: true,
    said: ({ tags }) => tags,
    taken: (config, { tags }) => ({ ...config, tags }),
  },
];

/** A trait in words. */
function told({ name, value }: Trait): string {
  if (typeof value === 'boolean') return value ? name : `not ${name}`;
  return typeof value === 'number' ? `${name}: ${value}/100` : `${name}: ${value}`;
}

const personalityOf = (config: PortableConfig): unknown =>
  characterOf(config)?.value ?? beginning(config.traits.map(told).join('; '), maxPersonality);

/** The card of a persona that none was imported for. */
export function freshCard(config: PortableConfig, spec: TargetSpec): Card {
  const fields = mappings.map(({ field, said }) => [field, said(config)]);
  const data = { ...Object.fromEntries(fields), personality: personalityOf(config) } as Fields;
  return { spec, specVersion: specVersions[spec], data: { ...emptyFields(spec), ...data } };
}

/** An entry of a lorebook as V3 has it: it tells whether its keys are patterns. */
const withRegexFlag = (entry: unknown): unknown =>
  isObject(entry) && !Object.hasOwn(entry, 'use_regex') ? { ...entry, use_regex: false } : entry;

/** The same card by another specification; what that requires and is missing comes in its empty form. */
export function converted({ data, outer }: Card, spec: TargetSpec): Card {
  const { spec: _, spec_version: __, ...rest } = outer ?? {};
  const fields: Fields = { ...emptyFields(spec), ...data };
  const book = fields['character_book'];
  if (spec === 'v3' && isObject(book) && Array.isArray(book['entries'])) {
    fields['character_book'] = { ...book, entries: book['entries'].map(withRegexFlag) };
  }
  return { spec, specVersion: specVersions[spec], data: fields, ...(!isEmpty(rest) && { outer: rest }) };
}

const isEmpty = (fields: Fields): boolean => Object.keys(fields).length === 0;
