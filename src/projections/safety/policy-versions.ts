import { policyEvents } from '../../domain/safety/events.js';
import type { EventMeta } from '../../domain/kernel.js';
import type { Personal } from '../../domain/sealed.js';
import { rowProjection, type QueryContext } from '../engine/declaration.js';
import type { ActiveVersion } from './policies.js';

export type PolicyVersionRow = ActiveVersion & {
  /** The id part of the policy's stream: the persona's, or the tenant's. */
  policyId: string;
  /** The former version that holds again as this one. */
  revertedTo?: number;
  reason?: Personal;
};

/** Keys sort as versions count. */
const keyOf = (policyId: string, versionNo: number): string =>
  `${policyId}/${String(versionNo).padStart(10, '0')}`;

type Activated = Pick<ActiveVersion, 'versionNo' | 'mode' | 'policy' | 'policyHash'> & {
  reason?: Personal | undefined;
};
const versionRow = (
  { versionNo, mode, policy, policyHash, reason }: Activated,
  { streamId, recordedAt, actor }: EventMeta,
): PolicyVersionRow => ({
  policyId: streamId,
  versionNo,
  mode,
  policy,
  policyHash,
  activatedAt: recordedAt,
  activatedBy: actor.id,
  ...(reason !== undefined && { reason }),
});

/** Every version of every policy with its document, for ever: what a decision was taken by can be read again. */
export const policyVersions = rowProjection<PolicyVersionRow>()(policyEvents, {
  name: 'policy_versions',
  version: 1,
  key: ({ meta, data }) => keyOf(meta.streamId, data['versionNo'] as number),
  asOf: 'immutable',
  indexes: ["row->>'policyId'"],
  on: {
    PolicyActivated: (_, data, { meta }) => versionRow(data, meta),
    PolicyReverted: (_, data, { meta }) => ({ ...versionRow(data, meta), revertedTo: data.toVersionNo }),
  },
});

/** A version of a policy, or null where it is not there at the asked moment. */
export async function policyVersion(
  ctx: QueryContext,
  policyId: string,
  versionNo: number,
): Promise<PolicyVersionRow | null> {
  const found = await ctx.model(policyVersions).get<PolicyVersionRow>(keyOf(policyId, versionNo));
  return found?.row ?? null;
}

/** More than a policy may have. */
const mostVersions = 1_000;

/** All versions of a policy at the asked moment, oldest first. */
export async function versionsOf(ctx: QueryContext, policyId: string): Promise<PolicyVersionRow[]> {
  const where = [{ sql: "row->>'policyId' = ?", values: [policyId] }];
  const page = await ctx.model(policyVersions).list<PolicyVersionRow>({ where, limit: mostVersions });
  return page.items.map(({ row }) => row);
}
