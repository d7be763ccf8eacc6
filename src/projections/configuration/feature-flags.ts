import { z } from 'zod';
import {
  configEvents,
  flagName,
  flagShape,
  personaId,
  type FeatureFlag,
} from '../../domain/configuration/events.js';
import { assignmentVersion, isEnabled } from '../../domain/configuration/flag-assignment.js';
import { configRejections } from '../../domain/configuration/rejections.js';
import { opaqueId } from '../../domain/ids.js';
import { rejecter } from '../../domain/kernel.js';
import { query, rowProjection, type ReadModule } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';

type FeatureFlagRow = FeatureFlag & {
  createdAt: string;
  updatedAt: string;
};

/** The feature flags of a tenant, as of any moment: what was on for whom on a given day. */
export const featureFlags = rowProjection<FeatureFlagRow>()(configEvents, {
  name: 'feature_flags',
  version: 1,
  key: ({ data }) => data['flag'] as string,
  asOf: 'history',
  on: {
    FeatureFlagSet: (row, flag, { meta }) => ({
      ...flag,
      createdAt: row?.createdAt ?? meta.recordedAt,
      updatedAt: meta.recordedAt,
    }),
    FeatureFlagRemoved: () => null,
  },
});

const rowShape = { flag: flagName, ...flagShape, createdAt: z.string(), updatedAt: z.string() };

const flagQuestion = z
  .strictObject({
    flag: flagName,
    unit: opaqueId
      .optional()
      .describe('The id of what stays on one side of the rollout, such as a member or a conversation'),
    personaId: personaId.optional().describe('The persona at work, for flags that are for certain ones'),
  })
  .refine(({ unit, personaId: persona }) => persona === undefined || unit !== undefined, {
    path: ['personaId'],
    error: 'goes with a unit',
  });

const reject = rejecter(configRejections);

export const featureFlagsReadModule: ReadModule = {
  projections: [featureFlags],
  queries: {
    listFeatureFlags: query({
      http: 'GET /feature-flags',
      summary: 'The feature flags of the tenant',
      permission: 'flags:read',
      input: z.strictObject(listInput),
      output: pageOf(z.strictObject(rowShape)),
      asOf: true,
      reads: [featureFlags],
      run: async ({ limit, cursor }, ctx) => {
        const page = await ctx.model(featureFlags).list<FeatureFlagRow>({ limit, cursor });
        return { body: { items: page.items.map(({ row }) => row), next: page.next } };
      },
    }),
    getFeatureFlag: query({
      http: 'GET /feature-flags/:flag',
      summary: 'A feature flag, and whether it is on for a unit',
      permission: 'flags:read',
      input: flagQuestion,
      output: z.strictObject({
        ...rowShape,
        isEnabled: z.boolean().optional().describe('Whether it is on for the unit that was asked for'),
        assignmentVersion: z.int().optional().describe('Of the function that told `isEnabled`'),
      }),
      asOf: true,
      reads: [featureFlags],
      rejects: ['flag-not-found'],
      run: async ({ flag, unit, personaId: persona }, ctx) => {
        const found = await ctx.model(featureFlags).get<FeatureFlagRow>(flag);
        const row = found?.row ?? reject('flag-not-found', `no feature flag ${flag}`);
        if (unit === undefined) return { body: row };
        const asked = { unit, personaId: persona };
        return { body: { ...row, isEnabled: isEnabled(row, asked), assignmentVersion } };
      },
    }),
  },
};
