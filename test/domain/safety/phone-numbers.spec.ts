import { describe, expect, it } from 'vitest';
import { maxParsed, phoneNumbers } from '../../../src/domain/safety/phone-numbers.js';

const found = (text: string) =>
  [...phoneNumbers(text)].map(({ start, end, value }) => [text.slice(start, end), value]);
const numbers = (text: string) => found(text).map(([, value]) => value);

describe('a telephone number', () => {
  it.each([
    ['+14155552671', '+14155552671'],
    ['+1 (415) 555-2671', '+14155552671'],
    ['+49 30 1234567', '+49301234567'],
    ['+44 20 7946 0958', '+442079460958'],
    ['＋41446681800', '+41446681800'],
  ])('is one in its international form: %s', (text, value) => {
    expect(found(`is ${text}, or`)).toEqual([[text, value]]);
    expect(found(`${text} until 5`)[0]![1]).toContain(value);
  });

  it.each([
    ['(415) 555-2671', '+14155552671'],
    ['415-555-2671', '+14155552671'],
    ['415.555.2671', '+14155552671'],
  ])('is one in the North American form: %s', (text, value) => {
    expect(found(`${text} is it`)).toEqual([[text, value]]);
  });

  it.each([
    ['Phone: 415 555 2671', '+14155552671'],
    ['call me at 020 7946 0958 tomorrow', '+442079460958'],
    ['Tel. 030 1234567', '+49301234567'],
    ['Mein Handy: 0171/1234567', '+491711234567'],
    ['mobile 4155552671', '+14155552671'],
    ['tel 0049 30 1234567', '+49301234567'],
    ['teléfono 612 34 56 78', '+34612345678'],
  ])('is one after a word that says so: %s', (text, value) => {
    expect(numbers(text)).toEqual([value]);
  });

  it('is the same elsewhere in the text, where nothing says so', () => {
    const text = 'phone 415 555 2671; order 415 555 2671, 4155552671, 415 555 2672';
    expect(new Set(found(text).map(([raw]) => raw))).toEqual(new Set(['415 555 2671', '4155552671']));
    expect(new Set(numbers(text)).size).toBe(1);
  });

  it.each([
    ['a number', '4155552671'],
    ['groups of digits', 'order 415 555 2671'],
    ['an area that does not exist', '123-456-7890'],
    ['an unknown country', '+999 1234567'],
    ['too short', '+1 234'],
    ['a sum', '2+1415'],
    ['a date after such a word', 'call on 2024-01-15 or 01.02.2024'],
    ['a count after such a word', 'call 12345678 times'],
    ['a part of a longer number', '1-415-555-2671-9 x415-555-2671'],
    ['a word that only begins like one', 'caller 020 7946 0958, telnet 030 1234567'],
    ['said on another line', 'phone\n020 7946 0958'],
  ])('is not: %s', (_, text) => {
    expect(found(text)).toEqual([]);
  });

  it('is known by its shape, where there are too many to be looked at', () => {
    const wrong = Array.from({ length: maxParsed + 1 }, (_, n) => `+99912${10_000 + n}`).join(' ; ');
    expect(found(wrong)).toEqual([[`+99912${10_000 + maxParsed}`, `99912${10_000 + maxParsed}`]]);
  });
});
