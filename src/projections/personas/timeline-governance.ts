/** What happened to a persona's refinements, approvals and policies, in words. */
import type { refinementEvents } from '../../domain/personas/refinements/events.js';
import type { approvalEvents, policyEvents } from '../../domain/safety/events.js';

/** The details of all entries; each has those of its type. */
interface AnyDetails {
  fields: string[];
  source: string;
  isRecord: boolean;
  accepted: string[];
  rejected: string[];
  quorum: unknown;
  waitsBecause?: string;
  outcome: string;
  baseVersionNo: number;
  versionNo: number;
  toVersionNo: number;
  code: string;
  kind: string;
  action?: string;
  decision: string;
  by: string | string[];
  to: string;
  level: number;
  until: string | null;
  seed: string;
  mode: string;
  rules: string[];
}

const mostNamed = 5;
/** Names, the first ones only. */
const some = (names: readonly string[]): string =>
  names.length <= mostNamed
    ? names.join(', ')
    : `${names.slice(0, mostNamed).join(', ')} and ${names.length - mostNamed} more`;

const bySource: Record<string, string> = {
  user_modified: '',
  ai_suggested: ', suggested by AI',
  interview: ', after an interview',
  improvement_cycle: ', by the improvement cycle',
  experiment_winner: ', won by an experiment',
  rollback: ', a rollback',
  import: ', an import',
};
const people = (count: unknown): string => (count === 1 ? 'one' : `${count as number}`);

const ofRefinements: Record<keyof typeof refinementEvents, (details: AnyDetails) => string> = {
  RefinementProposed: ({ fields, source, isRecord }) =>
    isRecord
      ? `put the change on record: ${some(fields)}`
      : `proposed to change ${some(fields)}${bySource[source] ?? ''}`,
  RefinementAmended: ({ fields }) => `proposed something else instead: ${some(fields)}`,
  RefinementFieldsResolved: ({ accepted, rejected }) => {
    const parts = [
      ...(accepted.length > 0 ? [`accepted ${some(accepted)}`] : []),
      ...(rejected.length > 0 ? [`rejected ${some(rejected)}`] : []),
    ];
    return parts.length > 0
      ? `${parts.join(', ')} of the refinement`
      : 'left all of the refinement open again';
  },
  RefinementSubmitted: ({ quorum, waitsBecause }) =>
    `submitted the refinement for approval by ${people(quorum)}${waitsBecause === 'gate-unavailable' ? ', since nothing can measure it yet' : ''}`,
  RefinementRebased: ({ baseVersionNo }) => `carried the refinement over to version ${baseVersionNo}`,
  RefinementApproved: () => 'the refinement is approved',
  RefinementReturned: () => 'the refinement changed while it was approved: it has to be submitted again',
  RefinementRejected: ({ outcome }) =>
    ({
      expired: 'nobody decided on the refinement in time: it is rejected',
      cancelled: 'the approval was given up: the refinement is rejected',
    })[outcome] ?? 'the refinement is rejected',
  RefinementWithdrawn: () => 'withdrew the refinement',
  RefinementSuperseded: () => 'the refinement is superseded by another one',
  RefinementApplying: () => 'applies the refinement',
  RefinementApplied: ({ versionNo }) => `the refinement is version ${versionNo}`,
  RefinementFailed: ({ code }) => `the refinement could not be applied: ${code}`,
  RefinementRolledBack: ({ versionNo, toVersionNo }) =>
    `rolled version ${versionNo} back to version ${toVersionNo}`,
  RefinementRollbackFailed: ({ code }) => `the refinement could not be rolled back: ${code}`,
};

const subject = ({ kind, action }: AnyDetails): string => action ?? `the ${kind.replace('_', ' ')}`;
const named = (by: string | string[]): string => (Array.isArray(by) ? some(by) : by);

const ofApprovals: Record<keyof typeof approvalEvents, (details: AnyDetails) => string> = {
  ApprovalRequested: (asked) =>
    `asked ${people((asked.quorum as { n: number }).n)} to approve ${subject(asked)}`,
  ApprovalVoteCast: (cast) => `voted to ${cast.decision} ${subject(cast)}`,
  ApprovalInfoRequested: (asked) => `asked a question about ${subject(asked)}`,
  ApprovalInfoProvided: (given) => `answered the question about ${subject(given)}`,
  ApprovalCommented: (said) => `commented on ${subject(said)}`,
  ApprovalReassigned: (given) => `let others decide on ${subject(given)}`,
  ApprovalDelegated: (given) => `let ${given.to} vote on ${subject(given)} too`,
  ApprovalReminderSent: (sent) => `reminded those who decide on ${subject(sent)}`,
  ApprovalEscalated: (raised) => `asked the next in line (${raised.level}) about ${subject(raised)}`,
  ApprovalSubjectChanged: (now) => `the votes on ${subject(now)} are void: it is another one now`,
  ApprovalGranted: (given) => `${subject(given)} is approved by ${named(given.by)}`,
  ApprovalRejected: (given) =>
    given.by.length > 0
      ? `${subject(given)} is rejected by ${named(given.by)}`
      : `${subject(given)} is rejected: too few are left who may agree`,
  ApprovalExpired: (late) => `nobody decided on ${subject(late)} in time: it is denied`,
  ApprovalAutoApproved: (given) => `nobody objected to ${subject(given)} in time: it is approved`,
  ApprovalCancelled: (given) => `the approval of ${subject(given)} was given up`,
  ApprovalGrantConsumed: (used) => `used the approval of ${subject(used)}`,
  ApprovalGrantLapsed: (lapsed) => `the approval of ${subject(lapsed)} has lapsed`,
};

const watched = (mode: string): string => (mode === 'shadow' ? ', to be watched only' : '');

const ofPolicies: Record<keyof typeof policyEvents, (details: AnyDetails) => string> = {
  PolicyDrafted: ({ seed }) => `drafted a safety policy from ${seed}`,
  PolicyRevised: ({ fields }) => `changed the draft of the safety policy: ${some(fields)}`,
  PolicyActivated: ({ versionNo, mode }) =>
    `activated version ${versionNo} of the safety policy${watched(mode)}`,
  PolicyReverted: ({ versionNo, toVersionNo, mode }) =>
    `went back to version ${toVersionNo} of the safety policy, as version ${versionNo}${watched(mode)}`,
  PolicySuspended: () => 'suspended the safety policy: every action is denied',
  PolicyWaiverGranted: ({ rules, until }) => `waived ${some(rules)} of the tenant’s policy until ${until}`,
  PolicyWaiverRevoked: () => 'took back the waiver of the tenant’s policy',
};

/** Words by type of event. */
export const governanceWords = { ...ofRefinements, ...ofApprovals, ...ofPolicies } as unknown as Record<
  string,
  (details: Record<string, unknown>) => string
>;
