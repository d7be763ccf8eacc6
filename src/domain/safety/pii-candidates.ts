/**
 * Personal data that is known by its structure: each detector looks for what has the shape by patterns that are linear
 * in the text, and lets a library confirm it. A candidate is of bounded length and is confirmed in a bounded number of
 * attempts, so no text makes it slow.
 */
import { RE2JS } from 're2js';
import isCreditCard from 'validator/lib/isCreditCard.js';
import isEmail from 'validator/lib/isEmail.js';
import ibanModule from 'validator/lib/isIBAN.js';
import isIp from 'validator/lib/isIP.js';
import isLuhnNumber from 'validator/lib/isLuhnNumber.js';
import type { Span } from './text-pattern.js';

/** Node gives the whole CommonJS module where loaders of tests give its default. */
const isIban = ibanModule.default ?? ibanModule;

/** What was found, and what it is when it is written in the one way of its kind. */
export interface Candidate extends Span {
  value: string;
}

export const isDigit = (char: string | undefined): boolean =>
  char !== undefined && char >= '0' && char <= '9';
/** Whether a character goes on with the word or number beside it. */
export const isWord = (char: string | undefined): boolean =>
  char !== undefined && /^[\p{L}\p{N}_]$/u.test(char);
export const digitsOf = (text: string): string => text.replace(/[^0-9]/g, '');

/**
 * Whether a number stands for itself: it is no part of a word, of a longer number, or of a chain of numbers that one
 * of the joints holds together.
 */
export function standsAlone(text: string, { start, end }: Span, joints: string): boolean {
  const [before, after] = [text[start - 1], text[end]];
  if (isWord(before) || isWord(after)) return false;
  if (before !== undefined && joints.includes(before) && isDigit(text[start - 2])) return false;
  return !(after !== undefined && joints.includes(after) && isDigit(text[end + 1]));
}

/** Matches of a pattern, each looked for from where `from` says after the former one. */
export function* matchesOf(
  pattern: RE2JS,
  text: string,
  from: (span: Span) => number = ({ end }) => end,
): Generator<Span> {
  const matcher = pattern.matcher(text);
  for (let at = 0; at < text.length && matcher.find(at);) {
    const span = { start: matcher.start(), end: matcher.end() };
    yield span;
    at = Math.max(from(span), span.start + 1);
  }
}

const emailShape = RE2JS.compile(
  "[\\p{L}\\p{N}_][\\p{L}\\p{N}._%+&'-]*@[\\p{L}\\p{N}-]+(?:\\.[\\p{L}\\p{N}-]+)+",
);
/** Parts of a domain that may be too many, as where a sentence goes on without a space. */
const maxDroppedLabels = 5;
/** Of an address, in characters (RFC 5321). */
const maxEmail = 254;

/** E-mail addresses; without their quotes, and without what a sentence leaves around them. */
export function* emails(text: string): Generator<Candidate> {
  for (const { start, end } of matchesOf(emailShape, text)) {
    const at = text.indexOf('@', start);
    const gap = text.slice(start, at).lastIndexOf('..');
    const from = gap < 0 ? start : start + gap + 2;
    let to = end;
    for (let dropped = 0; dropped <= maxDroppedLabels && to > at; dropped++) {
      while (text[to - 1] === '-') to--;
      if (to - from <= maxEmail && isEmail.default(text.slice(from, to))) {
        yield { start: from, end: to, value: text.slice(from, to).toLowerCase() };
        break;
      }
      to = text.lastIndexOf('.', to - 1);
    }
  }
}

const ssnShape = RE2JS.compile('[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}');
/** Characters before a number in which it may be said what it is. */
const contextLength = 40;
const before = (text: string, start: number): string =>
  text.slice(Math.max(0, start - contextLength), start).toLowerCase();

/**
 * US social security numbers: area 001–899 without 666, group 01–99, serial 0001–9999. Without dashes only where it is
 * said that it is one.
 */
export function* socialSecurityNumbers(text: string): Generator<Candidate> {
  for (const span of matchesOf(ssnShape, text, ({ start, end }) => (end - start > 9 ? start + 1 : end))) {
    const raw = text.slice(span.start, span.end);
    const digits = digitsOf(raw);
    const [area, group, serial] = [digits.slice(0, 3), digits.slice(3, 5), digits.slice(5)];
    if (area === '000' || area === '666' || area >= '900' || group === '00' || serial === '0000') continue;
    const isDashed = raw.length === 11 && raw[3] === '-' && raw[6] === '-';
    const isPlain = raw.length === 9 || (raw.length === 11 && raw[3] === ' ' && raw[6] === ' ');
    if (!isDashed && !isPlain) continue;
    if (!standsAlone(text, span, isDashed ? '-.' : '- .')) continue;
    if (isPlain && !/\bssn\b|social.?security/.test(before(text, span.start))) continue;
    yield { ...span, value: digits };
  }
}

const digitRun = RE2JS.compile('[0-9](?:[ -]?[0-9])*');

interface Group extends Span {
  /** What stands before it in its run. */
  joint: string;
}

/** The groups of digits of a run, each with what joins it to the one before. */
function groupsOf(text: string, { start, end }: Span): Group[] {
  const groups: Group[] = [];
  let from = start;
  for (let at = start; at <= end; at++) {
    if (at < end && isDigit(text[at])) continue;
    groups.push({ start: from, end: at, joint: groups.length === 0 ? '' : text[from - 1]! });
    from = at + 1;
  }
  return groups;
}

/** How cards are written inside of longer rows of numbers. */
const cardShapes = [
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
];

/**
 * Numbers of payment cards: 13–19 digits whose last one is right by Luhn's algorithm (ISO/IEC 7812), in one piece or in
 * groups with one kind of separator. Among other numbers, only what an issuer gives out and is grouped as on a card.
 */
export function* creditCards(text: string): Generator<Candidate> {
  for (const run of matchesOf(digitRun, text)) {
    for (const stretch of stretchesOf(groupsOf(text, run))) {
      const whole = { start: stretch[0]!.start, end: stretch.at(-1)!.end };
      const raw = text.slice(whole.start, whole.end);
      const isWhole = isGroupedCard(stretch) && isCard(raw);
      for (const span of isWhole ? [whole] : cardsAmong(text, stretch))
        if (standsAlone(text, span, '.'))
          yield { ...span, value: digitsOf(text.slice(span.start, span.end)) };
    }
  }
}

/** Rows of groups with the same joint; a group between two kinds of joints is the end of one and begins another. */
function stretchesOf(groups: Group[]): Group[][] {
  const stretches: Group[][] = [[groups[0]!]];
  for (const [index, group] of groups.entries()) {
    const last = stretches.at(-1)!;
    if (index === 0) continue;
    if (last.length === 1 || last[1]!.joint === group.joint) last.push(group);
    else stretches.push([groups[index - 1]!, group]);
  }
  return stretches;
}

const lengthOf = ({ start, end }: Span): number => end - start;

function isGroupedCard(stretch: Group[]): boolean {
  const digits = stretch.reduce((sum, group) => sum + lengthOf(group), 0);
  if (digits < 13 || digits > 19) return false;
  const isApart = stretch.every((group) => lengthOf(group) === 1);
  return isApart || stretch.slice(0, -1).every((group) => lengthOf(group) >= 3);
}

/** Payment cards begin with 2–6 or 8; timestamps and counters mostly do not. */
const isCard = (raw: string): boolean => /^[2-68]/.test(raw) && isLuhnNumber.default(raw);

function* cardsAmong(text: string, stretch: Group[]): Generator<Span> {
  for (let index = 0; index < stretch.length;) {
    const shape = cardShapes.find((lengths) => {
      const window = stretch.slice(index, index + lengths.length);
      if (window.length < lengths.length) return false;
      if (!window.every((group, place) => lengthOf(group) === lengths[place])) return false;
      return isCreditCard.default(text.slice(window[0]!.start, window.at(-1)!.end));
    });
    const alone = !shape && stretch.length > 1 && isGroupedCard([stretch[index]!]);
    const count = shape?.length ?? 1;
    const span = { start: stretch[index]!.start, end: stretch[index + count - 1]!.end };
    if (shape || (alone && isCreditCard.default(text.slice(span.start, span.end)))) yield span;
    index += count;
  }
}

const ibanStart = RE2JS.compile('[A-Za-z]{2}[0-9]{2}[ -]?[A-Za-z0-9]');
/** Letters and digits of the shortest and the longest one. */
const ibanLengths = { min: 15, max: 34 };

/** International bank account numbers (ISO 13616): the country's own length and form, and right by modulo 97. */
export function* ibans(text: string): Generator<Candidate> {
  let done = 0;
  for (const { start } of matchesOf(ibanStart, text, (span) => span.start + 4)) {
    if (start < done || isWord(text[start - 1])) continue;
    const end = ibanEnds(text, start).find((at) => isIban(text.slice(start, at)));
    if (end === undefined) continue;
    done = end;
    yield { start, end, value: text.slice(start, end).replace(/[ -]/g, '').toUpperCase() };
  }
}

/** Where a number that begins here may end: before what is neither letter nor digit, the longest first. */
function ibanEnds(text: string, start: number): number[] {
  const isPart = (char: string | undefined): boolean => char !== undefined && /^[A-Za-z0-9]$/.test(char);
  const ends: number[] = [];
  let length = 0;
  for (let at = start; length <= ibanLengths.max; at++) {
    if (isPart(text[at])) {
      length++;
      continue;
    }
    if (length >= ibanLengths.min && !isWord(text[at])) ends.unshift(at);
    if ((text[at] !== ' ' && text[at] !== '-') || !isPart(text[at + 1])) break;
  }
  return ends;
}

const dotted = RE2JS.compile('[0-9]+(?:\\.[0-9]+)+');
const coloned = RE2JS.compile('[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*');
/** Of an IPv6 address, the longest way to write one. */
const maxIp = 45;

/** Addresses of the internet protocol, versions 4 and 6; not those that mean this very host, or none. */
export function* ipAddresses(text: string): Generator<Candidate> {
  for (const span of matchesOf(dotted, text)) {
    const raw = text.slice(span.start, Math.min(span.end, span.start + maxIp));
    if (!standsAlone(text, span, '.') || !isIp.default(raw, 4)) continue;
    if (!raw.startsWith('127.') && raw !== '0.0.0.0') yield { ...span, value: raw };
  }
  for (const { start, end: last } of matchesOf(coloned, text)) {
    let end = last;
    while (text[end - 1] === '.' || (text[end - 1] === ':' && text[end - 2] !== ':')) end--;
    if (end - start > maxIp || isWord(text[start - 1]) || isWord(text[end])) continue;
    const raw = text.slice(start, end);
    // `std::add` and `::` are no addresses; what has no digit is rather code.
    if (!/[0-9]/.test(raw) || !isIp.default(raw, 6)) continue;
    const value = fullIp(raw);
    if (value !== fullIp('::1') && value !== fullIp('::')) yield { start, end, value };
  }
}

/** An IPv6 address with all of its eight groups, so that it is equal however it is written. */
function fullIp(address: string): string {
  const v4 = /[0-9.]+\.[0-9]+$/.exec(address)?.[0];
  const [a = 0, b = 0, c = 0, d = 0] = v4?.split('.').map(Number) ?? [];
  const hex = v4 ? `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}` : '';
  const [head = '', tail] = (v4 ? address.slice(0, -v4.length) + hex : address).toLowerCase().split('::');
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const [left, right] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...right]
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
