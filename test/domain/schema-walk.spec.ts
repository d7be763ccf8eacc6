import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  children,
  contains,
  inPlace,
  kindOf,
  memberSchema,
  rewritten,
  unwrapped,
  walk,
  withoutDefaults,
} from '../../src/domain/schema-walk.js';

const text = z.string();
const number = z.number();
interface Tree {
  name: string;
  below: Tree[];
}
/** Recursive by a getter in its shape. */
const tree = z.strictObject({
  name: z.string(),
  get below() {
    return z.array(tree);
  },
}) as z.ZodType<Tree>;
/** Recursive by z.lazy. */
type List = { head: string; tail?: List | undefined };
const list: z.ZodType<List> = z.lazy(() => z.strictObject({ head: z.string(), tail: list.optional() }));

const kinds = (schema: z.ZodType): string[] => {
  const found: string[] = [];
  walk(schema, (node, path) => void found.push(`${path.join('/')}:${kindOf(node)}`));
  return found;
};
const upper = (schema: z.ZodType): z.ZodType =>
  rewritten(schema, (node) => (kindOf(node) === 'string' ? z.literal('A') : undefined));

describe('children', () => {
  it('are named after the member they are for', () => {
    const rest = z.tuple([text], number);
    expect(children(z.strictObject({ a: text, b: number })).map(([name]) => name)).toEqual(['a', 'b', '*']);
    expect(children(z.array(text))).toEqual([['*', text]]);
    expect(children(z.record(text, number))).toEqual([
      ['*', text],
      ['*', number],
    ]);
    expect(children(rest)).toEqual([
      ['0', text],
      ['*', number],
    ]);
    expect(children(z.union([text, number]))).toEqual([
      ['', text],
      ['', number],
    ]);
    expect(children(z.intersection(text, number))).toEqual([
      ['', text],
      ['', number],
    ]);
    expect(children(text.optional())).toEqual([['', text]]);
    expect(children(z.lazy(() => text))).toEqual([['', text]]);
    expect(children(text)).toEqual([]);
  });

  it('of a kind that is not JSON are refused, not overlooked', () => {
    expect(() => children(z.map(text, text))).toThrow('map');
    expect(() => contains(z.strictObject({ a: z.set(text) }), () => false)).toThrow('set');
  });
});

describe('single nodes', () => {
  it('unwrapped takes every wrapper off', () => {
    expect(unwrapped(text.optional().nullable().default(null).readonly())).toBe(text);
    expect(unwrapped(text)).toBe(text);
  });

  it('withoutDefaults takes defaults off at the top only', () => {
    const inner = z.object({ a: text.default('x') });
    expect(withoutDefaults(inner.prefault({}).default({ a: 'y' }))).toBe(inner);
    const optional = text.default('x').optional();
    expect(withoutDefaults(optional)).toBe(optional);
  });

  it('inPlace gives the schemas of the same value only', () => {
    expect(inPlace(z.union([text, number]))).toEqual([text, number]);
    expect(inPlace(text.nullable())).toEqual([text]);
    expect(inPlace(z.lazy(() => text))).toEqual([text]);
    expect(inPlace(z.strictObject({ a: text }))).toEqual([]);
    expect(inPlace(z.array(text))).toEqual([]);
  });

  it('memberSchema finds members, elements and values', () => {
    expect(memberSchema(z.object({ a: text }), 'a')).toBe(text);
    expect(memberSchema(z.object({ a: text }), 'toString')).toBeUndefined();
    expect(memberSchema(z.object({}).catchall(number), 'a')).toBe(number);
    expect(memberSchema(z.array(text), '7')).toBe(text);
    expect(memberSchema(z.array(text), '-')).toBe(text);
    expect(memberSchema(z.record(z.string(), number), 'x')).toBe(number);
    expect(memberSchema(z.tuple([text], number), '0')).toBe(text);
    expect(memberSchema(z.tuple([text], number), '1')).toBe(number);
    expect(memberSchema(z.tuple([text]), '1')).toBeUndefined();
    expect(memberSchema(z.tuple([text]), 'length')).toBeUndefined();
    expect(memberSchema(text, 'length')).toBeUndefined();
  });
});

describe('walk', () => {
  it('visits every node with the path to it', () => {
    const schema = z.object({ a: z.array(text.optional()), b: z.union([number, z.record(text, number)]) });
    expect(kinds(schema)).toEqual([
      ':object',
      'a:array',
      'a/*:optional',
      'a/*:string',
      'b:union',
      'b:number',
      'b:record',
      'b/*:string',
      'b/*:number',
    ]);
  });

  it('goes no deeper where the visitor says false', () => {
    const seen: string[] = [];
    walk(z.object({ a: z.array(text), b: text }), (node, path) => {
      seen.push(path.join('/'));
      return kindOf(node) !== 'array';
    });
    expect(seen).toEqual(['', 'a', 'b']);
  });

  it('ends on recursive schemas', () => {
    expect(kinds(tree)).toEqual([':object', 'name:string', 'below:array', '*:never']);
    expect(kinds(list)).toContain('head:string');
    expect(contains(tree, (node) => kindOf(node) === 'boolean')).toBe(false);
    expect(contains(z.json(), (node) => kindOf(node) === 'boolean')).toBe(true);
  });
});

describe('rewritten', () => {
  it('is the same schema where nothing changes', () => {
    const kept = z.object({ n: z.number().default(1) });
    const schema = z.object({ kept, a: text });
    expect(rewritten(schema, () => undefined)).toBe(schema);
    const shape = (upper(schema) as typeof schema).shape;
    expect(shape.kept).toBe(kept);
    expect(shape.a).not.toBe(text);
  });

  it('replaces in every kind that holds schemas', () => {
    const cases: [z.ZodType, unknown, unknown][] = [
      [z.object({ a: text }), { a: 'A' }, { a: 'B' }],
      [z.object({}).catchall(text), { a: 'A' }, { a: 'B' }],
      [z.array(text), ['A'], ['B']],
      [z.record(text, number), { A: 1 }, { B: 1 }],
      [z.record(z.enum(['x']), text), { x: 'A' }, { x: 'B' }],
      [z.union([number, text]), 'A', 'B'],
      [z.tuple([text], text), ['A', 'A'], ['A', 'B']],
      [z.intersection(z.object({ a: text }), z.object({ b: text })), { a: 'A', b: 'A' }, { a: 'A', b: 'B' }],
      [text.pipe(text), 'A', 'B'],
      [z.lazy(() => text), 'A', 'B'],
      [text.optional(), 'A', 'B'],
      [text.nullable(), 'A', 'B'],
      [text.readonly(), 'A', 'B'],
      [
        z.discriminatedUnion('k', [z.object({ k: z.literal(1), a: text }), z.object({ k: z.literal(2) })]),
        { k: 1, a: 'A' },
        { k: 1, a: 'B' },
      ],
    ];
    for (const [schema, good, bad] of cases) {
      expect(schema.safeParse(bad).success).toBe(true);
      expect(upper(schema).safeParse(good)).toMatchObject({ success: true, data: good });
      expect(upper(schema).safeParse(bad).success).toBe(false);
    }
  });

  it('keeps recursive schemas recursive', () => {
    const deep = (name: string) => ({ name: 'A', below: [{ name: 'A', below: [{ name, below: [] }] }] });
    expect(upper(tree).safeParse(deep('A'))).toMatchObject({ success: true, data: deep('A') });
    expect(upper(tree).safeParse(deep('B')).success).toBe(false);
    expect(upper(list).safeParse({ head: 'A', tail: { head: 'A', tail: { head: 'A' } } }).success).toBe(true);
    expect(upper(list).safeParse({ head: 'A', tail: { head: 'A', tail: { head: 'B' } } }).success).toBe(
      false,
    );
    expect(upper(z.json()).safeParse([{ a: ['A'] }]).success).toBe(false);
  });

  it('keeps checks and makes a default anew for every parse', () => {
    const schema = z.array(text).max(1).default([]);
    expect(upper(schema).safeParse(['A', 'A']).success).toBe(false);
    const refined = z.object({ a: text, n: number }).refine(({ n }) => n > 1);
    expect(upper(refined).safeParse({ a: 'A', n: 1 }).success).toBe(false);
    expect(upper(schema).parse(undefined)).not.toBe(upper(schema).parse(undefined));
    const copy = upper(schema);
    expect(copy.parse(undefined)).not.toBe(copy.parse(undefined));
  });

  it('alters nodes and goes on below them', () => {
    const loose = rewritten(
      z.strictObject({ a: z.strictObject({ b: text }) }),
      () => undefined,
      (node) => (kindOf(node) === 'object' ? { catchall: undefined } : {}),
    );
    expect(loose.parse({ a: { b: 'b', c: 1 }, d: 1 })).toEqual({ a: { b: 'b' } });
  });

  it('lets a change build from rewritten parts', () => {
    const boxed = rewritten(z.object({ a: z.array(text) }), (node, below) =>
      kindOf(node) === 'array'
        ? z.object({ items: below((node as z.ZodArray<z.ZodType>).element) })
        : undefined,
    );
    expect(boxed.parse({ a: { items: 'x' } })).toEqual({ a: { items: 'x' } });
  });
});
