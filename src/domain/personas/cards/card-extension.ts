/**
 * What a configuration says beyond the fields of a character card travels in the card all the same, in
 * `data.extensions.dramatis`. Applications keep extensions that they do not know, as the format asks them to.
 */
import { z } from 'zod';
import { subjectIn } from './card-subject.js';
import type { PortableConfig } from './character-card.js';
import { isObject } from '../../json-pointer.js';
import { givenRules, givenShape } from '../persona-config.js';
import type { Card } from '../persona-facets.js';

type Fields = Record<string, unknown>;

const { card: _, ...portableShape } = givenShape;

const replaced = z.strictObject({
  /** `data.extensions`, where it was no object. */
  extensions: z.unknown().optional(),
  /** `data.extensions.dramatis`, where it was none of ours. */
  dramatis: z
    .unknown()
    .refine((value) => !isOurs(value))
    .optional(),
});

const extension = z.strictObject({
  formatVersion: z.literal(1),
  /** The members that the fields of the card do not tell. */
  config: z.strictObject(portableShape).superRefine(givenRules),
  /** What stood in its place; it comes back when the extension is taken out. */
  replaced: replaced.optional(),
});

/** An extension inside an extension would come out as one: there is none. */
function isOurs(value: unknown): boolean {
  return extension.safeParse(value).success;
}

const extensionIn = ({ extensions }: Fields): unknown =>
  isObject(extensions) && Object.hasOwn(extensions, 'dramatis') ? extensions['dramatis'] : undefined;

/** A card without its extension, and the members of a configuration that the extension held. */
export interface SplitCard {
  bare: Card;
  beyond?: Beyond;
}
/** What a configuration says beyond the fields of its card. */
export type Beyond = Partial<PortableConfig>;

/** Takes a valid extension out of a card; what is no valid one is the card's own and stays. */
export function split(card: Card): SplitCard {
  const given = extensionIn(card.data);
  if (given === undefined) return { bare: card };
  const parsed = extension.safeParse(given);
  const namesSubject = subjectIn(card.data) !== undefined;
  if (!parsed.success && !namesSubject) return { bare: card };
  const bare = { ...card, data: restored(card.data, parsed.data?.replaced) };
  return parsed.success && !namesSubject ? { bare, beyond: parsed.data.config } : { bare };
}

/** The fields as they were before the extension was put in. */
function restored(data: Fields, former: z.output<typeof replaced> = {}): Fields {
  const { dramatis: _, ...others } = data['extensions'] as Fields;
  if (former.extensions !== undefined && Object.keys(others).length === 0) {
    return { ...data, extensions: former.extensions };
  }
  const extensions = former.dramatis === undefined ? others : { ...others, dramatis: former.dramatis };
  return { ...data, extensions };
}

/** The card with an extension. */
export function withExtension(card: Card, config: Beyond): Card {
  const { extensions } = card.data;
  const dramatis: Fields = { formatVersion: 1, config };
  if (extensions !== undefined && !isObject(extensions)) dramatis['replaced'] = { extensions };
  const own = extensionIn(card.data);
  if (own !== undefined) dramatis['replaced'] = { dramatis: own };
  return {
    ...card,
    data: { ...card.data, extensions: { ...(isObject(extensions) && extensions), dramatis } },
  };
}

/** A configuration without its card, and without the facets that are about a real person. */
export function portable(config: PortableConfig): PortableConfig {
  const personal = ['identity', 'writing'] as const;
  const left = new Set<string>(['card', ...personal.filter((name) => config[name]?.subjectId !== undefined)]);
  return Object.fromEntries(Object.entries(config).filter(([name]) => !left.has(name))) as PortableConfig;
}
