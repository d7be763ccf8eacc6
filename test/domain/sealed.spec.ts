import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  clear,
  documentOf,
  isClear,
  isPersonal,
  isSealed,
  patchOver,
  personal,
  personalIf,
  reduced,
  sealedSchema,
  siblingOf,
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

  it('tell what is always personal from what is so beside a subject', () => {
    const goals = personalIf('subjectId', clear(z.string()));
    expect([siblingOf(goals), subjectOf(goals), isClear(goals)]).toEqual(['subjectId', undefined, true]);
    expect(siblingOf(goals.describe('goals'))).toBe('subjectId');
    expect(siblingOf(clear(z.string()))).toBeUndefined();
    const schemas = [goals, personal('@actor', z.string()), clear(z.string())];
    expect(schemas.map(isPersonal)).toEqual([true, true, false]);
  });

  it('of what may be clear do not reach the schema that is marked, which may stand elsewhere', () => {
    const text = clear(z.string());
    const goals = personalIf('subjectId', text);
    const steps = z.array(z.unknown());
    const patch = patchOver(z.strictObject({ goals }), steps);
    expect([siblingOf(text), documentOf(steps)]).toEqual([undefined, undefined]);
    expect(goals.parse('x')).toBe('x');
    expect(patch.parse([1])).toEqual([1]);
  });

  it('of a patch lead to the document', () => {
    const document = z.strictObject({ note: personal('@actor', z.string()) });
    const patch = patchOver(document, z.array(z.unknown()));
    expect(documentOf(patch)).toBe(document);
    expect(documentOf(patch.min(1).describe('a patch'))).toBe(document);
  });

  it('show in no JSON Schema', () => {
    const [text, list] = [z.string().max(9), z.array(z.strictObject({ n: z.number() }))];
    const document = z.strictObject({ a: personal('@actor', z.string()) });
    const marked = z.strictObject({
      a: clear(text),
      b: personal('@actor', z.string().max(9)),
      c: personalIf('a', list).optional(),
      d: list,
      e: patchOver(document, list).optional(),
    });
    const bare = z.strictObject({ a: text, b: text, c: list.optional(), d: list, e: list.optional() });
    for (const io of ['input', 'output'] as const) {
      expect(z.toJSONSchema(marked, { io })).toEqual(z.toJSONSchema(bare, { io }));
    }
  });

  it('of personal values go inside wrappers', () => {
    expect(() => personal('@actor', z.string().optional())).toThrow('personal(…) goes inside .optional()');
    expect(() => personal('@actor', z.string().nullable())).toThrow('.nullable()');
    expect(() => personalIf('who', z.string().default(''))).toThrow('personalIf(…) goes inside .default()');
    expect(() => patchOver(z.string(), z.unknown().optional())).toThrow(
      'patchOver(…) goes inside .optional()',
    );
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
