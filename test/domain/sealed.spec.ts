import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  clear,
  isClear,
  isSealed,
  personal,
  reduced,
  sealedSchema,
  subjectOf,
} from '../../src/domain/sealed.js';

const sealed = { $sealed: { key: 'k', iv: 'aXY', ct: 'Y3Q', eq: 'ZXE', at: 'c/a' } };

describe('marks', () => {
  it('outlive what refines a schema and reach no other schema', () => {
    const name = clear(z.string());
    expect(isClear(name)).toBe(true);
    expect(isClear(name.min(1).describe('a name'))).toBe(true);
    expect(isClear(z.string())).toBe(false);
    const note = personal('memberId', z.string());
    expect(subjectOf(note)).toBe('memberId');
    expect(subjectOf(note.describe('a note'))).toBe('memberId');
    expect(subjectOf(name)).toBeUndefined();
  });

  it('show in no JSON Schema', () => {
    const marked = z.strictObject({ a: clear(z.string()), b: personal('@actor', z.string()) });
    const bare = z.strictObject({ a: z.string(), b: z.string() });
    expect(z.toJSONSchema(marked)).toEqual(z.toJSONSchema(bare));
  });

  it('of personal values go inside wrappers', () => {
    expect(() => personal('@actor', z.string().optional())).toThrow('personal(…) goes inside .optional()');
    expect(() => personal('@actor', z.string().nullable())).toThrow('.nullable()');
    expect(personal('@actor', z.string()).optional().safeParse(undefined).success).toBe(true);
  });
});

describe('the sealed form', () => {
  it('is known by $sealed and nothing else', () => {
    expect(isSealed(sealed)).toBe(true);
    expect(sealedSchema.parse(sealed)).toEqual(sealed);
    for (const value of [null, 'x', [], {}, { $sealed: 1 }, { $sealed: null }, { ...sealed, more: 1 }]) {
      expect(isSealed(value)).toBe(false);
      expect(sealedSchema.safeParse(value).success).toBe(false);
    }
    expect(isSealed(Object.create(sealed))).toBe(false);
  });

  it('takes long ciphertexts, but neither plain text nor the erased form', () => {
    const long = { $sealed: { ...sealed.$sealed, ct: 'A'.repeat(1_000_000) } };
    expect(sealedSchema.safeParse(long).success).toBe(true);
    expect(sealedSchema.safeParse({ $sealed: { ...sealed.$sealed, ct: 'plain text' } }).success).toBe(false);
    expect(sealedSchema.safeParse({ erased: 'certificate' }).success).toBe(false);
  });

  it('reduces to key and eq, at any depth', () => {
    const value = { a: [sealed, 1], b: { c: sealed }, d: null };
    const short = { $sealed: { key: 'k', eq: 'ZXE' } };
    expect(reduced(value)).toEqual({ a: [short, 1], b: { c: short }, d: null });
  });
});
