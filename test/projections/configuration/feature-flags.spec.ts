import { expect, it } from 'vitest';
import { featureFlags as config } from '../../../src/domain/configuration/feature-flags.js';
import { featureFlags } from '../../../src/projections/configuration/feature-flags.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

const beta = { flag: 'beta', enabled: true, rollout: 10, description: 'the new planner' };
const grown = { flag: 'beta', enabled: true, rollout: 50 };
const examples = [
  config.event('FeatureFlagSet', beta),
  config.event('FeatureFlagSet', grown),
  config.event('FeatureFlagSet', { ...beta, flag: 'dark-mode' }),
  config.event('FeatureFlagRemoved', { flag: 'beta' }),
  config.event('FeatureFlagSet', beta),
];
const after = (count: number) =>
  projected(featureFlags, recorded({ category: 'config', streamId: 'acme' }, ...examples.slice(0, count)));

it('has an example of every event', () => expectExampleForEvery(featureFlags, examples));

it('holds a flag as it was set, with when', () =>
  expect([...after(1)]).toEqual([['beta', { ...beta, createdAt: instantAt(1), updatedAt: instantAt(1) }]]));

it('keeps nothing of what a flag said before but when it began', () =>
  expect(after(2).get('beta')).toEqual({ ...grown, createdAt: instantAt(1), updatedAt: instantAt(2) }));

it('forgets a removed flag: set again, it is a new one', () => {
  expect([...after(4).keys()]).toEqual(['dark-mode']);
  expect(after(5).get('beta')).toMatchObject({ createdAt: instantAt(5), updatedAt: instantAt(5) });
});
