import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bullets, outlineOf } from '../../../../src/domain/personas/prompts/prompt-outline.js';
import { seedFor } from '../../../support/seed.js';

const seed = seedFor('outlines');

/** The same value with the members of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, reversed(member)]);
  return Object.fromEntries(members.reverse());
}

describe('an outline', () => {
  it('has one line per scalar: texts trimmed, booleans as yes and no', () => {
    const entries = [
      ['tone', '  warm '],
      ['emoji', false],
      ['examples', true],
      ['words', 12.5],
    ] as const;
    expect(outlineOf(entries)).toBe('- tone: warm\n- emoji: no\n- examples: yes\n- words: 12.5');
  });

  it('puts what has parts below its label, two blanks further in', () => {
    const value = { b: [1, [2, 3]], a: { deep: [{ x: 1, y: 2 }] } };
    expect(outlineOf([['Format', value]])).toBe(
      [
        '- Format:',
        '  - a:',
        '    - deep:',
        '      - - x: 1',
        '        - y: 2',
        '  - b:',
        '    - 1',
        '    - - 2',
        '      - 3',
      ].join('\n'),
    );
  });

  it('indents the further lines of a text, whatever ends them', () => {
    expect(outlineOf([['a', 'one\r\ntwo\rthree\nfour']])).toBe('- a: one\n  two\n  three\n  four');
    expect(bullets(['one\ntwo', 'three'])).toBe('- one\n  two\n- three');
  });

  it('says nothing of what says nothing', () => {
    const nothing = [null, undefined, '', ' \n', [], {}, [[], { a: [null] }], new Map([['a', undefined]])];
    expect(outlineOf(nothing.map((value, index) => [`${index}`, value]))).toBe('');
    expect(bullets(nothing)).toBe('');
    expect(outlineOf([['a', [[], 'first', {}, 'last']]])).toBe('- a:\n  - first\n  - last');
  });

  it('orders the members of an object by name; those of a Map stay as they are', () => {
    expect(outlineOf([['a', { z: 1, B: 2, b: 3 }]])).toBe('- a:\n  - B: 2\n  - b: 3\n  - z: 1');
    expect(
      outlineOf([
        [
          'a',
          new Map([
            ['z', 1],
            ['b', 2],
          ]),
        ],
      ]),
    ).toBe('- a:\n  - z: 1\n  - b: 2');
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(outlineOf([['a', reversed(value)]])).toBe(outlineOf([['a', value]]));
      }),
      { seed },
    );
  });

  it('keeps a label in one line', () => {
    expect(outlineOf([['two\n lines ', { 'and\tmore': 1 }]])).toBe('- two lines:\n  - and more: 1');
  });
});
