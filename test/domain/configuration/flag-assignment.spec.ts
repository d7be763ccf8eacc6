import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configEvents, type FeatureFlag } from '../../../src/domain/configuration/events.js';
import { assignmentVersion, bucketOf, isEnabled } from '../../../src/domain/configuration/flag-assignment.js';
import { arbitraryOf } from '../../support/arbitrary.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('flag assignment');
const ada = '01890000-0000-7000-8000-00000000000a';
const bob = '01890000-0000-7000-8000-00000000000b';
const beta: FeatureFlag = { flag: 'beta', enabled: true, rollout: 100 };

const someFlag = arbitraryOf(configEvents.FeatureFlagSet) as fc.Arbitrary<FeatureFlag>;
const someUnit = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/);
const units = Array.from({ length: 10_000 }, (_, n) => `unit-${n}`);
const share = (flag: FeatureFlag): number =>
  units.filter((unit) => isEnabled(flag, { unit })).length / units.length;

// Whoever changes these raises `assignmentVersion`: flags that nobody touched turn on and off by it.
it('of version 1 puts these units into these buckets', () => {
  expect(assignmentVersion).toBe(1);
  expect(bucketOf('beta', 'ada')).toBe(5163);
  expect(bucketOf('beta', 'bob')).toBe(1124);
  expect(bucketOf('beta', 'conversation-7')).toBe(3072);
  expect(bucketOf('dark-mode', 'ada')).toBe(4637);
  expect(bucketOf('beta', ada.replace(/a$/, '1'))).toBe(2525);
});

describe('the rollout', () => {
  it('is on for exactly the buckets below it', () => {
    for (const [rollout, expected] of [
      [51.63, false],
      [51.64, true],
    ] as const)
      expect(isEnabled({ ...beta, rollout }, { unit: 'ada' })).toBe(expected);
  });

  it('is on for about as many units as it says', () => {
    for (const rollout of [0.5, 10, 50, 90])
      expect(Math.abs(share({ ...beta, rollout }) - rollout / 100)).toBeLessThan(0.02);
  });

  it('of 0 is on for nobody, of 100 for everybody', () => {
    expect(share({ ...beta, rollout: 0 })).toBe(0);
    expect(share(beta)).toBe(1);
  });

  it('takes the flag from no unit while it grows', () => {
    const percent = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(someFlag, someUnit, percent, percent, (flag, unit, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        if (isEnabled({ ...flag, rollout: less }, { unit }))
          expect(isEnabled({ ...flag, rollout: more }, { unit })).toBe(true);
      }),
      { seed },
    );
  });

  it('of one flag says nothing about that of another', () => {
    const half = { ...beta, rollout: 50 };
    const early = units.filter((unit) => isEnabled(half, { unit }));
    const both = early.filter((unit) => isEnabled({ ...half, flag: 'dark-mode' }, { unit }));
    expect(Math.abs(both.length / early.length - 0.5)).toBeLessThan(0.05);
  });
});

describe('a flag', () => {
  it('that is not enabled is off for everybody', () => {
    fc.assert(
      fc.property(someFlag, someUnit, (flag, unit) => {
        expect(isEnabled({ ...flag, enabled: false }, { unit, personaId: ada })).toBe(false);
      }),
      { seed },
    );
  });

  it('without a list of personas is for all of them, and for who has none', () => {
    expect(isEnabled(beta, { unit: 'ada', personaId: ada })).toBe(true);
    expect(isEnabled(beta, { unit: 'ada' })).toBe(true);
  });

  it('with a list is for the personas in it, however their ids are written', () => {
    const flag = { ...beta, personaIds: [ada] };
    expect(isEnabled(flag, { unit: 'ada', personaId: ada })).toBe(true);
    expect(isEnabled(flag, { unit: 'ada', personaId: ada.toUpperCase() })).toBe(true);
    expect(isEnabled(flag, { unit: 'ada', personaId: bob })).toBe(false);
    expect(isEnabled(flag, { unit: 'ada' })).toBe(false);
  });

  it('with an empty list is for none', () => {
    expect(isEnabled({ ...beta, personaIds: [] }, { unit: 'ada', personaId: ada })).toBe(false);
  });
});
