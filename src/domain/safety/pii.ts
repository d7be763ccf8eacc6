/** Personal data in texts: where it stands, and of which kind it is. */
import {
  creditCards,
  emails,
  ibans,
  ipAddresses,
  socialSecurityNumbers,
  type Candidate,
} from './pii-candidates.js';
import { phoneNumbers } from './phone-numbers.js';
import { piiKind, type PiiKind } from './policy-document.js';
import type { Span } from './text-pattern.js';
import type { Work } from './work.js';

/** Raised whenever something could be found in a text that was not, or the other way round. */
export const piiVersion = 1;

/** Where a piece of personal data stands, in UTF-16 code units. */
export interface PiiSpan extends Span {
  kind: PiiKind;
}
/** The same, with what it is when it is written in the one way of its kind. */
export interface PiiFound extends PiiSpan {
  value: string;
}

const detectors: Record<PiiKind, (text: string) => Iterable<Candidate>> = {
  email: emails,
  phone: phoneNumbers,
  ssn: socialSecurityNumbers,
  credit_card: creditCards,
  iban: ibans,
  ip_address: ipAddresses,
};

/** Personal data of some kinds, from left to right. Where two overlap, the longer one counts, then the earlier. */
export const findPii = (text: string, kinds: readonly PiiKind[]): PiiSpan[] =>
  apart(
    [...new Set(kinds)].flatMap((kind) => Array.from(detectors[kind](text), (one) => ({ kind, ...one }))),
    text.length,
  ).map(({ kind, start, end }) => ({ kind, start, end }));

/** What a detector does for a character of a text, and for what it finds, as work counts. */
const detecting = { character: 40, found: 2_000 };

/** Personal data of every kind, with the values, for pseudonyms; others are let go on meanwhile. */
export async function foundPii(text: string, work: Work): Promise<PiiFound[]> {
  const found: PiiFound[] = [];
  for (const kind of piiKind.options) {
    let wait = work.before(detecting.character * (text.length + 1));
    if (wait) await wait;
    for (const one of detectors[kind](text)) {
      found.push({ kind, ...one });
      wait = work.before(detecting.found);
      if (wait) await wait;
    }
  }
  return found.length === 0 ? found : apart(found, text.length);
}

/** Those that do not overlap, of a text of some length. */
function apart(found: PiiFound[], length: number): PiiFound[] {
  found.sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  // What was taken is no shorter, so where it overlaps another it covers an end of it.
  const taken = new Uint8Array(length);
  const kept = found.filter(({ start, end }) => {
    if (taken[start] || taken[end - 1]) return false;
    taken.fill(1, start, end);
    return true;
  });
  return kept.sort((a, b) => a.start - b.start);
}
