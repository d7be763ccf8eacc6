/** What happens to a proposed change of a published persona, from its proposal to its rollback. */
import { z } from 'zod';
import { digest, memberId } from '../../ids.js';
import { approvalEvents } from '../../safety/events.js';
import { clear } from '../../sealed.js';
import { changedMembers, reason, removedMembers, versionNo } from '../events.js';
import { changeClass } from './change-class.js';
import { refinementSource } from './change-source.js';
import { maxPointer } from './field-changes.js';

/** UUIDv7, or UUIDv5 of persona and version for a change that nobody proposed. */
export const refinementId = clear(z.uuid());
export const approvalId = clear(z.uuid());
const personaId = clear(z.uuid());
/** A JSON Pointer into the configuration. */
export const fieldPointer = clear(z.string().max(maxPointer));
const fields = z.array(fieldPointer);

/** Of events that the change followed: conversations, feedback, assessments. */
export const evidence = z.array(clear(z.uuid())).max(100);

/** How an attempt to get it approved ended. */
export const refusedBy = z.enum(['rejected', 'expired', 'cancelled']);
/** Why an approval is asked for although the persona's autonomy would do without. */
export const waitsBecause = z.enum(['gate-unavailable']);
/** Of the refusal that an application ran into. */
export const failureCode = clear(z.string().regex(/^[a-z][a-z0-9-]{0,63}$/));
export const failureDetail = clear(z.string().max(2_000));
export const { approvers } = approvalEvents.ApprovalRequested.shape;

/** Every event tells which persona it is about, so that it can be told without the others. */
const about = { refinementId, personaId };
/** What is to be different: typed members, never a patch. */
const change = {
  changed: changedMembers,
  removed: removedMembers,
  /** Former values of the touched members that had one. */
  was: changedMembers,
  /** What differs, and can be rejected one by one. */
  fields,
  /** Of what would be applied. */
  diffHash: digest,
};
/** The approval that waits for a decision on something else now, and who may not vote on it. */
const told = { approvalId: approvalId.optional(), excluded: z.array(memberId).optional() };

export const refinementEvents = {
  RefinementProposed: z.strictObject({
    ...about,
    baseVersionNo: versionNo,
    /** Content hash of the base's configuration. */
    baseHash: digest,
    ...change,
    source: refinementSource,
    changeClass,
    proposerId: memberId,
    /** Who wrote the draft that is proposed as it is. */
    draftedBy: z.array(memberId).optional(),
    reason: reason.optional(),
    evidence,
    /** An older refinement of the persona that this one takes the place of. */
    supersedes: refinementId.optional(),
  }),
  RefinementAmended: z.strictObject({ ...about, ...change, changeClass, ...told }),
  /** How all fields are resolved now; those in neither list are applied as well. */
  RefinementFieldsResolved: z.strictObject({
    ...about,
    accepted: fields,
    rejected: fields,
    diffHash: digest,
    ...told,
  }),
  RefinementSubmitted: z.strictObject({
    ...about,
    approvalId,
    diffHash: digest,
    quorum: z.int().min(1),
    approvers,
    deadlineSeconds: z.int().min(1),
    /** Who may not vote where four eyes are asked for: whoever wrote or submitted it. */
    excluded: z.array(memberId),
    waitsBecause: waitsBecause.optional(),
  }),
  /** The same change on a newer base; fields that were rejected are gone from it. */
  RefinementRebased: z.strictObject({
    ...about,
    baseVersionNo: versionNo,
    baseHash: digest,
    ...change,
    changeClass,
    accepted: fields,
    ...told,
  }),
  RefinementApproved: z.strictObject({ ...about, approvalId, diffHash: digest }),
  /** The approval was given to what it is no longer: it has to be submitted again. */
  RefinementReturned: z.strictObject({ ...about, approvalId }),
  RefinementRejected: z.strictObject({ ...about, approvalId: approvalId.optional(), outcome: refusedBy }),
  RefinementWithdrawn: z.strictObject({
    ...about,
    reason: reason.optional(),
    approvalId: approvalId.optional(),
  }),
  RefinementSuperseded: z.strictObject({ ...about, by: refinementId, approvalId: approvalId.optional() }),
  RefinementApplying: z.strictObject({ ...about, diffHash: digest }),
  RefinementApplied: z.strictObject({ ...about, versionNo }),
  RefinementFailed: z.strictObject({ ...about, code: failureCode, detail: failureDetail }),
  RefinementRolledBack: z.strictObject({
    ...about,
    /** The version that is taken back, and the one that a new version will be equal to. */
    versionNo,
    toVersionNo: versionNo,
    /** The newest version when this was decided: the rollback is published while no other one is. */
    headVersionNo: versionNo,
    trigger: z.enum(['manual', 'guardrail']),
    /** Whether protected channels follow: by the hand of an admin or owner only. */
    moveProtected: z.boolean(),
    reason,
  }),
  RefinementRollbackFailed: z.strictObject({ ...about, code: failureCode, detail: failureDetail }),
};
