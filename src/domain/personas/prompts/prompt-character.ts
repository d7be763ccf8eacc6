/**
 * What the prompt takes from the character card that a persona was imported from (Character Card V1–V3). A card
 * is kept as it came, so nothing is known of the form of its members: what is not a text, a list or a number
 * where one belongs counts as absent.
 */
import { cardFrom } from '../cards/card-export.js';
import type { PersonaConfig } from '../persona-config.js';
import { highestFirst, paragraphs, section } from './prompt-sections.js';
import { occursIn, type Occurs } from './prompt-words.js';

type Loose = Readonly<Record<string, unknown>>;

const textIn = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
const listIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const looseIn = (value: unknown): Loose =>
  typeof value === 'object' && value !== null ? (value as Loose) : {};

/**
 * The fields of a persona's card as an export would have them: a description or a personality that was edited
 * since is the edited one. Undefined for a persona without a card.
 */
export const characterIn = (config: PersonaConfig): Loose | undefined =>
  config.card && looseIn(cardFrom(config, 'v3')['data']);

/** Whether the card describes the character, at greater length than the persona's description may. */
export const isDescribed = (character: Loose | undefined): boolean =>
  textIn(character?.['description']) !== '';

/** @param context what is known of the conversation; without it only constant lore is told */
export function characterSection(character: Loose | undefined, context: string | undefined): string {
  if (character === undefined) return '';
  const parts = [
    textIn(character['description']),
    part('Personality', textIn(character['personality'])),
    part('Scenario', textIn(character['scenario'])),
    part('Example messages', textIn(character['mes_example'])),
    part('Lore', paragraphs(lore(looseIn(character['character_book']), context))),
  ];
  return section('Character', paragraphs(parts));
}

const part = (title: string, body: string): string => (body === '' ? '' : `### ${title}\n${body}`);

/** What the card says after everything else. */
export const postHistoryInstructions = (character: Loose | undefined): string =>
  textIn(character?.['post_history_instructions']);

/** The texts of the entries that apply, lowest `insertion_order` first. */
function lore(book: Loose, context: string | undefined): string[] {
  const either = context === undefined ? undefined : occursIn(context);
  const exact = context === undefined ? undefined : occursIn(context, { anyCase: false });
  const entries = listIn(book['entries'])
    .map(looseIn)
    .filter((entry) => applies(entry, entry['case_sensitive'] === true ? exact : either));
  const order = ({ insertion_order: order }: Loose): number => (typeof order === 'number' ? order : 0);
  return highestFirst(entries, (entry) => -order(entry)).map(({ content }) => textIn(content));
}

function applies(entry: Loose, occurs: Occurs | undefined): boolean {
  if (entry['enabled'] === false) return false;
  if (entry['constant'] === true) return true;
  // Patterns of strangers are not run: one of them could take for ever.
  if (occurs === undefined || entry['use_regex'] === true) return false;
  const oneOf = (keys: unknown[]): boolean => keys.some((key) => occurs(textIn(key)));
  const secondary = entry['selective'] === true ? listIn(entry['secondary_keys']) : [];
  return oneOf(listIn(entry['keys'])) && (secondary.length === 0 || oneOf(secondary));
}
