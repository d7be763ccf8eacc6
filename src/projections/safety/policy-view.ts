import { z } from 'zod';
import { rejecter } from '../../domain/kernel.js';
import { personaRef } from '../../domain/personas/events.js';
import { policyEvents, policyMode, reason } from '../../domain/safety/events.js';
import { policyDocument, seedName } from '../../domain/safety/policy-document.js';
import { policyHash } from '../../domain/safety/policy-input.js';
import { safetyRejections } from '../../domain/safety/rejections.js';
import { seedPolicies } from '../../domain/safety/seed-policies.js';
import { policyRef } from '../../domain/safety/verdict.js';
import { query, type Answer, type QueryContext } from '../engine/declaration.js';
import { personas, visiblePersona } from '../personas/facts.js';
import { policies, type PolicyRow } from './policies.js';
import { policyVersion, policyVersions, versionsOf, type PolicyVersionRow } from './policy-versions.js';
import { standingPolicies } from './standing-policies.js';

const reject = rejecter(safetyRejections);

const hash = z.string().describe('SHA-256 of the document’s canonical JSON (RFC 8785)');
const versionShape = {
  versionNo: z.int(),
  mode: policyMode,
  policyHash: hash,
  activatedAt: z.string(),
  activatedBy: z.string(),
};
const summary = z.strictObject({
  ...versionShape,
  revertedTo: z.int().optional().describe('The former version that holds again as this one'),
  reason: reason.optional(),
});
const { PolicyWaiverGranted } = policyEvents;

const view = z.strictObject({
  personaId: z.string().nullable().describe('Null for the tenant’s floor'),
  draft: policyDocument.nullable(),
  draftHash: hash.nullable(),
  active: z
    .strictObject({ ...versionShape, policy: policyDocument })
    .nullable()
    .describe('The version that decides; null before the first one, and while the policy is suspended'),
  watched: z
    .strictObject({ ...versionShape, policy: policyDocument })
    .nullable()
    .describe('The version in shadow beside it, which decides nothing'),
  suspended: z.boolean().describe('Everything is denied until a version is enforced'),
  waiver: z
    .strictObject({
      rules: PolicyWaiverGranted.shape.rules,
      until: z.string(),
      reason,
      grantedAt: z.string(),
      grantedBy: z.string(),
    })
    .optional()
    .describe('Rules of the floor that do not count for the persona until then'),
  versions: z.array(summary).describe('Oldest first'),
  asked: z
    .strictObject({ ...summary.shape, policy: policyDocument })
    .optional()
    .describe('The version that was asked for'),
  effective: z
    .strictObject({ policies: z.array(policyRef), unresolved: z.string().optional() })
    .describe('What decides, and is watched: the persona’s own policy and the floor, or the built-in one'),
  version: z.int().describe('Of the stream: what If-Match takes'),
});

const shown = ({ policyId: _, policy: __, ...rest }: PolicyVersionRow): z.output<typeof summary> => rest;

function shownWaiver({ definitions: _, ...waiver }: NonNullable<PolicyRow['waiver']>) {
  return waiver;
}

/** A policy with its versions; one that nobody drafted is empty, and something else is effective. */
async function viewOf(
  ctx: QueryContext,
  personaId: string | undefined,
  versionNo: number | undefined,
): Promise<Answer<z.output<typeof view>>> {
  const policyId = personaId ?? ctx.reader.tenantId;
  const [{ own, policies: inForce, unresolved }, versions, asked] = await Promise.all([
    standingPolicies(ctx, personaId),
    versionsOf(ctx, policyId),
    versionNo === undefined ? undefined : policyVersion(ctx, policyId, versionNo),
  ]);
  if (asked === null) return reject('policy-version-not-found', `there is no version ${versionNo}`);
  const effective = { policies: inForce.map(({ ref }) => ref), ...(unresolved && { unresolved }) };
  const body = {
    personaId: personaId ?? null,
    draft: own?.draft ?? null,
    draftHash: own?.draftHash ?? null,
    active: own?.enforced ?? null,
    watched: own?.watched ?? null,
    suspended: own?.isSuspended ?? false,
    ...(own?.waiver && { waiver: shownWaiver(own.waiver) }),
    versions: versions.map(shown),
    ...(asked && { asked: { ...shown(asked), policy: asked.policy } }),
    effective,
    version: own?.version ?? 0,
  };
  // What is effective also depends on the floor, and on how long a waiver lasts.
  return own ? { body, version: own.version, changesUnseen: true } : { body };
}

const versionNo = z.int().min(1).max(1_000_000_000).optional().describe('Shows this version too');
const common = { permission: 'policies:read', output: view, asOf: true };

export const getPolicy = query({
  ...common,
  http: 'GET /personas/:personaId/policy',
  summary: 'The safety policy of a persona: draft, version in force, former versions, and what is effective',
  input: z.strictObject({ personaId: personaRef, versionNo }),
  reads: [policies, policyVersions, personas],
  rejects: ['persona-not-found', 'policy-version-not-found'],
  run: async ({ personaId, versionNo: asked }, ctx) =>
    viewOf(ctx, (await visiblePersona(ctx, personaId)).personaId, asked),
});

export const getTenantPolicy = query({
  ...common,
  http: 'GET /policy',
  summary: 'The tenant’s floor, which holds for all of its personas',
  input: z.strictObject({ versionNo }),
  reads: [policies, policyVersions],
  rejects: ['policy-version-not-found'],
  run: ({ versionNo: asked }, ctx) => viewOf(ctx, undefined, asked),
});

export const getSeedPolicy = query({
  http: 'GET /policy-seeds/:seed',
  summary: 'A seed policy, as a draft begins with it',
  permission: 'policies:read',
  input: z.strictObject({ seed: seedName }),
  output: z.strictObject({ seed: seedName, policyHash: hash, policy: policyDocument }),
  reads: [],
  run: ({ seed }) => {
    const policy = seedPolicies[seed];
    const hash = policyHash(policy);
    // Another release may have another one of this name.
    return Promise.resolve({ body: { seed, policyHash: hash, policy }, version: hash });
  },
});
