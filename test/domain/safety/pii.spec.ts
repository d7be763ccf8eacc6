import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findPii, foundPii, piiVersion, type PiiSpan } from '../../../src/domain/safety/pii.js';
import {
  creditCards,
  emails,
  ibans,
  ipAddresses,
  socialSecurityNumbers,
} from '../../../src/domain/safety/pii-candidates.js';
import { maxParsed, phoneNumbers } from '../../../src/domain/safety/phone-numbers.js';
import { piiKind } from '../../../src/domain/safety/policy-document.js';
import { beginWork } from '../../../src/domain/safety/work.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('pii');
const all = piiKind.options;
const told = (text: string, spans: PiiSpan[] = findPii(text, all)) =>
  spans.map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);

const everything =
  'kim@example.org, +1 415 555 2671, 123-45-6789, 4111 1111 1111 1111, DE89 3704 0044 0532 0130 00, 10.0.0.1';

describe('personal data', () => {
  it('is found by its kinds, from left to right', () => {
    expect(told(everything)).toEqual([
      'email kim@example.org',
      'phone +1 415 555 2671',
      'ssn 123-45-6789',
      'credit_card 4111 1111 1111 1111',
      'iban DE89 3704 0044 0532 0130 00',
      'ip_address 10.0.0.1',
    ]);
  });

  it('is looked for by the kinds that are asked for alone', () => {
    expect(told(everything, findPii(everything, ['ssn', 'ssn']))).toEqual(['ssn 123-45-6789']);
    expect(findPii(everything, [])).toEqual([]);
  });

  it('does not overlap: the longer counts', () => {
    expect(told('::ffff:1.2.3.4')).toEqual(['ip_address ::ffff:1.2.3.4']);
    expect(told('kim@10.0.0.1.example.org')).toEqual(['email kim@10.0.0.1.example.org']);
  });

  it('has ranges of UTF-16 code units', async () => {
    const text = '😀😀 kim@example.org 😀';
    expect(findPii(text, all)).toStrictEqual([{ kind: 'email', start: 5, end: 20 }]);
    const work = beginWork(() => Promise.resolve());
    expect(await foundPii(text, work)).toStrictEqual([
      { kind: 'email', start: 5, end: 20, value: 'kim@example.org' },
    ]);
  });

  it('is what it was: whoever finds more or less raises the version', () => {
    expect(piiVersion).toBe(1);
  });
});

describe('in any text', () => {
  const word = fc.oneof(
    fc.constantFrom(...everything.split(', '), 'tel', 'ssn', '4111', '::', '-', '.', '@', '+', '()', '\n'),
    fc.string({ unit: 'grapheme', maxLength: 4 }),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const text = fc
    .array(fc.tuple(word, fc.constantFrom('', ' ', '-', '.')), { maxLength: 20 })
    .map((words) => words.flat().join(''));

  it('what is found lies in it, in order, and splits no pair of surrogates', () => {
    fc.assert(
      fc.property(text, (text) => {
        let last = 0;
        for (const { start, end } of findPii(text, all)) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          last = end;
          for (const at of [start, end])
            expect(/[\uD800-\uDBFF]/.test(text[at - 1] ?? '') && /[\uDC00-\uDFFF]/.test(text[at] ?? '')).toBe(
              false,
            );
        }
        expect(last).toBeLessThanOrEqual(text.length);
      }),
      { seed, numRuns: 500 },
    );
  });
});

// Whoever sends such a text wants to be waited for.
describe('in a hostile text of 64 KiB', () => {
  const fill = (piece: string): string => piece.repeat(Math.ceil(65_536 / piece.length)).slice(0, 65_536);
  const pieces = [
    '1 ',
    '4111 1111 1111 1112 ',
    'a@',
    'a@b.1.1.1.1.1.1 ',
    'a:',
    '1::a ',
    '+',
    '+1 2 3 4 5 6 7 8 9 ',
    'tel 0 1 2 3 4 5 6 7 8 9 ',
    '415-555-2671 ',
    '+14155552671 ',
    'DE00 ',
    'DE00 0000 0000 0000 0000 00 ',
    'AA00-A-A-A-A-A-A-A-A-A-A-A-A-A ',
    'ssn 111 22 3333 ',
    '😀',
  ];

  it.each(pieces)('there are no more candidates than pieces, and they are short: %j', (piece) => {
    const text = fill(piece);
    const detectors = { emails, socialSecurityNumbers, creditCards, ibans, ipAddresses };
    for (const [name, detector] of Object.entries(detectors)) {
      const candidates = [...detector(text)];
      expect(candidates.length, name).toBeLessThanOrEqual(text.length / 5);
      for (const { start, end } of candidates) expect(end - start, name).toBeLessThanOrEqual(254);
    }
    const phones = [...phoneNumbers(text)];
    expect(phones.length).toBeLessThanOrEqual(maxParsed + text.length / 5);
    for (const { start, end } of phones) expect(end - start).toBeLessThanOrEqual(32);
  });

  it('what is long is no candidate at all', () => {
    const text = `${'.'.repeat(60_000)}@b.co ${'a'.repeat(60_000)}@b.co`;
    expect(findPii(text, all)).toEqual([]);
  });
});
