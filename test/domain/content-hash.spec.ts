import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentHash, same } from '../../src/domain/content-hash.js';
import { seedFor } from '../support/seed.js';

const seed = seedFor('content hashes');
const json = fc.jsonValue({ maxDepth: 4 });
const sealed = (parts: Partial<Record<'key' | 'iv' | 'ct' | 'eq' | 'at', string>>) => ({
  $sealed: { key: 'k', iv: 'i', ct: 'c', eq: 'e', at: '1/a', ...parts },
});

/** The same value with the members of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, reversed(member)]);
  return Object.fromEntries(members.reverse());
}

/** Tells values apart without canonical JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [name, sorted(member)]);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('contentHash', () => {
  it('is the SHA-256 of the canonical JSON', () => {
    // printf '{"a":[1,null],"b":"ä"}' | sha256sum
    const known = 'fad634130efff3d1ac62456e24cd521510a4c43d913b745ae2b6a3e8c68f2ad0';
    expect(contentHash({ b: 'ä', a: [1, null] })).toBe(known);
  });

  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(contentHash(reversed(value))).toBe(contentHash(value));
        expect(same(reversed(value), value)).toBe(true);
      }),
      { seed },
    );
  });

  it('differs with the content', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const differ = JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b));
        expect(contentHash(a) !== contentHash(b)).toBe(differ);
        expect(!same(a, b)).toBe(differ);
      }),
      { seed },
    );
  });

  it('takes absent and undefined members for the same, and undefined for null', () => {
    expect(same({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(same({ a: null }, {})).toBe(false);
    expect(contentHash(undefined)).toBe(contentHash(null));
  });

  it('refuses what has no canonical JSON', () => {
    expect(() => contentHash({ a: Number.NaN })).toThrow('NaN');
    expect(() => contentHash('\ud800')).toThrow('surrogate');
  });
});

describe('sealed values', () => {
  it('are the same when key and eq are, however they were encrypted', () => {
    const again = sealed({ iv: 'i2', ct: 'c2', at: '2/b' });
    expect(same({ a: [sealed({})] }, { a: [again] })).toBe(true);
    expect(contentHash({ a: sealed({}) })).toBe(contentHash({ a: again }));
  });

  it('differ by key and by eq', () => {
    expect(same(sealed({}), sealed({ eq: 'other' }))).toBe(false);
    expect(same(sealed({}), sealed({ key: 'other' }))).toBe(false);
    expect(same(sealed({}), 'plain')).toBe(false);
  });
});

describe('same', () => {
  it('is equality of content hashes, for any two values and for a value and its own mirror image', () => {
    const pair = fc.oneof(
      fc.tuple(json, json),
      json.map((value): [unknown, unknown] => [value, reversed(value)]),
    );
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(same(a, b)).toBe(contentHash(a) === contentHash(b));
      }),
      { seed, numRuns: 500 },
    );
  });
});
