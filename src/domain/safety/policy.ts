/** A safety policy: its state, and how that follows from its events. Without a persona it is the tenant's floor. */
import { deciderFor } from '../kernel.js';
import type { Personal } from '../sealed.js';
import { policyEvents, type PolicyMode } from './events.js';
import { changedPolicy } from './policy-changes.js';
import type { PolicyDocument } from './policy-document.js';
import { safetyRejections } from './rejections.js';

/** What was put into force under a number, and never changes. */
export interface PolicyVersion {
  versionNo: number;
  mode: PolicyMode;
  policy: PolicyDocument;
  policyHash: string;
}
/** Rules of the floor that do not count for the persona until then. */
export interface Waiver {
  rules: string[];
  /** By rule, the content hash of what the floor said of it when it was waived: a rule is waived as it was. */
  definitions: Record<string, string>;
  until: string;
  reason: Personal;
}
export interface Policy {
  draft: PolicyDocument | null;
  /** Numbered from 1 without gaps. */
  versions: readonly PolicyVersion[];
  /** The version that decides; null before the first one, and once it was suspended. */
  enforced: PolicyVersion | null;
  /** The version in `shadow` beside it, which decides nothing. */
  watched: PolicyVersion | null;
  isSuspended: boolean;
  waiver: Waiver | null;
}

/** What is only watched takes nothing out of force, and ends no suspension: it changes no decision. */
function activated(state: Policy, version: PolicyVersion): Policy {
  const versions = [...state.versions, version];
  if (version.mode === 'shadow') return { ...state, versions, watched: version };
  return { ...state, versions, enforced: version, watched: null, isSuspended: false };
}

export const policy = deciderFor<Policy>()({
  name: 'policy',
  id: 'personaId',
  events: policyEvents,
  rejections: safetyRejections,
  initialState: () => ({
    draft: null,
    versions: [],
    enforced: null,
    watched: null,
    isSuspended: false,
    waiver: null,
  }),
  // The floor stands beside the personas' policies, under the tenant's own id.
  locate: ({ personaId }, { tenantId }) => ({ id: (personaId as string | undefined) ?? tenantId }),
  evolve: {
    PolicyDrafted: (state, { policy: draft }) => ({ ...state, draft }),
    // Only what was drafted is revised.
    PolicyRevised: (state, change) => ({ ...state, draft: changedPolicy(state.draft!, change) }),
    PolicyActivated: (state, { versionNo, mode, policy: document, policyHash }) =>
      activated(state, { versionNo, mode, policy: document, policyHash }),
    PolicyReverted: (state, { versionNo, mode, policy: document, policyHash }) =>
      activated(state, { versionNo, mode, policy: document, policyHash }),
    PolicySuspended: (state) => ({ ...state, enforced: null, watched: null, isSuspended: true }),
    PolicyWaiverGranted: (state, { rules, definitions, until, reason }) => ({
      ...state,
      waiver: { rules, definitions, until, reason },
    }),
    PolicyWaiverRevoked: (state) => ({ ...state, waiver: null }),
  },
});
