/**
 * Hostile input, made from the schemas: a valid input of every command with one place of it spoilt is accepted
 * or refused with 400 and a pointer to the place. Nothing else happens, whatever stands there.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { parseInput } from '../../src/commands/parse-input.js';
import { commandsOf, modules } from '../../src/commands/registry.js';
import { mapPersonal } from '../../src/commands/sealing/map-personal.js';
import { refuseSealedInput } from '../../src/commands/sealing/seal.js';
import { Rejection } from '../../src/domain/kernel.js';
import { arbitraryOf } from '../support/arbitrary.js';
import { sealed } from '../support/given.js';
import { seedFor } from '../support/seed.js';

const seed = seedFor('hostile input');
const addressed = [...commandsOf(modules)]
  .map(([name, { command }]) => ({ name, http: command.http, input: command.input }))
  .filter(({ http }) => http !== 'internal');

const nested = (depth: number): unknown => {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};
/** An object with an own member of a name that a literal could not give it. */
const named = (name: string, value: unknown): object =>
  Object.defineProperty({}, name, { value, enumerable: true, configurable: true, writable: true });

/** Values that no program of ours would send. */
const spoilt: Record<string, unknown> = {
  null: null,
  'a boolean': true,
  'a number': 0,
  'a huge number': Number.MAX_VALUE,
  'an integer beyond all integers': 2 ** 53 + 2,
  'a negative number': -1,
  'the smallest fraction': Number.MIN_VALUE,
  'a text like NaN': 'NaN',
  'a text like a number': '1e999',
  'an empty text': '',
  'a blank text': ' \u00a0\t',
  'a long text': 'x'.repeat(200_000),
  'a text of wide characters': '😀'.repeat(30_000),
  NUL: 'a\0b',
  'a lone surrogate': 'a\ud800',
  'a hidden direction': '\u202Eabc\u2066',
  'control characters': '\u0007\u001b[31m',
  'a path upwards': '../../../etc/passwd',
  'a percent escape': '%00%2e%2e',
  'an empty list': [],
  'a list of 10,000': Array.from({ length: 10_000 }, () => 'x'),
  'a list of nothing': [null],
  'a list with a hole': Array.from({ length: 2 }),
  'an empty object': {},
  'an unknown member': { surelyNotAMember: 1 },
  'something deep': nested(30),
  'something too deep': nested(60),
  'something much too deep': nested(5_000),
  'a sealed value': sealed('forged'),
  'something like a sealed value': { $sealed: {} },
  __proto__: named('__proto__', { polluted: true }),
  constructor: named('constructor', { prototype: { polluted: true } }),
  prototype: named('prototype', 1),
  'a member that is called nothing': named('', 1),
  'a member with NUL in its name': named('a\0', 1),
  'a member with a long name': named('n'.repeat(10_000), 1),
};
/** Members that are put beside those of an object. */
const additions: [name: string, value: unknown][] = [
  ['surelyNotAMember', 1],
  ['__proto__', { polluted: true }],
  ['constructor', 1],
  ['toString', 1],
  ['$sealed', {}],
  ['', 1],
  ['tenantId ', 'acme'],
];

type Path = (string | number)[];
/** The paths to all places of a value, itself first. */
function placesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const steps = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return [path, ...steps.flatMap((step) => placesOf((value as never)[step], [...path, step]))];
}
const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((part, step) => (part as never)?.[step], value);

/** The value with another one at a place, or with one more member there. */
function spoiltAt(value: unknown, path: Path, change: unknown): unknown {
  if (path.length === 0) return change;
  const copy = structuredClone(value);
  const container = at(copy, path.slice(0, -1)) as object;
  Object.defineProperty(container, path.at(-1)!, {
    value: change,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

/** What becomes of an input before anything is decided: what the pipeline does to it, without its keys. */
function taken(schema: z.ZodObject, value: unknown): Rejection | 'accepted' {
  try {
    const input = parseInput(schema, value);
    refuseSealedInput(value);
    mapPersonal(schema, input, () => sealed('x'));
    return 'accepted';
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
}

const stepsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
/** Whether a pointer leads to something in the input, or to a member that one of its objects lacks. */
function isPlace(value: unknown, pointer: string): boolean {
  const steps = stepsOf(pointer);
  const around = at(value, steps.slice(0, -1));
  return pointer === '' || (typeof around === 'object' && around !== null);
}

function expectSound(schema: z.ZodObject, value: unknown): void {
  const outcome = taken(schema, value);
  if (outcome === 'accepted') return;
  const { code, row, more } = outcome;
  expect([code, row.status]).toEqual(['invalid-input', 400]);
  const errors = more.errors ?? [];
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.length).toBeLessThanOrEqual(100);
  for (const { pointer, detail } of errors) {
    expect(pointer === '' || pointer.startsWith('/'), pointer).toBe(true);
    expect(isPlace(value, pointer), `${pointer} leads into the input`).toBe(true);
    expect(detail).not.toBe('');
  }
}

describe.each(addressed)('$name', ({ input }) => {
  const samples = (count: number): unknown[] => fc.sample(arbitraryOf(input), { seed, numRuns: count });
  const [whole] = samples(1);

  it('takes no value for the whole input that is not one', () => {
    for (const [what, value] of Object.entries(spoilt)) {
      const outcome = taken(input, value);
      if (outcome === 'accepted') expect(value, what).toEqual({});
      else expectSound(input, value);
    }
  });

  it('accepts or refuses, with a pointer, whatever stands in a place of it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples(4)),
        fc.nat(),
        fc.constantFrom(...Object.keys(spoilt)),
        (valid, which, what) => {
          const places = placesOf(valid);
          expectSound(input, spoiltAt(valid, places[which % places.length]!, spoilt[what]));
        },
      ),
      { seed, numRuns: 80 },
    );
  });

  it('accepts or refuses whatever stands in the place of each member', () => {
    for (const name of Object.keys(input.shape)) {
      for (const value of Object.values(spoilt)) expectSound(input, spoiltAt(whole, [name], value));
    }
  });

  it('refuses every member that it does not know', () => {
    for (const [name, value] of additions) {
      expect(taken(input, spoiltAt(whole, [name], value)), name).toMatchObject({ code: 'invalid-input' });
    }
  });

  it('never takes a sealed value from outside, wherever it stands', () => {
    const [valid] = samples(1);
    for (const path of placesOf(valid).slice(1, 40)) {
      const forged = spoiltAt(valid, path, sealed('forged'));
      expect(taken(input, forged), path.join('/')).toMatchObject({ code: 'invalid-input' });
    }
  });

  it('leaves nothing behind: no object got a member that it was not given', () => {
    for (const name of ['__proto__', 'constructor', 'prototype']) expectSound(input, spoilt[name]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
