import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broughtLocks, touchedLocks } from '../../../src/domain/personas/locked-parts.js';
import { lockedParts } from '../../../src/domain/personas/persona-facets.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('locked parts');
type Content = { startLocked?: string; editableContent?: string; endLocked?: string };
const withParts = (content: Content) => ({
  prompt: { content, sysInfoEnabled: false, userProfileEnabled: false },
});
const pointers = (errors: { pointer: string }[]): string[] => errors.map(({ pointer }) => pointer);
const text = fc.option(fc.constantFrom('one', 'two'), { nil: undefined });
const parts = fc
  .option(fc.record({ startLocked: text, editableContent: text, endLocked: text }), { nil: undefined })
  .map((content) => (content ? withParts(JSON.parse(JSON.stringify(content)) as Content) : {}));

describe('touchedLocks', () => {
  const before = withParts({ startLocked: 'head', editableContent: 'body', endLocked: 'tail' });

  it.each<[what: string, after: object | undefined, expected: string[]]>([
    ['nothing', before, []],
    ['the part between', withParts({ startLocked: 'head', editableContent: 'new', endLocked: 'tail' }), []],
    ['the head', withParts({ startLocked: 'new', endLocked: 'tail' }), ['startLocked']],
    ['the tail', withParts({ startLocked: 'head', endLocked: 'new' }), ['endLocked']],
    ['the head, removed', withParts({ endLocked: 'tail' }), ['startLocked']],
    ['the whole prompt, removed', {}, ['startLocked', 'endLocked']],
    ['all, removed', undefined, ['startLocked', 'endLocked']],
    ['the content, removed', { prompt: { sysInfoEnabled: true } }, ['startLocked', 'endLocked']],
  ])('%s', (_, after, expected) => {
    const found = touchedLocks(before, after, '/set');
    expect(pointers(found)).toEqual(expected.map((part) => `/set/prompt/content/${part}`));
  });

  it('setting what was not there is touching it', () => {
    expect(pointers(touchedLocks({}, before, ''))).toEqual([
      '/prompt/content/startLocked',
      '/prompt/content/endLocked',
    ]);
    expect(touchedLocks({}, withParts({ editableContent: 'x' }), '')).toEqual([]);
  });

  it('is empty exactly where all locked parts are equal, whichever way one looks', () => {
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const of = (config: typeof one): unknown[] =>
          lockedParts.map((part) => (config as Partial<ReturnType<typeof withParts>>).prompt?.content[part]);
        const differ = of(one).filter((value, index) => value !== of(other)[index]);
        expect(touchedLocks(one, other, '')).toHaveLength(differ.length);
        expect(touchedLocks(other, one, '')).toEqual(touchedLocks(one, other, ''));
      }),
      { seed },
    );
  });
});

describe('broughtLocks', () => {
  const source = withParts({ startLocked: 'head', endLocked: 'tail' });

  it.each<[what: string, config: object, expected: string[]]>([
    ['none', {}, []],
    ['the same', source, []],
    ['one of the same', withParts({ endLocked: 'tail' }), []],
    ['another head', withParts({ startLocked: 'mine', endLocked: 'tail' }), ['startLocked']],
    [
      'the parts in each other’s place',
      withParts({ startLocked: 'tail', endLocked: 'head' }),
      ['startLocked', 'endLocked'],
    ],
    ['an editable part', withParts({ editableContent: 'mine' }), []],
  ])('%s, of a source that has both', (_, config, expected) => {
    const found = broughtLocks(source, config, '/persona');
    expect(pointers(found)).toEqual(expected.map((part) => `/persona/prompt/content/${part}`));
  });

  it('without a source every locked part is brought along', () => {
    expect(broughtLocks(undefined, source, '')).toHaveLength(2);
    expect(broughtLocks({}, withParts({ editableContent: 'x' }), '')).toEqual([]);
  });

  it('leaving parts of the source out is no touching: a new persona has only what it brings', () => {
    fc.assert(
      fc.property(parts, parts, (from, config) => {
        const brought = pointers(broughtLocks(from, config, ''));
        const touched = pointers(touchedLocks(from, config, ''));
        for (const pointer of brought) expect(touched).toContain(pointer);
      }),
      { seed },
    );
  });
});
