/** What happens to safety policies, decisions, back-tests and approvals. */
import { z } from 'zod';
import { digest, instant, memberId, opaqueId } from '../ids.js';
import { withoutDefaults } from '../schema-walk.js';
import { clear, personal } from '../sealed.js';
import { role } from '../tenancy/events.js';
import { line, text } from '../text.js';
import { actionFacts, direction } from './action-facts.js';
import {
  actionName,
  approvers,
  policyDocument,
  policyShape,
  seedName,
  type PolicyDocument,
} from './policy-document.js';
import { decisionKind, escalationLevel, policyRef, verdictShape } from './verdict.js';

const personaId = clear(z.uuid());
const versionNo = z.int().min(1);
const count = z.int().min(0);
/** Why, in the words of who acts. */
export const reason = personal('@actor', text(2_000));

/** A policy of a persona, or — without one — the tenant's floor. */
const whose = { personaId: personaId.optional() };

type PolicyMember = keyof typeof policyShape;
type ChangedPolicy = z.ZodObject<
  { [K in PolicyMember]: z.ZodOptional<z.ZodType<PolicyDocument[K]>> },
  z.core.$strict
>;
const changedPolicy = z.strictObject(
  Object.fromEntries(
    Object.entries(policyShape).map(([name, node]) => [name, withoutDefaults(node).optional()]),
  ),
) as unknown as ChangedPolicy;

/** How a version comes into force: one in `shadow` is watched beside the enforced one, and decides nothing. */
export const policyMode = z.enum(['enforce', 'shadow']);
export type PolicyMode = z.output<typeof policyMode>;

export const policyEvents = {
  PolicyDrafted: z.strictObject({ ...whose, seed: seedName, policy: policyDocument, policyHash: digest }),
  /** New values of the members that changed. */
  PolicyRevised: z.strictObject({
    ...whose,
    changed: changedPolicy,
    removed: z.array(z.literal('description')),
    policyHash: digest,
  }),
  /** Carries its document, so that a version can be read without the drafts that led to it. */
  PolicyActivated: z.strictObject({
    ...whose,
    versionNo,
    mode: policyMode,
    policy: policyDocument,
    policyHash: digest,
    reason: reason.optional(),
  }),
  /** A former version holds again, as a new one; it carries its document as any other does. */
  PolicyReverted: z.strictObject({
    ...whose,
    versionNo,
    toVersionNo: versionNo,
    mode: policyMode,
    policy: policyDocument,
    policyHash: digest,
    reason: reason.optional(),
  }),
  /** Until a version is enforced, every action of the persona (of all, for the floor) is denied. */
  PolicySuspended: z.strictObject({ ...whose, reason: reason.optional() }),
  /** Rules of the tenant's floor do not count for the persona until then. */
  PolicyWaiverGranted: z.strictObject({
    personaId,
    rules: z.array(clear(line(300))),
    /** By rule, the content hash of what the floor says of it: the rule is waived as long as it is that. */
    definitions: z.record(clear(line(300)), digest),
    until: instant,
    reason,
  }),
  PolicyWaiverRevoked: z.strictObject({ personaId, reason: reason.optional() }),
};

export const decisionEvents = {
  ActionChecked: z.strictObject({
    checkId: clear(z.uuid()),
    personaId,
    action: actionName,
    subjectId: opaqueId.optional(),
    conversationId: opaqueId.optional(),
    args: personal('subjectId', z.record(z.string(), z.unknown())).optional(),
    content: z.strictObject({ direction, text: personal('subjectId', z.string()) }).optional(),
    /** The text of `content` with what was found in it replaced; absent where nothing was. */
    masked: personal('subjectId', z.string()).optional(),
    /** The same of `args`: of the same structure, but that a number or a name in which something was found is a text. */
    maskedArgs: personal('subjectId', z.record(z.string(), z.unknown())).optional(),
    facts: actionFacts,
    ...verdictShape,
    policies: z.array(policyRef),
    /** Why no policy could be found, and everything is denied. */
    unresolved: z.enum(['policy-suspended', 'floor-suspended']).optional(),
    approvalId: clear(z.uuid()).optional(),
    /** Of the function that decided. */
    decideVersion: z.int().min(1),
    /** Content hash of policies, facts and verdict: equal wherever the same is decided by the same. */
    decisionHash: digest,
    durationUs: count,
  }),
};

/** Decisions by the recorded one, then by the candidate's. */
const row = z.strictObject({ allow: count, require_approval: count, deny: count });
/** So many of them, and the first ones in log order; at least so many where `isExact` is false. */
const affected = <T extends z.ZodType>(id: T) =>
  z.strictObject({ count, isExact: z.boolean(), ids: z.array(id) });
const notReplayable = z.strictObject({
  /** The candidate looks for what nobody looked for at the time, and the decision kept no text to look into. */
  'content-missing': count,
  /** The same, and whoever folds may not open the text that is there. */
  'content-sealed': count,
  'content-erased': count,
  /** A policy that decided is not there as it was. */
  'policy-missing': count,
  /** Decided by a newer version of `decideAction`. */
  'other-version': count,
});
export type NotReplayable = keyof z.output<typeof notReplayable>;

export const backtestEvents = {
  PolicyBackTested: z.strictObject({
    ...whose,
    backtestId: clear(z.uuid()),
    candidate: policyDocument,
    candidateHash: digest,
    /** Exclusive and inclusive: positions of the record. */
    fromPosition: count,
    toPosition: count,
    decisions: count,
    matrix: z.strictObject({ allow: row, require_approval: row, deny: row }),
    divergent: count,
    /** The first ones, in log order. */
    firstDivergences: z.array(
      z.strictObject({
        checkId: clear(z.uuid()),
        position: clear(z.string()),
        personaId,
        action: actionName,
        recorded: decisionKind,
        candidate: decisionKind,
        rules: z.array(clear(line(300))),
      }),
    ),
    /** Those for whom a decision differs. */
    affectedPersonas: affected(personaId),
    affectedSubjects: affected(opaqueId),
    /** Decisions that cannot be taken again, by the reason. */
    notReplayable,
    /** Share of the decisions, 0–1. */
    notReplayableShare: z.number().min(0).max(1),
    /** SHA-256 over every decision's outcome in log order: equal for an equal back-test. */
    digest,
  }),
};

export const approvalKind = z.enum([
  'action',
  'refinement',
  'promotion',
  'policy_change',
  'switch',
  'erasure',
  'export',
]);
export type ApprovalKind = z.output<typeof approvalKind>;
export const onTimeout = z.enum(['deny', 'escalate', 'auto_approve']);
export const vote = z.enum(['approve', 'reject']);

const approvalId = clear(z.uuid());
/** Every event of an approval says what it is about, so that it can be told without the others. */
const about = {
  approvalId,
  kind: approvalKind,
  /** What is decided on: the id of the check, of the refinement, … */
  ref: opaqueId.optional(),
  personaId: personaId.optional(),
};

export const approvalEvents = {
  ApprovalRequested: z.strictObject({
    ...about,
    action: actionName.optional(),
    args: personal('subjectId', z.record(z.string(), z.unknown())).optional(),
    subjectId: opaqueId.optional(),
    /** Of what is approved, sealed parts reduced: a grant holds for this and nothing else. */
    actionHash: digest,
    riskScore: z.number().min(0).max(1).optional(),
    requesterId: memberId,
    /** People who may not vote: the requester and whoever had a hand in it; empty where four eyes are not asked for. */
    excluded: z.array(memberId),
    reason: reason.optional(),
    reasonRequired: z.boolean(),
    approvers,
    quorum: z.strictObject({ n: z.int().min(1) }),
    requestedAt: instant,
    deadline: instant,
    remindAt: instant.nullable(),
    onTimeout,
    escalation: z.array(escalationLevel),
    grantSeconds: z.int().min(1),
    channels: z.array(clear(line(200))),
    /** The rules of policies that ask for it; none where somebody asks by hand. */
    rules: z.array(clear(line(300))),
  }),
  ApprovalVoteCast: z.strictObject({
    ...about,
    by: memberId,
    /** The roles held when the vote was cast. */
    roles: z.array(role),
    /** Who delegated it, and the roles that this member held at that moment; absent for a vote of one's own. */
    onBehalfOf: memberId.optional(),
    onBehalfOfRoles: z.array(role).optional(),
    decision: vote,
    reason: reason.optional(),
    actionHash: digest,
  }),
  ApprovalInfoRequested: z.strictObject({ ...about, by: memberId, question: reason }),
  ApprovalInfoProvided: z.strictObject({ ...about, by: memberId, answer: reason }),
  ApprovalCommented: z.strictObject({ ...about, by: memberId, comment: reason }),
  ApprovalReassigned: z.strictObject({ ...about, by: memberId, approvers, reason: reason.optional() }),
  /** To oneself: the delegation is withdrawn. */
  ApprovalDelegated: z.strictObject({ ...about, from: memberId, to: memberId, until: instant.nullable() }),
  ApprovalReminderSent: z.strictObject({ ...about, deadline: instant }),
  ApprovalEscalated: z.strictObject({
    ...about,
    level: z.int().min(1),
    name: clear(line(100)),
    to: approvers,
    deadline: instant,
    remindAt: instant.nullable(),
  }),
  /** What is to be decided on has changed: the votes cast so far are void. */
  ApprovalSubjectChanged: z.strictObject({ ...about, actionHash: digest, excluded: z.array(memberId) }),
  ApprovalGranted: z.strictObject({
    ...about,
    actionHash: digest,
    grantId: clear(z.uuid()),
    expiresAt: instant,
    by: z.array(memberId),
  }),
  ApprovalRejected: z.strictObject({ ...about, actionHash: digest, by: z.array(memberId) }),
  ApprovalExpired: z.strictObject({ ...about, actionHash: digest, deadline: instant }),
  ApprovalAutoApproved: z.strictObject({
    ...about,
    actionHash: digest,
    grantId: clear(z.uuid()),
    expiresAt: instant,
    rule: clear(line(300)),
  }),
  ApprovalCancelled: z.strictObject({
    ...about,
    actionHash: digest,
    by: memberId,
    reason: reason.optional(),
  }),
  ApprovalGrantConsumed: z.strictObject({
    ...about,
    grantId: clear(z.uuid()),
    actionHash: digest,
    by: memberId,
  }),
  ApprovalGrantLapsed: z.strictObject({ ...about, grantId: clear(z.uuid()), actionHash: digest }),
};
