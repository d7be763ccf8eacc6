import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storedForm } from '../../../src/projections/engine/stored-form.js';
import { engineDatabase } from './engine-database.js';

const at = engineDatabase();

const storable = fc.jsonValue({ maxDepth: 4 }).map(
  // jsonb refuses U+0000 and lone surrogates: an event that brings them is parked.
  (value) => JSON.parse(JSON.stringify(value).replace(/\\u0000|\\ud[89a-f][0-9a-f]{2}/gi, 'x')) as unknown,
);
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'aa', 'Z', 'ü', 'é', 'ab', '10', '9', '01', '4294967295', '😀', ''),
  fc.string({ unit: 'grapheme-ascii', maxLength: 3 }),
);
const row = fc.dictionary(
  name.filter((key) => key !== '__proto__'),
  storable,
);

/** A text that shows the order of members, which deep equality does not. */
const shown = (value: unknown): string => JSON.stringify(value);

describe('storedForm', () => {
  it('is what jsonb gives back', async () => {
    await fc.assert(
      fc.asyncProperty(row, async (value) => {
        const { rows } = await at.pool.query<{ text: string }>('SELECT $1::jsonb::text AS text', [
          shown(value),
        ]);
        expect(shown(storedForm(value))).toBe(shown(JSON.parse(rows[0]!.text)));
      }),
      { numRuns: 300 },
    );
  });

  it('gives back the very same value when there is nothing to change', () => {
    const value = { a: 1, b: [1, { x: null }], aa: { 10: true, b: 'x' } };
    expect(storedForm(value)).toBe(value);
  });

  it('drops what has no value and replaces what JSON cannot say', () => {
    expect(
      storedForm({ a: undefined, b: Number.NaN, c: -0, d: [undefined, -0], e: new Date(0) }),
    ).toStrictEqual({
      b: null,
      c: 0,
      d: [null, 0],
      e: '1970-01-01T00:00:00.000Z',
    });
    expect(Object.is((storedForm({ c: -0 }) as { c: number }).c, 0)).toBe(true);
    expect(() => storedForm({ a: 1n })).toThrow(TypeError);
  });

  it('does not look at parts that it knows', () => {
    const base = { list: Object.freeze([{ b: 1, a: 2 }]) };
    // Not in stored form, but taken for it because it stands in `base`.
    expect(Object.keys((storedForm({ zz: 1, list: base.list }, base) as typeof base).list[0]!)).toEqual([
      'b',
      'a',
    ]);
    expect(Object.keys((storedForm({ list: base.list }) as typeof base).list[0]!)).toEqual(['a', 'b']);
  });
});
