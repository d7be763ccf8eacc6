import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completenessOf,
  platformAdaptation,
  platformType,
  type PlatformAdaptation,
} from '../../../src/domain/personas/platform-adaptation.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('platform adaptations');
const names = Object.keys(platformAdaptation.shape).filter((name) => name !== 'isActive');
const saying = (members: Record<string, unknown>): PlatformAdaptation => platformAdaptation.parse(members);
const all = Object.fromEntries(names.map((name) => [name, 'something']));

describe('completeness', () => {
  it('is 0 where nothing is said, 100 where everything is', () => {
    expect(completenessOf(saying({}))).toEqual({ completeness: 0, missing: names });
    expect(completenessOf(saying(all))).toEqual({ completeness: 100, missing: [] });
  });

  it('is the share of what is said, in between', () => {
    expect(names).toHaveLength(11);
    const { tonalRange: _, ...most } = all;
    expect(completenessOf(saying(most))).toEqual({ completeness: 91, missing: ['tonalRange'] });
    expect(completenessOf(saying({ contentTypes: ['article'] })).completeness).toBe(9);
  });

  it('whether an adaptation is in use says nothing about it', () => {
    expect(completenessOf(saying({ isActive: false })).completeness).toBe(0);
    expect(completenessOf(saying({ ...all, isActive: false })).completeness).toBe(100);
  });

  it('an empty list and an empty object say nothing', () => {
    expect(completenessOf(saying({ contentTypes: [], tonalRange: {} })).completeness).toBe(0);
    expect(completenessOf(saying({ tonalRange: { warm: false } })).completeness).toBe(9);
  });

  it('never falls when something more is said', () => {
    fc.assert(
      fc.property(fc.subarray(names), fc.constantFrom(...names), (some, more) => {
        const pick = (list: string[]) => saying(Object.fromEntries(list.map((name) => [name, 'x'])));
        const before = completenessOf(pick(some));
        const after = completenessOf(pick([...some, more]));
        expect(after.completeness).toBeGreaterThanOrEqual(before.completeness);
        expect(after.missing).toEqual(before.missing.filter((name) => name !== more));
      }),
      { seed },
    );
  });
});

describe('an adaptation', () => {
  it('is in use unless it is said otherwise', () => {
    expect(saying({})).toEqual({ isActive: true });
  });

  it('says each thing as an object, as a list of texts or as a text', () => {
    const forms = [{ per: 'day', times: 2 }, ['mornings', 'evenings'], 'twice a day'];
    for (const postingFrequency of forms)
      expect(saying({ postingFrequency }).postingFrequency).toEqual(postingFrequency);
  });

  it.each([
    ['a number', { postingFrequency: 2 }],
    ['a list of other things', { contentTypes: [1] }],
    ['a blank text', { tonalRange: ' ' }],
    ['an empty text', { tonalRange: '' }],
    ['null', { tonalRange: null }],
    ['a text of 10,001', { tonalRange: 'x'.repeat(10_001) }],
    ['what it does not know', { hashtags: ['a'] }],
    ['the name of its platform', { platformType: 'x' }],
    ['a member that means something to JavaScript', { tonalRange: { constructor: 1 } }],
  ])('refuses %s', (_, members) => {
    expect(platformAdaptation.safeParse(members).success).toBe(false);
  });

  it('has at most 16 KiB, counted in bytes', () => {
    const [one, other] = ['x'.repeat(8_000), 'ü'.repeat(8_000)];
    expect(platformAdaptation.safeParse({ tonalRange: one, contentTypes: one }).success).toBe(true);
    const tooLarge = platformAdaptation.safeParse({ tonalRange: one, contentTypes: other });
    expect(tooLarge.error?.issues).toMatchObject([{ path: [], message: 'is larger than 16 KiB' }]);
  });
});

describe('the name of a platform', () => {
  it.each(['linkedin', 'x', 'threads_2', 'micro-blog'])('%s', (name) => {
    expect(platformType.safeParse(name).success).toBe(true);
  });

  it.each(['LinkedIn', '2nd', '__proto__', '', 'a b', 'a/b', 'x'.repeat(33)])('%j is none', (name) => {
    expect(platformType.safeParse(name).success).toBe(false);
  });
});
