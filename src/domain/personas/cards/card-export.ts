/** Personas as character cards. */
import { same } from '../../content-hash.js';
import { ownMember } from '../../own-member.js';
import { portable, split, withExtension } from './card-extension.js';
import { converted, derivedFrom, freshCard, mappings, specNames, type TargetSpec } from './character-card.js';
import type { PersonaConfig } from '../persona-config.js';
import type { Card } from '../persona-facets.js';

/**
 * A persona as a character card. A field that the configuration has from its card is the card's own unless it was
 * edited since; everything else of the card is as it was. What the fields of a card do not tell stands in
 * `data.extensions.dramatis`, but for what is about a real person.
 */
export function cardFrom(config: PersonaConfig, spec: TargetSpec): Record<string, unknown> {
  const told = portable(config);
  const card = config.card ? edited(told, split(config.card).bare, spec) : freshCard(told, spec);
  const derived: Record<string, unknown> = derivedFrom(card);
  const beyond = Object.fromEntries(
    Object.entries(told).filter(([name, value]) => !same(value, ownMember(derived, name))),
  );
  const isWhole = config.card !== undefined && Object.keys(beyond).length === 0;
  return documentOf(isWhole ? card : withExtension(card, beyond), spec);
}

/** The card with what the configuration says otherwise than it. */
function edited(config: Omit<PersonaConfig, 'card'>, card: Card, spec: TargetSpec): Card {
  const changed = changes(config, card);
  // Applications repeat fields beside `data` for readers of V1: those follow, where they said the same.
  const repeated = Object.entries(changed).filter(([field]) => repeats(card, field));
  const result: Card = {
    ...card,
    data: { ...card.data, ...changed },
    ...(card.outer && { outer: { ...card.outer, ...Object.fromEntries(repeated) } }),
  };
  return card.spec === spec ? result : converted(result, spec);
}

/** The fields in which the configuration says otherwise than the card, beside those that are `changed` already. */
function changes(
  config: Omit<PersonaConfig, 'card'>,
  card: Card,
  changed: Record<string, unknown> = {},
): Record<string, unknown> {
  const derived = derivedFrom({ ...card, data: { ...card.data, ...changed } });
  const more = mappings
    .filter(({ field }) => !Object.hasOwn(changed, field))
    .map(({ field, said }) => ({ field, value: said(config), former: said(derived) }))
    .filter(({ value, former }) => value !== undefined && !same(value, former))
    .map(({ field, value }): [string, unknown] => [field, value]);
  if (more.length === 0) return changed;
  // What is changed moves what blank fields are derived from: a description that was the name is written with it.
  return changes(config, card, { ...changed, ...Object.fromEntries(more) });
}

const repeats = ({ data, outer }: Card, field: string): boolean =>
  outer !== undefined && Object.hasOwn(outer, field) && same(outer[field], data[field]);

function documentOf({ specVersion, data, outer }: Card, spec: TargetSpec): Record<string, unknown> {
  const head = {
    spec: specNames[spec],
    ...(specVersion !== undefined && { spec_version: specVersion }),
    data,
  };
  return { ...head, ...outer, ...head };
}
