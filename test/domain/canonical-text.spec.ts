import { expect, it } from 'vitest';
import { canonicalText } from '../../src/domain/canonical-text.js';

it('writes members in the order of their names, and nothing between them', () => {
  expect(canonicalText({ b: [1, { d: null, c: 'ä' }], a: 1e21, é: undefined })).toBe(
    '{"a":1e+21,"b":[1,{"c":"ä","d":null}]}',
  );
});

it.each([undefined, Number.NaN, Infinity, '\ud800', { a: '\udc00' }])(
  'refuses what has none: %s',
  (value) => {
    expect(() => canonicalText(value)).toThrow();
  },
);
