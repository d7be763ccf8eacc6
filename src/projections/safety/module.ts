import type { ReadModule } from '../engine/declaration.js';
import { previewAction } from './action-preview.js';
import { listApprovals } from './approval-list.js';
import { approvalArgs, approvalRemarks } from './approval-remarks.js';
import { getApproval } from './approval-view.js';
import { approvals } from './approvals.js';
import { backtestReadModule } from './backtests.js';
import { explainDecision } from './decision-explanation.js';
import { listDecisions } from './decision-list.js';
import { getDecision } from './decision-view.js';
import { decisions, decisionTexts } from './decisions.js';
import { policies } from './policies.js';
import { listPolicies } from './policy-list.js';
import { policyVersions } from './policy-versions.js';
import { getPolicy, getSeedPolicy, getTenantPolicy } from './policy-view.js';

/** What can be asked about policies, decisions, back-tests and approvals. */
export const safetyReadModule: ReadModule = {
  projections: [
    policies,
    policyVersions,
    decisions,
    decisionTexts,
    ...backtestReadModule.projections,
    approvals,
    approvalRemarks,
    approvalArgs,
  ],
  queries: {
    listPolicies,
    getPolicy,
    getTenantPolicy,
    getSeedPolicy,
    listDecisions,
    getDecision,
    explainDecision,
    previewAction,
    ...backtestReadModule.queries,
    listApprovals,
    getApproval,
  },
};
