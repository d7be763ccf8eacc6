import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { didYouMean, memberNames, parseInput, pointerTo } from '../../src/commands/parse-input.js';
import { Rejection, type FieldError } from '../../src/domain/kernel.js';

const schema = z.strictObject({
  name: z.string().min(1),
  systemPromptTemplate: z.string().optional(),
  traits: z
    .array(z.strictObject({ weight: z.int().default(1), kind: z.enum(['draft', 'active']) }))
    .default([]),
  shape: z.union([z.strictObject({ radius: z.number() }), z.strictObject({ width: z.number() })]).optional(),
  byKind: z
    .discriminatedUnion('kind', [z.strictObject({ kind: z.literal('a'), text: z.string() })])
    .optional(),
  either: z.union([z.string(), z.strictObject({ value: z.int() })]).optional(),
  weights: z.record(z.string().regex(/^[a-z]+$/), z.number()).optional(),
  anything: z.json().optional(),
});

function faults(value: unknown): FieldError[] {
  try {
    parseInput(schema, value);
  } catch (error) {
    expect(error).toBeInstanceOf(Rejection);
    expect((error as Rejection).code).toBe('invalid-input');
    return (error as Rejection).more.errors!;
  }
  throw new Error('accepted');
}

describe('parseInput', () => {
  it('answers the output, defaults filled', () => {
    expect(parseInput(schema, { name: 'x', traits: [{ kind: 'draft' }] })).toEqual({
      name: 'x',
      traits: [{ weight: 1, kind: 'draft' }],
    });
  });

  it.each<[what: string, value: unknown, pointer: string, detail: RegExp]>([
    ['something that is no object', 5, '', /expected object/],
    ['nothing at all', undefined, '', /is required/],
    ['a missing member', {}, '/name', /^is required \(string\)$/],
    ['a wrong type', { name: 5 }, '/name', /expected string, received number/],
    [
      'a member in a list',
      { name: 'x', traits: [{ kind: 'draft', weight: 0.5 }] },
      '/traits/0/weight',
      /int/,
    ],
    [
      'an unknown member',
      { name: 'x', system_prompt_tmplate: '' },
      '/system_prompt_tmplate',
      /"systemPromptTemplate"/,
    ],
    [
      'a slip within a list',
      { name: 'x', traits: [{ kind: 'draft', wieght: 1 }] },
      '/traits/0/wieght',
      /"weight"/,
    ],
    [
      'an option nearly right',
      { name: 'x', traits: [{ kind: 'actve' }] },
      '/traits/0/kind',
      /did you mean "active"/,
    ],
    [
      'an alternative nearly right',
      { name: 'x', shape: { radus: 1, radius: 2 } },
      '/shape/radus',
      /"radius"/,
    ],
    ['an unknown discriminator', { name: 'x', byKind: { kind: 'b' } }, '/byKind/kind', /discriminator/],
    ['none of the alternatives', { name: 'x', either: 5 }, '/either', /expected string or object/],
    ['a bad key of a record', { name: 'x', weights: { 'A!': 1 } }, '/weights/A!', /./],
    [
      '__proto__',
      { name: 'x', anything: JSON.parse('{"__proto__":1}') },
      '/anything/__proto__',
      /may be called/,
    ],
    ['NUL', { name: 'a\0' }, '/name', /NUL/],
    ['a lone surrogate', { name: 'a', anything: ['\ud800'] }, '/anything/0', /surrogate/],
    ['a surrogate in a name', { name: 'a', anything: { '\udc00': 1 } }, '/anything', /member name/],
  ])('refuses %s', (_, value, pointer, detail) => {
    expect(faults(value)).toContainEqual({ pointer, detail: expect.stringMatching(detail) as string });
  });

  it('refuses what is nested without end', () => {
    let value: unknown = 1;
    for (let level = 0; level < 10_000; level++) value = [value];
    expect(faults({ name: 'x', anything: value })).toEqual([
      { pointer: '', detail: 'nested deeper than 32 levels' },
    ]);
  });

  it('never quotes a value', () => {
    const secret = 'a private sentence';
    const told = JSON.stringify(
      faults({ name: [secret], traits: [{ kind: secret }], either: 5, shape: secret }),
    );
    expect(told).not.toContain(secret);
  });

  it('lists a hundred faults at most, the first ten with hints, however many there are', () => {
    const unknown = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`systemPromptTemplat${index}`, 1]),
    );
    const startedAt = performance.now();
    const found = faults({ name: 'x', ...unknown });
    expect(performance.now() - startedAt).toBeLessThan(200);
    expect(found).toHaveLength(100);
    expect(found.map(({ detail }) => detail.includes('did you mean'))).toEqual(
      found.map((_, index) => index < 10),
    );
  });

  it('lists the faults of many issues as it lists those of one', () => {
    const traits = Array.from({ length: 5_000 }, () => ({ kind: 'actve', wieght: 1 }));
    const found = faults({ name: 'x', traits });
    expect(found).toHaveLength(100);
    expect(found[99]!.pointer).toMatch(/^\/traits\/49\//);
    expect(found.filter(({ detail }) => detail.includes('did you mean'))).toHaveLength(10);
  });
});

describe('didYouMean', () => {
  it.each([
    ['nmae', 'name'],
    ['Name', 'name'],
    ['base_version_no', 'baseVersionNo'],
    ['naem', 'name'],
    ['slgu', 'slug'],
    ['description', undefined],
    ['x', undefined],
    ['n'.repeat(1_000), undefined],
  ])('%s → %s', (word, meant) => {
    expect(didYouMean(word, ['name', 'slug', 'baseVersionNo'])).toBe(meant);
  });
});

describe('memberNames', () => {
  it('knows the members at a path, those of all alternatives', () => {
    expect(memberNames(schema, ['shape'])).toEqual(['radius', 'width']);
    expect(memberNames(schema, ['traits', 3])).toEqual(['weight', 'kind']);
    expect(memberNames(schema, ['no', 'such'])).toEqual([]);
  });
});

it('pointers are escaped as RFC 6901 says', () => {
  expect(pointerTo(['a/b', 0, 'c~d', ''])).toBe('/a~1b/0/c~0d/');
});
