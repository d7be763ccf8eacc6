import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { storedSchema, tolerantSchema } from '../../../src/commands/sealing/stored-schema.js';
import { clear, personal } from '../../../src/domain/sealed.js';

const sealed = { $sealed: { key: 'k', iv: 'aXY', ct: 'Y3Q', eq: 'ZXE', at: 'c/a' } };
const text = clear(z.string());
const note = personal('@actor', z.string().min(1));

interface Tree {
  note: unknown;
  below: Tree[];
}
const tree = z.strictObject({
  note,
  get below() {
    return z.array(tree);
  },
}) as z.ZodType<Tree>;
const list: z.ZodType = z.lazy(() => z.strictObject({ note, next: list.optional() }));

const event = z.strictObject({
  id: text,
  note,
  maybe: note.optional(),
  none: note.nullable(),
  notes: z.array(note).max(2),
  named: z.record(text, z.strictObject({ note })),
  pair: z.tuple([text, note]),
  either: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('said'), note }),
    z.strictObject({ kind: z.literal('counted'), count: z.number() }),
  ]),
  tree,
  list,
  level: z.number().default(5),
});
const whole = {
  id: 'x',
  note: sealed,
  none: null,
  notes: [sealed],
  named: { a: { note: sealed } },
  pair: ['x', sealed],
  either: { kind: 'said', note: sealed },
  tree: { note: sealed, below: [{ note: sealed, below: [] }] },
  list: { note: sealed, next: { note: sealed } },
  level: 1,
};
/** `whole` with one change. */
const but = (change: object): unknown => ({ ...whole, ...change });

describe.each([
  ['storedSchema', storedSchema],
  ['tolerantSchema', tolerantSchema],
] as const)('%s', (_, schemaOf) => {
  const schema = schemaOf(event) as z.ZodType;
  const accepts = (value: unknown): boolean => schema.safeParse(value).success;

  it('has the sealed form wherever the event is personal, and no other', () => {
    expect(schema.parse(whole)).toEqual(whole);
    expect(accepts(but({ maybe: sealed, none: sealed }))).toBe(true);
    for (const plain of ['plain', { erased: 'certificate' }, null, undefined, { $sealed: {} }]) {
      expect(accepts(but({ note: plain }))).toBe(false);
      expect(accepts(but({ notes: [sealed, plain] }))).toBe(false);
      expect(accepts(but({ named: { a: { note: plain } } }))).toBe(false);
      expect(accepts(but({ pair: ['x', plain] }))).toBe(false);
      expect(accepts(but({ either: { kind: 'said', note: plain } }))).toBe(false);
      expect(accepts(but({ tree: { note: sealed, below: [{ note: plain, below: [] }] } }))).toBe(false);
      expect(accepts(but({ list: { note: sealed, next: { note: plain } } }))).toBe(false);
    }
  });

  it('keeps the checks of containers, not those of the plain value', () => {
    expect(accepts(but({ notes: [sealed, sealed, sealed] }))).toBe(false);
    const refined = schemaOf(
      z
        .strictObject({ a: note, n: z.number().refine((n) => n > 1) })
        .refine(({ a }) => (a as unknown as string).startsWith('x')),
    );
    expect(refined.safeParse({ a: sealed, n: 2 }).success).toBe(true);
    expect(refined.safeParse({ a: sealed, n: 1 }).success).toBe(false);
  });

  it('fills defaults, but none for a personal value', () => {
    expect(schema.parse(but({ level: undefined }))).toMatchObject({ level: 5 });
    const late = schemaOf(z.strictObject({ note: note.prefault('plain') }));
    expect(late.parse({})).toEqual({});
    expect(late.parse({ note: sealed })).toEqual({ note: sealed });
    expect(late.safeParse({ note: 'plain' }).success).toBe(false);
  });

  it('is made once', () => {
    expect(schemaOf(event)).toBe(schema);
  });
});

describe('storedSchema', () => {
  it('is the schema itself where nothing is personal', () => {
    const plain = z.strictObject({ a: text, b: z.json() });
    expect(storedSchema(plain)).toBe(plain);
  });

  it('is strict at every depth', () => {
    const schema = storedSchema(event);
    expect(schema.safeParse(but({ more: 1 })).success).toBe(false);
    expect(schema.safeParse(but({ named: { a: { note: sealed, more: 1 } } })).success).toBe(false);
    expect(schema.safeParse(but({ note: { $sealed: { ...sealed.$sealed, more: 1 } } })).success).toBe(false);
  });
});

describe('tolerantSchema', () => {
  it('leaves unknown members out at every depth', () => {
    const newer = JSON.parse(
      JSON.stringify(but({ maybe: sealed })).replaceAll(/\{"(?=(id|note|kind|key)")/g, '{"newer":{"x":1},"'),
    ) as unknown;
    expect(JSON.stringify(newer).match(/newer/g)!.length).toBeGreaterThan(10);
    expect(tolerantSchema(event).parse(newer)).toEqual(but({ maybe: sealed }));
  });

  it('keeps the members of open objects', () => {
    const open = z.strictObject({
      a: z.looseObject({ n: z.number() }),
      b: z.object({}).catchall(z.number()),
    });
    const value = { a: { n: 1, m: 'x' }, b: { k: 1 } };
    expect(tolerantSchema(open).parse({ ...value, c: 1 })).toEqual(value);
  });

  it('takes the option that a value exactly is, before one that would leave members out', () => {
    const union = z.strictObject({
      of: z.union([z.strictObject({ a: text }), z.strictObject({ a: text, b: z.strictObject({ c: note }) })]),
    });
    const value = { of: { a: 'x', b: { c: sealed } } };
    expect(tolerantSchema(union).parse(value)).toEqual(value);
    expect(tolerantSchema(union).parse({ of: { a: 'x', newer: 1 } })).toEqual({ of: { a: 'x' } });
    expect(tolerantSchema(union).safeParse({ of: { b: 1 } }).success).toBe(false);
  });

  it('reads recursive unions', () => {
    type Expression = { all: Expression[] } | { is: string };
    const expression: z.ZodType<Expression> = z.lazy(() =>
      z.union([z.strictObject({ all: z.array(expression) }), z.strictObject({ is: text })]),
    );
    const value = { all: [{ is: 'a' }, { all: [{ is: 'b' }] }] };
    const newer = {
      all: [
        { is: 'a', newer: 1 },
        { all: [{ is: 'b' }], newer: 1 },
      ],
      newer: 1,
    };
    expect(tolerantSchema(expression).parse(value)).toEqual(value);
    expect(tolerantSchema(expression).parse(newer)).toEqual(value);
    expect(storedSchema(expression).safeParse(newer).success).toBe(false);
  });
});
