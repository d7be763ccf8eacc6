/** What happens to a persona besides its own events and refinements: one of every approval and policy event. */
import type { DomainEvent } from '../../src/domain/kernel.js';
import {
  autoApproved,
  cancelled,
  cast,
  commented,
  consumed,
  delegated,
  escalated,
  expired,
  granted,
  infoProvided,
  infoRequested,
  lapsed,
  reassigned,
  rejected,
  reminded,
  requested,
  subjectChanged,
} from './approval-examples.js';
import { sealed } from './given.js';
import { personaId } from './persona-examples.js';
import { activated, drafted, noMail, noShell, reverted, suspended } from './policy-examples.js';
import { policyHash } from '../../src/domain/safety/policy-input.js';

/** As it is when it is about a refinement of the persona of the examples. */
const ofRefinement = ({ type, data }: DomainEvent): DomainEvent => {
  const { action: _, ...others } = data;
  return { type, data: { ...others, kind: 'refinement', personaId } };
};

export const approvalLife: DomainEvent[] = [
  requested({ quorum: { n: 2 }, args: sealed({ to: 'all' }) }),
  infoRequested,
  infoProvided,
  commented,
  reassigned(['bob', 'cleo']),
  delegated('bob', 'eve'),
  reminded,
  escalated,
  cast('bob', 'approve', { reason: sealed('fine') }),
  subjectChanged,
  cast('cleo', 'reject'),
  granted({ by: ['bob', 'cleo'] }),
  consumed,
  lapsed,
  rejected,
  expired,
  autoApproved,
  cancelled,
].map(ofRefinement);

export const policyLife: DomainEvent[] = [
  drafted(),
  {
    type: 'PolicyRevised',
    data: {
      personaId,
      changed: { blockedActions: noMail.blockedActions },
      removed: [],
      policyHash: policyHash(noMail),
    },
  },
  activated(1),
  activated(2, noMail, { mode: 'shadow' }),
  reverted(3, 1, noShell),
  suspended(),
  {
    type: 'PolicyWaiverGranted',
    data: {
      personaId,
      rules: ['blockedActions/tool:shell.*'],
      until: '2026-02-01T00:00:00.000Z',
      reason: sealed('a test'),
    },
  },
  { type: 'PolicyWaiverRevoked', data: { personaId } },
];
export const safetyLife: DomainEvent[] = [...approvalLife, ...policyLife];
