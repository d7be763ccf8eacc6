import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { follow, isIndex, pointerOf, takes, tokensOf } from '../../src/domain/json-pointer.js';
import { seedFor } from '../support/seed.js';

describe('pointers', () => {
  it('escape and unescape as RFC 6901 says', () => {
    expect(tokensOf('/a~1b/m~0n/~01')).toEqual(['a/b', 'm~n', '~1']);
    expect(tokensOf('')).toEqual([]);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (tokens) => {
        expect(tokensOf(pointerOf(tokens))).toEqual(tokens);
      }),
      { seed: seedFor('pointers') },
    );
  });
});

describe('follow', () => {
  const document = { a: [{ b: 1 }], '': 2, text: 'abc' };

  it('finds own members and elements', () => {
    expect(follow(document, ['a', '0', 'b'])).toEqual({ found: true, value: 1 });
    expect(follow(document, [''])).toEqual({ found: true, value: 2 });
    expect(follow(document, [])).toEqual({ found: true, value: document });
  });

  it.each([['a', 'length'], ['a', '1'], ['a', '-'], ['a', '00'], ['text', '0'], ['toString'], ['__proto__']])(
    'finds nothing at %s %s',
    (...tokens) => {
      expect(follow(document, tokens.filter(Boolean))).toEqual({ found: false });
    },
  );
});

describe('takes', () => {
  it('an array up to its end, an object any member, nothing else', () => {
    expect(['0', '1', '-', '2', '01', 'x'].map((token) => takes([1], token))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect([takes({}, 'x'), takes('text', '0'), takes(null, 'x')]).toEqual([true, false, false]);
    expect([isIndex('0'), isIndex('10'), isIndex('1e3'), isIndex('')]).toEqual([true, true, false, false]);
  });
});
