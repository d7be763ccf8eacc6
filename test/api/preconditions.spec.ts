import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  conditionsOf,
  idempotencyKeyOf,
  isKnown,
  minPositionOf,
  prefersRepresentation,
} from '../../src/api/preconditions.js';

const request = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;
const malformed = expect.objectContaining({ code: 'malformed-request' }) as Error;

describe('If-Match and If-None-Match on a command', () => {
  it.each([
    [{}, {}],
    [{ 'if-match': '"12"' }, { ifMatch: 12 }],
    [{ 'if-match': ' "0" ' }, { ifMatch: 0 }],
    [{ 'if-match': '*' }, { mustExist: true }],
    [{ 'if-none-match': '*' }, { ifNoneMatch: true }],
    [{ 'idempotency-key': 'k' }, { idempotencyKey: 'k' }],
  ])('%j', (headers, conditions) => {
    expect(conditionsOf(request(headers as never))).toEqual(conditions);
  });

  it.each(['12', 'W/"12"', '"12", "13"', '"a"', '""', '"-1"', '"1.0"', '"9999999999999999"', ''])(
    'refuses If-Match: %s',
    (value) => expect(() => conditionsOf(request({ 'if-match': value }))).toThrow(malformed),
  );

  it.each(['"1"', 'W/"1"', 'x', '*, *'])('refuses If-None-Match: %s', (value) => {
    expect(() => conditionsOf(request({ 'if-none-match': value }))).toThrow(malformed);
  });
});

describe('Idempotency-Key', () => {
  it.each([
    ['abc', 'abc'],
    ['"abc"', 'abc'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['a'.repeat(255), 'a'.repeat(255)],
    [`"${'a'.repeat(255)}"`, 'a'.repeat(255)],
    ['!~', '!~'],
  ])('%s', (text, key) => expect(idempotencyKeyOf(text)).toBe(key));

  it.each(['', '""', '"', '"a', 'a b', '"a b"', 'ä', 'a'.repeat(256), 'a\tb', 'a, b'])(
    'refuses %j',
    (text) => {
      expect(() => idempotencyKeyOf(text)).toThrow(malformed);
    },
  );
});

it('Prefer', () => {
  const prefers = (value: string): boolean => prefersRepresentation(request({ prefer: value }));
  expect(prefers('return=representation')).toBe(true);
  expect(prefers('respond-async, Return = "representation"; x=1')).toBe(true);
  expect(prefers('return=minimal')).toBe(false);
  expect(prefers('noreturn=representation')).toBe(false);
  expect(prefersRepresentation(request({}))).toBe(false);
});

it('X-Min-Position', () => {
  expect(minPositionOf(request({}))).toBeUndefined();
  expect(minPositionOf(request({ 'x-min-position': '42' }))).toBe(42);
  for (const bad of ['', '-1', '1e3', '0x1', '1234567890123456', '1, 2']) {
    expect(() => minPositionOf(request({ 'x-min-position': bad }))).toThrow(malformed);
  }
});

it('If-None-Match on a read', () => {
  const known = (value: string): boolean => isKnown(request({ 'if-none-match': value }), '"3"');
  expect(known('"3"')).toBe(true);
  expect(known('W/"3"')).toBe(true);
  expect(known('"1", "3"')).toBe(true);
  expect(known('*')).toBe(true);
  expect(known('"33"')).toBe(false);
  expect(known('3')).toBe(false);
  expect(isKnown(request({}), '"3"')).toBe(false);
});
