import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { filled, inPart, membersOf, over } from '../../../../src/domain/personas/templates/config-parts.js';
import { clear, isClear, personalIf, siblingOf } from '../../../../src/domain/sealed.js';
import { unwrapped } from '../../../../src/domain/schema-walk.js';

const text = clear(z.string());
const page = z.strictObject({
  title: text,
  size: z.int().default(1).describe('In lines'),
  words: z.array(z.strictObject({ word: text, weight: z.int().default(5) })).default([]),
  extra: z.record(text, z.unknown()).optional(),
  style: z.strictObject({ font: text.default('serif'), bold: z.boolean() }).optional(),
  margins: z.strictObject({ left: z.int().default(2), note: text.optional() }).prefault({}),
  author: text.optional(),
  life: personalIf('author', z.strictObject({ born: text, died: text.optional() })).optional(),
});

describe('the members of a schema', () => {
  it('are those of an object, whatever wraps it', () => {
    expect(Object.keys(membersOf(page)!)).toContain('title');
    expect(Object.keys(membersOf(page.shape.style)!)).toEqual(['font', 'bold']);
    expect(Object.keys(membersOf(page.shape.margins)!)).toEqual(['left', 'note']);
  });

  it.each(['words', 'extra', 'life', 'title'] as const)('%s is a whole value and has none', (name) => {
    expect(membersOf(page.shape[name])).toBeUndefined();
  });

  it('what has no schema has none', () => {
    expect(membersOf(undefined)).toBeUndefined();
  });
});

describe('the schema of a part', () => {
  const part = inPart(page);

  it('requires nothing and fills nothing in, at any depth of objects', () => {
    for (const given of [{}, { size: 2 }, { style: {}, margins: {} }, { style: { bold: true } }]) {
      expect(part.parse(given)).toEqual(given);
    }
  });

  it('keeps whole values whole, with their defaults', () => {
    expect(part.parse({ words: [{ word: 'x' }] })).toEqual({ words: [{ word: 'x', weight: 5 }] });
    expect(part.safeParse({ words: [{}] }).success).toBe(false);
    expect(part.safeParse({ life: {} }).success).toBe(false);
  });

  it('is as strict as the whole', () => {
    for (const given of [{ size: 'x' }, { other: 1 }, { style: { other: 1 } }, { style: null }]) {
      expect(part.safeParse(given).success).toBe(false);
    }
  });

  it('keeps marks and descriptions', () => {
    const members = membersOf(part)!;
    expect(isClear(unwrapped(members['title']!))).toBe(true);
    expect(siblingOf(unwrapped(members['life']!))).toBe('author');
    expect(unwrapped(members['size']!).description).toBe('In lines');
  });
});

describe('a part over a value', () => {
  const value = { title: 'A', extra: { a: 1, b: 2 }, style: { font: 'mono', bold: true } };

  it('goes member by member through objects, and replaces what is whole', () => {
    const result = over(page, value, { extra: { a: 3 }, style: { bold: false }, words: [] });
    expect(result).toEqual({ title: 'A', extra: { a: 3 }, style: { font: 'mono', bold: false }, words: [] });
  });

  it('takes the place of nothing, and nothing leaves the value', () => {
    expect(over(page.shape.style, undefined, { bold: true })).toEqual({ bold: true });
    expect(over(page, value, undefined)).toBe(value);
    expect(over(page, value, { style: undefined })).toEqual(value);
    expect(over(undefined, { a: 1 }, { b: 2 })).toEqual({ b: 2 });
  });
});

describe('a part that is filled', () => {
  it('has the defaults of what it lacks, and nothing that is required or there only if given', () => {
    expect(filled(page, {})).toEqual({ size: 1, words: [], margins: { left: 2 } });
    expect(filled(page, { size: 3, style: { bold: true }, margins: { note: 'x' } })).toEqual({
      size: 3,
      words: [],
      style: { font: 'serif', bold: true },
      margins: { left: 2, note: 'x' },
    });
  });

  it('of nothing is the default, where there is one', () => {
    expect(filled(page.shape.margins, undefined)).toEqual({ left: 2 });
    expect(filled(page.shape.style, undefined)).toBeUndefined();
    expect(filled(page, undefined)).toBeUndefined();
  });
});
