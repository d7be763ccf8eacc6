/**
 * Telephone numbers in texts. Most numbers are none: a number is one in its international form, in the North American
 * form with its separators, or after a word that says so. The library's smallest metadata is enough — it knows every
 * country's lengths and leading digits; what the larger ones add is whether a number is a mobile one.
 */
import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min';
import { RE2JS } from 're2js';
import { digitsOf, isDigit, isWord, matchesOf, standsAlone, type Candidate } from './pii-candidates.js';
import type { Span } from './text-pattern.js';

/**
 * How often a number is parsed for one text, which takes some 30 µs. What is left over after that counts as a number
 * by its shape: a text that has so many is full of them.
 */
export const maxParsed = 2_000;

const international = RE2JS.compile('[+＋] ?\\(?[0-9][0-9 ().\\-/]{5,26}');
const northAmerican = RE2JS.compile(
  '(?:\\([2-9][0-9]{2}\\) ?|[2-9][0-9]{2}[.\\-])[2-9][0-9]{2}[.\\-][0-9]{4}',
);
const anyNumber = RE2JS.compile('\\(?[0-9][0-9 ().\\-/]{5,26}');

/** Words after which a number is to be called, in the languages of the countries below. */
const announcing =
  /(?:^|[^\p{L}])(?:phone|telephone|tel|mobile|cell|cellphone|call|dial|ring|fax|whatsapp|telefon|handy|mobil|rufnummer|anrufen|téléphone|telephone|portable|appelez|teléfono|móvil|celular|llame|telefono|cellulare|telefone|telefoon)[^\p{L}]/iu;
/**
 * Where a number without a country may be at home, in the order in which it is looked for: with a 0 before it, and
 * without.
 */
const countries: Record<'trunk' | 'plain', CountryCode[]> = {
  trunk: ['GB', 'DE', 'FR', 'IT', 'NL', 'AU', 'BR'],
  plain: ['US', 'ES', 'IT', 'IN', 'BR'],
};
const date = /^(?:(?:19|20)\d\d[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./](?:19|20)\d\d)$/;
/** Characters before a number in which such a word may stand. */
const contextLength = 40;

/** How few and how many digits a number has, with its country's code (E.164). */
const lengths = { min: 7, max: 15 };

/** Parses while there is something left to spend. */
interface Budget {
  left: number;
}

/** Telephone numbers of a text; `value` is E.164 where the number could be parsed. */
export function* phoneNumbers(text: string): Generator<Candidate> {
  // A number is found by one form after the other; whichever form it is, it ends where it ends.
  const ends = new Set<number>();
  const known = new Map<string, string>();
  for (const found of announced(text, { left: maxParsed })) {
    if (ends.has(found.end)) continue;
    ends.add(found.end);
    known.set(digitsOf(text.slice(found.start, found.end)), found.value);
    yield found;
  }
  if (known.size === 0) return;
  for (const found of again(text, known)) if (!ends.has(found.end)) yield found;
}

function* announced(text: string, budget: Budget): Generator<Candidate> {
  for (const span of matchesOf(international, text, ({ start }) => start + 1)) {
    if (isWord(text[span.start - 1])) continue;
    const found = longest(text, span, (raw) => parsed(raw.replace('＋', '+'), [undefined], budget));
    if (found) yield found;
  }
  for (const span of matchesOf(northAmerican, text)) {
    const found = standsAlone(text, span, '-.') && parsed(text.slice(span.start, span.end), ['US'], budget);
    if (found) yield { ...span, value: found };
  }
  for (const span of matchesOf(anyNumber, text)) {
    if (isWord(text[span.start - 1]) || !isAnnounced(text, span.start)) continue;
    const found = longest(text, span, (raw) => national(raw, budget));
    if (found) yield found;
  }
}

function isAnnounced(text: string, start: number): boolean {
  const context = text.slice(Math.max(0, start - contextLength), start);
  return announcing.test(context.slice(context.lastIndexOf('\n') + 1));
}

/** A number without a country, but with its area. */
function national(raw: string, budget: Budget): string | undefined {
  if (date.test(raw)) return undefined;
  if (raw.startsWith('00')) return parsed(`+${raw.slice(2)}`, [undefined], budget);
  if (/^\(?0/.test(raw)) return parsed(raw, countries.trunk, budget);
  const { length } = digitsOf(raw);
  const isClear = length >= 10 || (length === 9 && length < raw.length);
  return isClear ? parsed(raw, countries.plain, budget) : undefined;
}

/** The longest part, from its beginning to the end of one of its groups, that is a number. */
function longest(
  text: string,
  { start, end: last }: Span,
  numberOf: (raw: string) => string | undefined,
): Candidate | undefined {
  for (let end = last; end > start; end--) {
    if (!isDigit(text[end - 1]) || isDigit(text[end])) continue;
    const raw = text.slice(start, end);
    const { length } = digitsOf(raw);
    if (length < lengths.min) return undefined;
    if (length > lengths.max || isWord(text[end])) continue;
    const value = numberOf(raw);
    if (value !== undefined) return { start, end, value };
  }
  return undefined;
}

function parsed(raw: string, homes: (CountryCode | undefined)[], budget: Budget): string | undefined {
  for (const defaultCountry of homes) {
    if (budget.left === 0) return digitsOf(raw);
    budget.left--;
    const number = parsePhoneNumberFromString(raw, {
      extract: false,
      ...(defaultCountry && { defaultCountry }),
    });
    if (number?.isValid()) return number.number;
  }
  return undefined;
}

/** The same numbers elsewhere in the text, where nothing says what they are. */
function* again(text: string, known: ReadonlyMap<string, string>): Generator<Candidate> {
  for (const { start, end: last } of matchesOf(anyNumber, text)) {
    let end = last;
    while (!isDigit(text[end - 1])) end--;
    const value = known.get(digitsOf(text.slice(start, end)));
    if (value !== undefined && !isWord(text[start - 1]) && !isWord(text[end])) yield { start, end, value };
  }
}
