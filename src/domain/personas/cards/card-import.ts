/** Character cards of others as personas. */
import { z } from 'zod';
import { same } from '../../content-hash.js';
import type { FieldError } from '../../kernel.js';
import { clear } from '../../sealed.js';
import { bytes } from '../../text.js';
import { split } from './card-extension.js';
import { subjectIn } from './card-subject.js';
import { unkeepable } from './card-limits.js';
import {
  derivedFrom,
  freshCard,
  isSilent,
  mappings,
  specNames,
  type PortableConfig,
} from './character-card.js';
import { saysSomething, textOf } from './fitted-text.js';
import { isObject, pointerOf, tokensOf } from '../../json-pointer.js';
import { maxConfigBytes, type PersonaConfig } from '../persona-config.js';
import type { Card } from '../persona-facets.js';

type Fields = Record<string, unknown>;

const maxSpecVersion = 20;

/** The facet of a card, whatever it holds. */
function facetOf(json: Fields): Card {
  const { spec, spec_version: version, data, ...others } = json;
  if (!isObject(data) || (isSilent(data) && !isSilent(json))) return { spec: 'v1', data: json };
  const outer: Fields = { ...others };
  const known = Object.values(specNames).some((name) => name === spec);
  if (!known && spec !== undefined) outer['spec'] = spec;
  const isVersion = typeof version === 'string' && version.length <= maxSpecVersion;
  if (!isVersion && version !== undefined) outer['spec_version'] = version;
  const isThird = spec === specNames.v3 || (!known && /^3|v3$/.test(`${textOf(version)} ${textOf(spec)}`));
  return {
    spec: isThird ? 'v3' : 'v2',
    ...(isVersion && { specVersion: version }),
    data,
    ...(Object.keys(outer).length > 0 && { outer }),
  };
}

/**
 * The steps to what a card tells of a real person: in its fields, or beside them, where another reader may look
 * for them.
 */
function personIn(json: Fields): string[] | undefined {
  const { data } = json;
  const steps = isObject(data) ? subjectIn(data) : undefined;
  return steps ? ['data', ...steps] : subjectIn(json);
}

/** What cannot be kept of a card as a facet has it; the pointer leads into the card. */
function faultIn(json: unknown): FieldError | Card {
  if (!isObject(json)) return { pointer: '', detail: 'is no character card: a card is an object' };
  const unsafe = unkeepable(json);
  if (unsafe) return unsafe;
  const card = facetOf(json);
  const at = card.spec === 'v1' ? [] : ['data'];
  const person = personIn(json);
  if (person) return { pointer: pointerOf(person), detail: 'a card tells nothing of a real person' };
  const { bare } = split(card);
  const tooDeep = unkeepable(bare.data, at, true) ?? unkeepable(bare.outer ?? {}, [], true);
  if (tooDeep) return tooDeep;
  if (isSilent(card.data)) {
    return { pointer: pointerOf(at), detail: 'is no character card: it has neither a name nor a text' };
  }
  return card;
}

export type CardReading =
  { card: Card; /** What `configFromCard` makes of it. */ config: PersonaConfig } | { refused: FieldError[] };

/**
 * Reads a character card: V1, V2 or V3. What is wrong in a field that Dramatis does not use is kept; refused is
 * what is no card, what cannot be stored, and what is about a real person.
 */
export function cardIn(json: unknown): CardReading {
  const found = faultIn(json);
  if ('detail' in found) return { refused: [found] };
  const config = configFromCard(found);
  if (bytes(JSON.stringify(config)) <= maxConfigBytes) return { card: found, config };
  return { refused: [{ pointer: '', detail: 'makes a configuration that is larger than 256 KiB' }] };
}

/**
 * The configuration that a card makes: valid and complete, with the card in it. A card that Dramatis made is the
 * configuration it was made of, but for the fields that were edited since.
 */
export function configFromCard(card: Card): PersonaConfig {
  const { bare, beyond } = split(card);
  const derived = derivedFrom(bare);
  if (!beyond) return { ...derived, card: bare };
  const config = { ...derived, ...beyond };
  // A card that was made of the configuration alone is made again when it is wanted: nothing of it is kept.
  if (bare.spec !== 'v1' && same(bare, freshCard(config, bare.spec))) return config;
  return { ...withEdits(config, bare, derived), card: bare };
}

/** The configuration with the fields that the card says otherwise than when it was written. */
function withEdits(config: PortableConfig, { data }: Card, derived: PortableConfig): PortableConfig {
  return mappings.reduce((current, { field, maySayNothing, said, taken }) => {
    const [own, formerly] = [data[field], said(config)];
    if (formerly === undefined || same(said(derived), formerly) || same(own, formerly)) return current;
    return maySayNothing || saysSomething(textOf(own)) ? taken(current, derived) : current;
  }, config);
}

/** A character card as an input: a V1, V2 or V3 document. */
export const cardInput = clear(
  z
    .record(z.string(), z.unknown())
    .superRefine((json, ctx) => {
      const reading = cardIn(json);
      if (!('refused' in reading)) return;
      for (const { pointer, detail } of reading.refused) {
        ctx.addIssue({ code: 'custom', path: tokensOf(pointer), message: detail });
      }
    })
    .describe('A character card: V1, V2 or V3'),
);

/** The configuration of a card that `cardInput` has let through. */
export function personaFromCard(json: Record<string, unknown>): PersonaConfig {
  const reading = cardIn(json);
  if ('refused' in reading) throw new Error('a card that was refused makes no persona');
  return reading.config;
}
