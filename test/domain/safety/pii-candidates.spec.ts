import { describe, expect, it } from 'vitest';
import {
  creditCards,
  emails,
  ibans,
  ipAddresses,
  socialSecurityNumbers,
  standsAlone,
  type Candidate,
} from '../../../src/domain/safety/pii-candidates.js';

const by = (detector: (text: string) => Iterable<Candidate>) => (text: string) =>
  [...detector(text)].map(({ start, end, value }) => [text.slice(start, end), value]);
/** What is found is written in its one way already. */
const plainly = (found: string[]) => found.map((one) => [one, one]);

describe('e-mail addresses', () => {
  const found = by(emails);

  it.each([
    ['write to kim@example.org, please', ['kim@example.org']],
    ['<kim@example.org>;(bob@x.co.uk)', ['kim@example.org', 'bob@x.co.uk']],
    ["'kim@example.org'.", ['kim@example.org']],
    ["o'neil+news@example.org", ["o'neil+news@example.org"]],
    ['mailto:kim@example.org?subject=x', ['kim@example.org']],
    ['im@ünïcode.de', ['im@ünïcode.de']],
    ['kim@example.org😀', ['kim@example.org']],
    // What a sentence leaves around them.
    ['wait..kim@example.org', ['kim@example.org']],
    ['kim@example.org.2024', ['kim@example.org']],
    ['kim@example.org-', ['kim@example.org']],
  ])('are found in %s', (text, expected) => {
    expect(found(text)).toEqual(plainly(expected));
  });

  it.each(['kim@localhost', '@kim', 'a @ b.co', 'kim@-.-', 'kim@1.2.3.4', '3@4', `${'a'.repeat(300)}@x.co`])(
    'are not: %s',
    (text) => {
      expect(found(text)).toEqual([]);
    },
  );

  it('are the same in capitals', () => {
    expect(found('Kim@Example.ORG')).toEqual([['Kim@Example.ORG', 'kim@example.org']]);
  });
});

describe('social security numbers', () => {
  const found = by(socialSecurityNumbers);

  it.each(['it is 123-45-6789.', 'SSN 123456789', 'social security: 123 45 6789', '899-99-9999'])(
    'are found in %s',
    (text) => {
      expect(found(text)[0]![1]).toMatch(/^\d{9}$/);
    },
  );

  it.each([
    ['area 000', '000-45-6789'],
    ['area 666', '666-45-6789'],
    ['area 900–999', '900-45-6789'],
    ['group 00', '123-00-6789'],
    ['serial 0000', '123-45-0000'],
    ['a number of nine digits', '123456789'],
    ['three numbers', '123 45 6789'],
    ['a part of a longer number', '1-123-45-6789 123-45-67890 123-45-6789-1 a123-45-6789'],
    ['two kinds of separators', 'ssn 123-45 6789'],
  ])('are not: %s', (_, text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('payment cards', () => {
  const found = by(creditCards);

  it.each([
    ['4111111111111111', '4111111111111111'],
    ['4111 1111 1111 1111', '4111111111111111'],
    ['4111-1111-1111-1111', '4111111111111111'],
    ['3782 822463 10005', '378282246310005'],
    ['4222222222222', '4222222222222'],
    ['4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1', '4111111111111111'],
    ['6304 0000 0000 0000 00', '630400000000000000'],
  ])('are written like %s', (text, digits) => {
    expect(found(`card: ${text}.`)).toEqual([[text, digits]]);
  });

  it.each([
    'until 12/27: 4111 1111 1111 1111 12/27',
    '12 4111-1111-1111-1111',
    '123-45-6780 4111 1111 1111 1111',
    '4111 1111 1111 1111 123x',
  ])('are found among other numbers: %s', (text) => {
    expect(found(text).map(([, value]) => value)).toEqual(['4111111111111111']);
  });

  it.each([
    ['the last digit is wrong', '4111 1111 1111 1112'],
    ['twelve digits', '411111111111'],
    ['twenty digits', '41111111111111111111'],
    ['an instant in milliseconds', '1700000000000'],
    ['years', '2019 2020 2021 2022 2023'],
    ['small numbers', '41 11 11 11 11 11 11 11'],
    ['a part of a word', 'a4111111111111111 4111111111111111b'],
    ['a part of a fraction', '0.4111111111111111'],
  ])('are not: %s', (_, text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('account numbers', () => {
  const found = by(ibans);

  it.each([
    ['DE89370400440532013000', 'DE89370400440532013000'],
    ['DE89 3704 0044 0532 0130 00', 'DE89370400440532013000'],
    ['de89-3704-0044-0532-0130-00', 'DE89370400440532013000'],
    ['GB82 WEST 1234 5698 7654 32', 'GB82WEST12345698765432'],
    ['NO93 8601 1117 947', 'NO9386011117947'],
  ])('are written like %s, also where words follow', (text, value) => {
    expect(found(`to ${text} today and not later`)).toEqual([[text, value]]);
    expect(found(`AB12 ${text}`)).toEqual([[text, value]]);
    expect(found(text)).toEqual([[text, value]]);
  });

  it.each([
    ['the checksum is wrong', 'DE89370400440532013001'],
    ['the country has another length', 'DE8937040044053201300'],
    ['there is no such country', 'XX89370400440532013000'],
    ['a part of a word', 'xDE89370400440532013000 DE89370400440532013000x'],
  ])('are not: %s', (_, text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('addresses of hosts', () => {
  const found = by(ipAddresses);

  it.each([
    ['from 10.0.0.1:80', '10.0.0.1', '10.0.0.1'],
    ['at 192.168.1.20.', '192.168.1.20', '192.168.1.20'],
    ['[2001:DB8::1]:443', '2001:DB8::1', '2001:db8:0:0:0:0:0:1'],
    ['2001:db8:0:0:0:0:0:1.', '2001:db8:0:0:0:0:0:1', '2001:db8:0:0:0:0:0:1'],
    ['fe80::1: up', 'fe80::1', 'fe80:0:0:0:0:0:0:1'],
  ])('are found in %s', (text, raw, value) => {
    expect(found(text)).toEqual([[raw, value]]);
  });

  it('of version 4 within version 6 are both', () => {
    expect(found('::ffff:1.2.3.4').map(([, value]) => value)).toEqual(['1.2.3.4', '0:0:0:0:0:ffff:102:304']);
  });

  it.each([
    ['a version', 'v1.2.3.4'],
    ['five numbers', '1.2.3.4.5'],
    ['numbers above 255', '256.1.1.1'],
    ['this host', '127.0.0.1 0.0.0.0 ::1 ::'],
    ['code', 'std::vector a::b Foo::Bar ::'],
    ['a time', '12:30:45'],
    ['a hardware address', 'aa:bb:cc:dd:ee:ff'],
  ])('are not: %s', (_, text) => {
    expect(found(text)).toEqual([]);
  });
});

it('a number stands alone where nothing goes on beside it', () => {
  const alone = (text: string, joints: string) =>
    standsAlone(text, { start: text.indexOf('<') + 1, end: text.indexOf('>') }, joints);
  expect(standsAlone('12', { start: 0, end: 2 }, '-')).toBe(true);
  expect(standsAlone('é12', { start: 1, end: 3 }, '-')).toBe(false);
  expect(standsAlone('1-12', { start: 2, end: 4 }, '-')).toBe(false);
  expect(standsAlone('a-12', { start: 2, end: 4 }, '-')).toBe(true);
  expect(standsAlone('12-1', { start: 0, end: 2 }, '-')).toBe(false);
  expect(alone('<12>', '')).toBe(true);
});
