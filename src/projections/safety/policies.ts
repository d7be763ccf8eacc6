import { policyEvents, type PolicyMode } from '../../domain/safety/events.js';
import { changedPolicy } from '../../domain/safety/policy-changes.js';
import type { PolicyDocument } from '../../domain/safety/policy-document.js';
import type { EventMeta } from '../../domain/kernel.js';
import type { Waiver } from '../../domain/safety/policy.js';
import { rowProjection } from '../engine/declaration.js';

/** What came into force under a number. */
export type ActiveVersion = {
  versionNo: number;
  mode: PolicyMode;
  policy: PolicyDocument;
  policyHash: string;
  activatedAt: string;
  activatedBy: string;
};

export type PolicyRow = {
  /** Absent for the tenant's floor. */
  personaId?: string;
  draft: PolicyDocument | null;
  draftHash: string | null;
  /** The version that decides; none while the policy is suspended. */
  enforced: ActiveVersion | null;
  /** The one in shadow beside it. */
  watched: ActiveVersion | null;
  isSuspended: boolean;
  /** Rules of the floor that do not count for the persona until then. */
  waiver?: Waiver & { grantedAt: string; grantedBy: string };
  updatedAt: string;
  /** Of the stream. */
  version: number;
};

type Whose = { personaId?: string | undefined };
/** The row with a change, stamped with the event's version and time. */
const changed = (
  row: Readonly<PolicyRow> | null,
  { personaId }: Whose,
  { version, recordedAt }: EventMeta,
  members: Partial<PolicyRow>,
): PolicyRow => ({
  ...(personaId !== undefined && { personaId }),
  draft: null,
  draftHash: null,
  enforced: null,
  watched: null,
  isSuspended: false,
  ...row,
  ...members,
  version,
  updatedAt: recordedAt,
});

type Activation = Pick<ActiveVersion, 'versionNo' | 'mode' | 'policy' | 'policyHash'>;
const versionOf = (
  { versionNo, mode, policy, policyHash }: Activation,
  { recordedAt, actor }: EventMeta,
): ActiveVersion => ({
  versionNo,
  mode,
  policy,
  policyHash,
  activatedAt: recordedAt,
  activatedBy: actor.id,
});

/** What a version takes the place of once it is in force: one in shadow, of nothing that decides. */
const inForce = (data: Activation, meta: EventMeta): Partial<PolicyRow> => {
  const version = versionOf(data, meta);
  return version.mode === 'shadow'
    ? { watched: version }
    : { enforced: version, watched: null, isSuspended: false };
};

/** The policies of personas and the tenant's floor as they stand; as of any moment. */
export const policies = rowProjection<PolicyRow>()(policyEvents, {
  name: 'policies',
  version: 1,
  key: ({ meta }) => meta.streamId,
  asOf: 'history',
  on: {
    PolicyDrafted: (row, { policy, policyHash, ...whose }, { meta }) =>
      changed(row, whose, meta, { draft: policy, draftHash: policyHash }),
    PolicyRevised: (row, change, { meta }) =>
      row &&
      changed(row, change, meta, { draft: changedPolicy(row.draft!, change), draftHash: change.policyHash }),
    PolicyActivated: (row, data, { meta }) => changed(row, data, meta, inForce(data, meta)),
    PolicyReverted: (row, data, { meta }) => changed(row, data, meta, inForce(data, meta)),
    PolicySuspended: (row, data, { meta }) =>
      changed(row, data, meta, { enforced: null, watched: null, isSuspended: true }),
    PolicyWaiverGranted: (row, { personaId, ...waiver }, { meta }) => {
      const granted = { grantedAt: meta.recordedAt, grantedBy: meta.actor.id };
      return changed(row, { personaId }, meta, { waiver: { ...waiver, ...granted } });
    },
    PolicyWaiverRevoked: (row, data, { meta }) => {
      const { waiver: _, ...rest } = changed(row, data, meta, {});
      return rest;
    },
  },
});
