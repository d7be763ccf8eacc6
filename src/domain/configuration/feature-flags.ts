import { z } from 'zod';
import { same } from '../content-hash.js';
import { deciderFor, defineModule } from '../kernel.js';
import { ownMember } from '../own-member.js';
import { configEvents, flagName, flagShape, type FeatureFlag } from './events.js';
import { configRejections } from './rejections.js';

/** A tenant has this many flags at most: a command loads them all. */
const maxFlags = 500;

interface FeatureFlags {
  /** By name. */
  flags: Record<string, FeatureFlag>;
}

/** The feature flags of a tenant: what is on, for how many and for which personas. */
export const featureFlags = deciderFor<FeatureFlags>()({
  name: 'config',
  id: 'tenantId',
  events: configEvents,
  rejections: configRejections,
  initialState: () => ({ flags: {} }),
  // A tenant has one stream of them, named after itself.
  locate: (_, at) => ({ id: at.tenantId }),
  evolve: {
    FeatureFlagSet: ({ flags }, flag) => ({ flags: { ...flags, [flag.flag]: flag } }),
    FeatureFlagRemoved: ({ flags }, { flag }) => {
      const { [flag]: _, ...others } = flags;
      return { flags: others };
    },
  },
});

/** The flag in the one form in which it is kept: in which order a list names its personas says nothing. */
function inOneForm({ personaIds, ...flag }: FeatureFlag): FeatureFlag {
  if (!personaIds) return flag;
  return { ...flag, personaIds: [...new Set(personaIds.map((id) => id.toLowerCase()))].sort() };
}

export const featureFlagsModule = defineModule(featureFlags, {
  setFeatureFlag: featureFlags.command({
    http: 'PUT /feature-flags/:flag',
    summary: 'Say what a feature flag is, in place of what was said before',
    permission: 'flags:manage',
    input: z.strictObject({ flag: flagName, ...flagShape, rollout: flagShape.rollout.default(100) }),
    rejects: ['too-many-flags'],
    decide: ({ flags }, input, ctx) => {
      const flag = inOneForm(input);
      const before = ownMember(flags, input.flag);
      if (before && same(before, flag)) return [];
      if (!before && Object.keys(flags).length >= maxFlags) {
        return ctx.reject('too-many-flags', `a tenant has at most ${maxFlags}`);
      }
      return [featureFlags.event('FeatureFlagSet', flag)];
    },
  }),

  removeFeatureFlag: featureFlags.command({
    http: 'DELETE /feature-flags/:flag',
    summary: 'Remove a feature flag',
    permission: 'flags:manage',
    input: z.strictObject({ flag: flagName }),
    rejects: [],
    decide: ({ flags }, { flag }) =>
      ownMember(flags, flag) ? [featureFlags.event('FeatureFlagRemoved', { flag })] : [],
  }),
});
