import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkTarget, parseAddress, queryParameters, refuseParameters } from '../../src/api/input.js';
import { Rejection } from '../../src/domain/kernel.js';

const schema = z.strictObject({
  thingId: z.string(),
  versionNo: z.int().optional(),
  limit: z.int().min(1).max(500).default(50),
  weight: z.number().nullable().optional(),
  isSmall: z.boolean().optional(),
  tags: z.array(z.string().min(1)).optional(),
  sizes: z.array(z.int()).optional(),
  q: z.string().optional(),
});

const parse = (query: string, path: Record<string, string> = { thingId: 't' }) =>
  parseAddress(schema, path, queryParameters(`/x${query}`));

function refused(run: () => unknown): { code: string; errors: unknown } {
  try {
    run();
  } catch (error) {
    if (error instanceof Rejection) return { code: error.code, errors: error.more.errors };
    throw error;
  }
  throw new Error('accepted');
}

describe('parseAddress', () => {
  it('lists a hundred faults at most, the first ten with hints', () => {
    const query = Array.from({ length: 3_000 }, (_, index) => `versionN${index}=1`).join('&');
    const errors = refused(() => parse(`?${query}`)).errors as { detail: string }[];
    expect(errors).toHaveLength(100);
    expect(errors.filter(({ detail }) => detail.includes('did you mean'))).toHaveLength(10);
  });

  it('turns texts into what the schema says', () => {
    expect(parse('?limit=7&weight=-0.5&isSmall=true&tags=a&tags=b,c&sizes=1,2&q=a+b%2Bc')).toEqual({
      thingId: 't',
      limit: 7,
      weight: -0.5,
      isSmall: true,
      tags: ['a', 'b,c'],
      sizes: [1, 2],
      q: 'a b+c',
    });
    expect(parse('', { thingId: 't', versionNo: '3' })).toEqual({ thingId: 't', versionNo: 3, limit: 50 });
    expect(parse('?&q=%F0%9F%98%80&')).toMatchObject({ q: '😀' });
    expect(parse('?q')).toMatchObject({ q: '' });
    expect(parse('?')).toEqual({ thingId: 't', limit: 50 });
  });

  it.each<[query: string, pointer: string, detail: RegExp]>([
    ['?lmit=5', '/lmit', /no such parameter; did you mean "limit"/],
    ['?thingId=u', '/thingId', /no such parameter/],
    ['?limit=5&limit=6', '/limit', /more than once/],
    ['?limit=', '/limit', /expected number/],
    ['?limit=five', '/limit', /expected number/],
    ['?limit=5x', '/limit', /not a JSON number/],
    ['?limit=0', '/limit', />=1/],
    ['?limit=501', '/limit', /<=500/],
    ['?limit=1e400', '/limit', /beyond/],
    ['?limit=9007199254740993', '/limit', /beyond/],
    ['?weight=0.12345678901234567890123', '/weight', /more digits/],
    ['?isSmall=yes', '/isSmall', /expected boolean/],
    ['?tags=', '/tags/0', />=1/],
    ['?sizes=1,x', '/sizes/1', /expected number/],
    ['?__proto__=1', '/__proto__', /no such parameter/],
    ['?constructor=1', '/constructor', /no such parameter/],
    ['?toString=1', '/toString', /no such parameter/],
  ])('refuses %s', (query, pointer, detail) => {
    const { code, errors } = refused(() => parse(query));
    expect(code).toBe('invalid-input');
    expect(errors).toContainEqual({ pointer, detail: expect.stringMatching(detail) as string });
  });
});

describe('what is no text', () => {
  it.each(['?q=%00', '?q=%ED%A0%80', '?q=%C3%28', '?q=%', '?q=%zz', '?%FF=1'])('refuses %s', (query) => {
    expect(refused(() => parse(query)).code).toBe('malformed-request');
  });

  it.each(['/a/%00', '/a/%ED%A0%80/b', '/a/%C0%80', '/a/%', '/a/ü', '/a b', '/a\tb'])(
    'refuses %s',
    (path) => {
      expect(refused(() => checkTarget(path)).code).toBe('malformed-request');
    },
  );

  it.each(['/', '/a/../b?x=%00', '/%F0%9F%98%80', "/a-_.~!$&'()*+,;=:@"])('lets %s through', (path) => {
    expect(() => checkTarget(path)).not.toThrow();
  });
});

it('an operation without parameters refuses each', () => {
  expect(() => refuseParameters('/x')).not.toThrow();
  expect(() => refuseParameters('/x?')).not.toThrow();
  expect(refused(() => refuseParameters('/x?a=1')).errors).toEqual([
    { pointer: '/a', detail: 'there is no such parameter' },
  ]);
});
