import type { EventMeta } from '../../domain/kernel.js';
import type { Personal } from '../../domain/sealed.js';
import { refinementEvents } from '../../domain/personas/refinements/events.js';
import type { ConfigChange } from '../../domain/personas/refinements/field-changes.js';
import type { ExistingRefinement } from '../../domain/personas/refinements/refinement.js';
import type { Terms } from '../../domain/personas/refinements/refinement-submission.js';
import { rowProjection } from '../engine/declaration.js';

type Kept =
  | 'personaId'
  | 'source'
  | 'changeClass'
  | 'baseVersionNo'
  | 'baseHash'
  | 'change'
  | 'accepted'
  | 'rejected'
  | 'diffHash'
  | 'proposerId'
  | 'approvalId'
  | 'versionNo';
type Stamps = 'submittedBy' | 'submittedAt' | 'appliedBy' | 'appliedAt' | 'rolledBackBy' | 'rolledBackAt';
export type RefinementRow = Pick<ExistingRefinement, Kept> & { [S in Stamps]?: string } & {
  refinementId: string;
  state: ExistingRefinement['status'];
  fields: string[];
  reason?: Personal;
  evidence: string[];
  /** Who wrote the draft that was proposed as it was. */
  draftedBy?: string[];
  supersedes?: string;
  supersededBy?: string;
  /** On what terms it was submitted the last time. */
  submission?: Terms;
  waitsBecause?: 'gate-unavailable';
  /** How its approval was refused. */
  outcome?: 'rejected' | 'expired' | 'cancelled';
  /** Why it could not be applied, or rolled back, the last time. */
  failure?: { code: string; detail: string };
  /** The version that it was rolled back to. */
  toVersionNo?: number;
  proposedAt: string;
  /** When it was approved or refused, withdrawn or superseded. */
  decidedAt?: string;
  updatedAt: string;
  /** Of the stream. */
  version: number;
};
type At = { meta: EventMeta };

/** The row with new members, stamped with the event's version and time; nothing where there was no refinement. */
const changed = (
  row: Readonly<RefinementRow> | null,
  { meta: { version, recordedAt } }: At,
  members: Partial<RefinementRow>,
): RefinementRow | null => row && { ...row, ...members, version, updatedAt: recordedAt };

/** The approval, or the end of the matter: an instant that counts. */
const decided = (
  row: Readonly<RefinementRow> | null,
  event: At,
  state: RefinementRow['state'],
  more: Partial<RefinementRow> = {},
) => changed(row, event, { state, decidedAt: event.meta.recordedAt, ...more });

/** What another content does to the state: an approval that waits is told, one that was given counts no more. */
const reopened = (row: Readonly<RefinementRow> | null): Partial<RefinementRow> =>
  row?.state === 'awaiting_approval' ? {} : { state: 'proposed', approvalId: null, decidedAt: undefined };

/** Who did something, and when. */
const by = (what: 'submitted' | 'rolledBack', { meta }: At): Partial<RefinementRow> => ({
  [`${what}By`]: meta.actor.id,
  [`${what}At`]: meta.recordedAt,
});
const unresolved = { accepted: [], rejected: [] };
const unfailed = { failure: undefined };
const notRolledBack = { toVersionNo: undefined, rolledBackBy: undefined, rolledBackAt: undefined };

type Content = ConfigChange & { fields: string[]; diffHash: string };
const contentOf = ({ changed: values, removed, was, fields, diffHash }: Content) => ({
  change: { changed: values, removed, was },
  fields,
  diffHash,
});

/** The refinements as they stand; as of any moment. */
export const refinements = rowProjection<RefinementRow>()(refinementEvents, {
  name: 'refinements',
  version: 1,
  key: ({ meta }) => meta.streamId,
  asOf: 'history',
  indexes: ["row->>'proposedAt'", "row->>'personaId'", "row->>'state'"],
  on: {
    RefinementProposed: (_, { changed: values, removed, was, ...proposed }, { meta }) => ({
      ...proposed,
      state: 'proposed',
      change: { changed: values, removed, was },
      ...unresolved,
      approvalId: null,
      versionNo: null,
      proposedAt: meta.recordedAt,
      updatedAt: meta.recordedAt,
      version: meta.version,
    }),
    RefinementAmended: (row, { changeClass, ...content }, event) =>
      changed(row, event, { ...contentOf(content), changeClass, ...unresolved, ...reopened(row) }),
    RefinementFieldsResolved: (row, { accepted, rejected, diffHash }, event) => {
      const isOther = diffHash !== row?.diffHash;
      return changed(row, event, { accepted, rejected, diffHash, ...(isOther && reopened(row)) });
    },
    RefinementSubmitted: (row, { approvalId, quorum, approvers, deadlineSeconds, waitsBecause }, event) =>
      changed(row, event, {
        state: 'awaiting_approval',
        approvalId,
        submission: { quorum, approvers, deadlineSeconds },
        waitsBecause,
        ...by('submitted', event),
      }),
    RefinementRebased: (row, { baseVersionNo, baseHash, changeClass, accepted, ...content }, event) => {
      const now = { baseVersionNo, baseHash, changeClass, accepted, rejected: [] };
      return changed(row, event, { ...contentOf(content), ...now, ...reopened(row) });
    },
    RefinementApproved: (row, _, event) => decided(row, event, 'approved'),
    RefinementReturned: (row, _, event) => changed(row, event, { state: 'proposed', approvalId: null }),
    RefinementRejected: (row, { outcome }, event) => decided(row, event, 'rejected', { outcome }),
    RefinementWithdrawn: (row, _, event) => decided(row, event, 'withdrawn'),
    RefinementSuperseded: (row, { by }, event) => decided(row, event, 'superseded', { supersededBy: by }),
    RefinementApplying: (row, _, event) =>
      changed(row, event, { state: 'applying', appliedBy: event.meta.actor.id, ...unfailed }),
    RefinementApplied: (row, { versionNo }, event) =>
      changed(row, event, {
        state: 'applied',
        versionNo,
        // Of what is only recorded: who published it.
        appliedBy: row?.appliedBy ?? row?.proposerId,
        appliedAt: event.meta.recordedAt,
      }),
    RefinementFailed: (row, { code, detail }, event) =>
      changed(row, event, { state: 'failed', approvalId: null, failure: { code, detail } }),
    RefinementRolledBack: (row, { toVersionNo }, event) =>
      changed(row, event, { ...by('rolledBack', event), state: 'rolled_back', toVersionNo, ...unfailed }),
    RefinementRollbackFailed: (row, { code, detail }, event) =>
      changed(row, event, { state: 'applied', failure: { code, detail }, ...notRolledBack }),
  },
});
