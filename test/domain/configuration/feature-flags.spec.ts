import { describe, expect, it } from 'vitest';
import { featureFlags, featureFlagsModule } from '../../../src/domain/configuration/feature-flags.js';
import { given } from '../../support/given.js';

const ada = '01890000-0000-7000-8000-00000000000a';
const bob = '01890000-0000-7000-8000-00000000000b';
const beta = { flag: 'beta', enabled: true, rollout: 10 };
const betaSet = featureFlags.event('FeatureFlagSet', beta);
const betaRemoved = featureFlags.event('FeatureFlagRemoved', { flag: 'beta' });
const none = given(featureFlagsModule);
const withBeta = given(featureFlagsModule, betaSet);

it('the flags of a tenant stand in its one stream', () => {
  expect(featureFlags.locate(beta, { tenantId: 'acme', newId: 'x', now: '' })).toEqual({ id: 'acme' });
});

describe('setFeatureFlag', () => {
  const set = (members: object, before = withBeta) => before.when('setFeatureFlag', { ...beta, ...members });
  const happened = (members: object) => featureFlags.event('FeatureFlagSet', { ...beta, ...members });

  it('makes a flag, once', () => void set({}, none).thenEvents(betaSet).again().thenNothing());

  it('puts it in the place of what it was, as a whole', () => {
    const described = given(featureFlagsModule, happened({ description: 'the new planner' }));
    set({ rollout: 50 }, described)
      .thenEvents(happened({ rollout: 50 }))
      .again()
      .thenNothing();
  });

  it('is for all units where no rollout is given', () =>
    void none.when('setFeatureFlag', { flag: 'beta', enabled: true }).thenEvents(happened({ rollout: 100 })));

  it('is for the listed personas, in whatever order and spelling they are listed', () => {
    const forBoth = happened({ personaIds: [ada, bob] });
    set({ personaIds: [bob, ada.toUpperCase(), bob] }).thenEvents(forBoth);
    set({ personaIds: [bob, ada] }, given(featureFlagsModule, forBoth)).thenNothing();
  });

  it('tells a list of no persona from no list', () =>
    void set({ personaIds: [] }).thenEvents(happened({ personaIds: [] })));

  it('refuses the 501st flag, and still changes the others', () => {
    const flags = Array.from({ length: 500 }, (_, n) => happened({ flag: `flag-${n}` }));
    const full = given(featureFlagsModule, ...flags);
    set({}, full).thenRejected('too-many-flags');
    set({ flag: 'flag-7', enabled: false }, full).thenEvents(happened({ flag: 'flag-7', enabled: false }));
    const gone = featureFlags.event('FeatureFlagRemoved', { flag: 'flag-7' });
    set({}, given(featureFlagsModule, ...flags, gone)).thenEvents(betaSet);
  });

  it.each(['', 'Beta', '7th', '-beta', 'be ta', 'be_ta', 'x'.repeat(65), 'constructor', 'prototype'])(
    'refuses the name %j',
    (flag) => void set({ flag }).thenRejected('invalid-input', '/flag'),
  );

  it.each([
    ['/rollout', { rollout: -1 }],
    ['/rollout', { rollout: 100.01 }],
    ['/enabled', { enabled: 'yes' }],
    ['/personaIds/0', { personaIds: ['ada'] }],
    ['/personaIds', { personaIds: Array.from({ length: 501 }, () => ada) }],
    ['/description', { description: 'x'.repeat(501) }],
    ['/description', { description: 'two\nlines' }],
  ])('refuses at %s: %j', (pointer, members) => void set(members).thenRejected('invalid-input', pointer));

  it('is for managers', () => {
    const input = { ...beta, rollout: 20 };
    withBeta.when('setFeatureFlag', input, { roles: ['editor'] }).thenRejected('forbidden');
    withBeta.when('setFeatureFlag', input, { roles: ['admin'] }).thenEvents(happened({ rollout: 20 }));
  });
});

describe('removeFeatureFlag', () => {
  it('removes what is there, once', () =>
    void withBeta.when('removeFeatureFlag', { flag: 'beta' }).thenEvents(betaRemoved).again().thenNothing());

  it('leaves the others', () => {
    const other = featureFlags.event('FeatureFlagSet', { ...beta, flag: 'dark-mode' });
    const left = given(featureFlagsModule, betaSet, other, betaRemoved);
    left.when('setFeatureFlag', { ...beta, flag: 'dark-mode' }).thenNothing();
    left.when('setFeatureFlag', beta).thenEvents(betaSet);
  });

  it('is for managers', () =>
    void withBeta
      .when('removeFeatureFlag', { flag: 'beta' }, { roles: ['service'] })
      .thenRejected('forbidden'));
});
