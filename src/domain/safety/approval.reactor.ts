/** What follows from decisions of others for approvals, and from approvals for what they are about. */
import { reactorOver, type Reaction } from '../kernel.js';
import { approvalEvents, decisionEvents, type ApprovalKind } from './events.js';

interface Ended {
  approvalId: string;
  kind: ApprovalKind;
  ref?: string | undefined;
  actionHash: string;
}

const approved = ({ approvalId, kind, ref, actionHash }: Ended): Reaction[] => {
  if (kind !== 'refinement' || ref === undefined) return [];
  const input = { refinementId: ref, approvalId, diffHash: actionHash };
  return [{ operationId: 'approveRefinement', input }];
};
const notApproved =
  (outcome: 'rejected' | 'expired' | 'cancelled') =>
  ({ data: { approvalId, kind, ref } }: { data: Omit<Ended, 'actionHash'> }): Reaction[] => {
    if (kind !== 'refinement' || ref === undefined) return [];
    return [{ operationId: 'rejectRefinement', input: { refinementId: ref, approvalId, outcome } }];
  };

/** Opens the approval that a check calls for, and tells refinements how theirs ended. */
export const approvalReactor = reactorOver(
  { ...decisionEvents, ...approvalEvents },
  {
    name: 'approvals',
    on: {
      ActionChecked: ({ data, meta: { actor } }) => {
        const { approvalId, approval: terms, decision, checkId, personaId, action, args, subjectId } = data;
        if (decision !== 'require_approval' || approvalId === undefined || !terms) return [];
        const input = {
          approvalId,
          kind: 'action',
          personaId,
          ref: checkId,
          action,
          ...(args && { args }),
          ...(subjectId !== undefined && { subjectId }),
          riskScore: data.riskScore,
          requesterId: actor.id,
          excluded: [actor.id, ...(actor.onBehalfOf === undefined ? [] : [actor.onBehalfOf])],
          terms,
          canAutoApprove: terms.autoApproveAfterTimeout,
        };
        return [{ operationId: 'openApproval', input }];
      },
      ApprovalGranted: ({ data }) => approved(data),
      ApprovalAutoApproved: ({ data }) => approved(data),
      ApprovalRejected: notApproved('rejected'),
      ApprovalExpired: notApproved('expired'),
      ApprovalCancelled: notApproved('cancelled'),
    },
  },
);
