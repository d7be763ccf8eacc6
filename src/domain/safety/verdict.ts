/** What a check comes to: the decision, and every rule that had a say in it. */
import { z } from 'zod';
import { digest } from '../ids.js';
import { clear } from '../sealed.js';
import { line } from '../text.js';
import { approvers, approvalTerms, riskLevel } from './policy-document.js';

/** Stricter ones stand first: deny > require_approval > allow. */
export const decisionKind = z.enum(['deny', 'require_approval', 'allow']);
export type DecisionKind = z.output<typeof decisionKind>;

/** A rule that matched, and what it asks for. */
export const matchedRule = z.strictObject({
  /** Where the rule stands and what it is called there: `blockedActions/tool:shell.*`, `limits/maxActionsPerMinute`. */
  rule: clear(line(300)),
  source: z.enum(['persona', 'floor', 'engine']),
  effect: z.enum(['deny', 'require_approval', 'mask', 'warn', 'allow']),
  /** `shadow`: recorded, not counted. */
  mode: z.enum(['enforce', 'shadow']),
  /** Of the policy of its source that is in shadow, not of the one that is enforced. */
  watched: z.literal(true).optional(),
  detail: clear(line(500)).optional(),
});
export type MatchedRule = z.output<typeof matchedRule>;

/** One step of an approval that nobody answers: who is asked next, and for how long. */
export const escalationLevel = z.strictObject({
  name: clear(line(100)),
  to: approvers,
  timeoutSeconds: z.int().min(1),
});
export type EscalationLevel = z.output<typeof escalationLevel>;

/** On what terms the approval is asked for that a decision calls for. */
export const requiredApproval = z.strictObject({
  ...approvalTerms.shape,
  escalation: z.array(escalationLevel),
  /** The rules that ask for it. */
  rules: z.array(clear(line(300))),
});
export type RequiredApproval = z.output<typeof requiredApproval>;

export const verdictShape = {
  decision: decisionKind,
  /** 0–1 in steps of 0.01. */
  riskScore: z.number().min(0).max(1),
  riskLevel,
  matchedRules: z.array(matchedRule),
  /** What it would be if rules, and whole policies, in shadow were enforced; absent where that changes nothing. */
  shadowDecision: decisionKind.optional(),
  /** What is to be done with the texts; absent without any. */
  contentAction: z.enum(['allow', 'warn', 'mask', 'block']).optional(),
  /** With `require_approval` only. */
  approval: requiredApproval.optional(),
};
export const verdict = z.strictObject(verdictShape);
export type Verdict = z.output<typeof verdict>;

/** A policy by which a decision was taken: enough to find it again, and to prove which it was. */
export const policyRef = z.strictObject({
  source: z.enum(['persona', 'floor']),
  /** Null for the built-in policy `general`, which holds where there is no other. */
  versionNo: z.int().min(1).nullable(),
  policyHash: digest,
  mode: z.enum(['enforce', 'shadow']),
  /** Rules of the floor that a waiver sets aside for the persona. */
  waivedRules: z.array(clear(line(300))).optional(),
});
export type PolicyRef = z.output<typeof policyRef>;
