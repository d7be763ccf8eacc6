import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clear, patchOver, personal, personalIf } from '../../src/domain/sealed.js';
import { holdsPersonal, siblingsIn, storedSchema, tolerantSchema } from '../../src/domain/stored-schema.js';
import { arbitraryOf } from '../support/arbitrary.js';
import { seedFor } from '../support/seed.js';

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
const own = <T extends z.ZodType>(schema: T) => personalIf('subjectId', schema).optional();
const facet = z.strictObject({
  subjectId: text.optional(),
  goals: own(z.strictObject({ short: z.array(text) })),
  notes: z.array(personalIf('subjectId', text)).optional(),
  either: z.union([z.number(), personalIf('subjectId', text)]).optional(),
  none: personalIf('subjectId', z.number()).nullable().optional(),
  dictionary: own(clear(z.record(z.string(), z.unknown()))),
  late: personalIf('subjectId', z.number()).default(5),
});
const plainFacet = {
  goals: { short: ['a'] },
  notes: ['b'],
  either: 'c',
  none: 1,
  dictionary: { d: 1 },
  late: 2,
};
const sealedFacet = {
  subjectId: 'bob',
  goals: sealed,
  notes: [sealed],
  either: sealed,
  none: sealed,
  dictionary: sealed,
  late: sealed,
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

  it('has either form where the event is personal beside a subject', () => {
    for (const value of [
      plainFacet,
      sealedFacet,
      {},
      { either: 7, none: null },
      { subjectId: 'bob', none: null },
    ]) {
      expect(schemaOf(facet).parse(value)).toEqual(value);
    }
    for (const part of [
      { notes: [7] },
      { either: {} },
      { late: 'x' },
      { goals: { erased: 'certificate' } },
    ]) {
      expect(schemaOf(facet).safeParse(part).success).toBe(false);
    }
  });

  it('is made once', () => {
    expect(schemaOf(event)).toBe(schema);
    expect(schemaOf(facet)).toBe(schemaOf(facet));
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

describe('members that are personal beside a subject', () => {
  const problems = (schema: z.ZodType, value: unknown) =>
    (storedSchema(schema).safeParse(value).error?.issues ?? []).map(
      (issue) => `${issue.path.join('/')} ${issue.message}`,
    );
  const { subjectId, ...unnamed } = sealedFacet;
  const places = ['goals', 'notes/0', 'either', 'none', 'dictionary', 'late'];

  it('are all sealed where one is named, and none where none is', () => {
    expect(problems(facet, { subjectId, ...plainFacet })).toEqual(
      places.map((place) => `${place} belongs to subjectId: name it in the same edit`),
    );
    expect(problems(facet, unnamed)).toEqual(
      places.map((place) => `${place} is sealed for a person: name subjectId`),
    );
    expect(problems(facet, { ...sealedFacet, notes: [sealed, 'x'] })).toEqual([
      'notes/1 belongs to subjectId: name it in the same edit',
    ]);
    expect(problems(facet, { ...sealedFacet, either: 7 })).toEqual([]);
  });

  it('look at their own object alone', () => {
    const outer = z.strictObject({ subjectId: text, inner: facet.optional(), list: z.array(facet) });
    expect(problems(outer, { subjectId, inner: plainFacet, list: [sealedFacet] })).toEqual([]);
    expect(problems(outer, { subjectId, list: [plainFacet, unnamed] })[0]).toBe(
      'list/1/goals is sealed for a person: name subjectId',
    );
  });

  it('are readable however they were stored', () => {
    const odd = { subjectId, ...plainFacet };
    expect(tolerantSchema(facet).parse({ ...odd, newer: 1 })).toEqual(odd);
    expect(tolerantSchema(facet).parse({ ...unnamed, newer: 1 })).toEqual(unnamed);
    const goals = { short: ['a'], newer: 1 };
    expect(tolerantSchema(facet).parse({ ...plainFacet, goals })).toEqual(plainFacet);
  });

  it('keep their own refinements where they are plain', () => {
    const even = z.strictObject({
      subjectId: text.optional(),
      n: own(z.number().refine((n) => n % 2 === 0)),
    });
    expect(storedSchema(even).safeParse({ n: 2 }).success).toBe(true);
    expect(storedSchema(even).safeParse({ n: 1 }).success).toBe(false);
    expect(storedSchema(even).safeParse({ subjectId, n: sealed }).success).toBe(true);
  });

  it('are made either way by arbitraries of what is stored', () => {
    const schema = z.strictObject({ one: facet, list: z.array(facet).max(2) });
    const seed = seedFor('stored schemas');
    for (const made of [schema, storedSchema(schema)]) {
      const some = fc.sample(arbitraryOf(made, { stored: true }), { seed, numRuns: 100 }) as {
        one: { subjectId?: string; late?: unknown };
      }[];
      for (const value of some) expect(storedSchema(schema).parse(value)).toEqual(value);
      for (const named of [true, false]) {
        expect(some.some(({ one }) => 'late' in one && 'subjectId' in one === named)).toBe(true);
      }
    }
  });

  it('have a sibling in their object', () => {
    expect([...siblingsIn(facet)]).toEqual(['subjectId']);
    expect([...siblingsIn(z.strictObject({ inner: facet }))]).toEqual([]);
    const lonely = z.strictObject({ inner: z.strictObject({ goals: own(text) }) });
    expect(() => storedSchema(lonely)).toThrow('personal beside a member that is not there');
  });
});

describe('holdsPersonal', () => {
  it('counts what is personal always, beside a subject, or in the document of a patch', () => {
    const list = z.array(z.unknown());
    expect(
      [event, facet, z.strictObject({ patch: patchOver(facet, list).optional() })].map(holdsPersonal),
    ).toEqual([true, true, true]);
    expect([text, z.strictObject({ patch: patchOver(text, list) })].map(holdsPersonal)).toEqual([
      false,
      false,
    ]);
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
