/**
 * What a safety policy says. A document is complete: whoever drafts one begins with a seed policy and names what is
 * to be different. Every rule has a mode of its own, so that it can be watched (`shadow`) before it is enforced.
 */
import { z } from 'zod';
import { memberId } from '../ids.js';
import { clear } from '../sealed.js';
import { role } from '../tenancy/events.js';
import { line } from '../text.js';
import { isTextPattern, matchesNothing } from './text-pattern.js';

/** Whether a rule counts, is only recorded, or is not looked at. */
export const ruleMode = z.enum(['enforce', 'shadow', 'off']);
export type RuleMode = z.output<typeof ruleMode>;
const mode = ruleMode.default('enforce');

const ruleName = clear(
  z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, 'must be 1–64 of a–z 0–9 _ . -, not beginning with a sign'),
);

/** What a persona does, such as `tool:email.send`. */
export const actionName = clear(
  z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$/,
      'must be 1–128 of A–Z a–z 0–9 _ . : / -, such as tool:email.send',
    ),
);
/** Names of actions; `*` stands for any characters, also none: `tool:email.*`. */
export const actionPattern = clear(
  z
    .string()
    .regex(/^[A-Za-z0-9_.:/*-]{1,128}$/, 'must be 1–128 of A–Z a–z 0–9 _ . : / - *, such as tool:email.*'),
);

/** A pattern in RE2's syntax: matched in linear time, whoever wrote it; without look-around and back-references. */
export const textPattern = clear(
  z
    .string()
    .min(1)
    .max(1_000)
    .refine(isTextPattern, {
      error: 'is no pattern in RE2’s syntax (no look-around, no back-references), or too large a one',
    })
    .refine((pattern) => !matchesNothing(pattern), {
      error: 'matches the empty text, and so everything',
    }),
);

const score = z.number().min(0).max(1);
/** How risky an action is, from its score. */
export const riskLevel = z.enum(['low', 'medium', 'high', 'critical']);
export type RiskLevel = z.output<typeof riskLevel>;

/** Who may decide on an approval: members by name, and everybody with one of the roles. */
export const approvers = z.strictObject({
  roles: z.array(role).max(7).default([]),
  members: z.array(memberId).max(100).default([]),
});
export type Approvers = z.output<typeof approvers>;
const usualApprovers = { roles: ['approver' as const, 'admin' as const, 'owner' as const], members: [] };

/** On what terms an approval is asked for. */
const termsShape = {
  quorum: z.int().min(1).max(20).default(1).describe('So many different people have to agree'),
  approvers: approvers.default(usualApprovers),
  timeoutSeconds: z.int().min(1).max(2_592_000).default(600),
  requireReason: z.boolean().default(true).describe('Whoever votes has to say why'),
  autoApproveAfterTimeout: z
    .boolean()
    .default(false)
    .describe('Nobody’s answer is a yes, for actions below `autoEscalationThreshold` only'),
  notifyChannels: z
    .array(clear(line(200)))
    .max(20)
    .default([]),
};
export const approvalTerms = z.strictObject(termsShape);
export type ApprovalTerms = z.output<typeof approvalTerms>;

const actionRule = z.strictObject({ pattern: actionPattern, mode, message: clear(line(500)).optional() });
const approvalRule = z.strictObject({ pattern: actionPattern, mode, ...termsShape });

const contentFilter = z.strictObject({
  name: ruleName,
  pattern: textPattern,
  action: z.enum(['block', 'warn', 'mask', 'allow']),
  priority: z
    .int()
    .min(0)
    .max(1_000)
    .default(100)
    .describe('The higher number wins: an `allow` that matches sets those below it aside'),
  mode,
  message: clear(line(500)).optional(),
});
export type ContentFilter = z.output<typeof contentFilter>;

/** What is found in texts by its structure, and by its checksum where it has one. */
export const piiKind = z.enum(['email', 'phone', 'ssn', 'credit_card', 'iban', 'ip_address']);
export type PiiKind = z.output<typeof piiKind>;

const pii = z.strictObject({
  action: z.enum(['allow', 'warn', 'mask', 'block']).default('mask'),
  mode,
  kinds: z
    .array(piiKind)
    .max(10)
    .default([...piiKind.options]),
  customPatterns: z
    .array(z.strictObject({ name: ruleName, pattern: textPattern }))
    .max(50)
    .default([]),
  exemptedFields: z
    .array(clear(line(200)))
    .max(50)
    .default([])
    .describe('Members of `args` that are not looked at, such as `to`'),
});

const limits = z.strictObject({
  mode,
  scope: z
    .enum(['persona', 'persona_subject', 'subject'])
    .default('persona')
    .describe('Whose actions are counted together; without a subject, the persona’s'),
  maxActionsPerMinute: z.int().min(0).max(1_000_000).default(60),
  maxTokensPerConversation: z.int().min(0).max(1_000_000_000).default(100_000),
  maxToolCallsPerTurn: z.int().min(0).max(10_000).default(10),
  warnAt: score.default(0.8).describe('Share of a limit from which on a warning is recorded'),
});

/** How risk is scored: data, not code, so that a policy may bring a table of its own. */
export const riskTable = z.strictObject({
  base: score,
  /** The highest of those that match counts, in the place of `base`. */
  actions: z.array(z.strictObject({ category: ruleName, pattern: actionPattern, score })).max(200),
  /** Added where the facts say so. */
  factors: z.strictObject({ affectsExternal: score, irreversible: score, involvesPii: score }),
  /** The lowest score of each level; below `medium` it is low. */
  levels: z.strictObject({ medium: score, high: score, critical: score }),
});
export type RiskTable = z.output<typeof riskTable>;

const hitlTrigger = z.strictObject({
  name: ruleName,
  actionPattern,
  riskThreshold: riskLevel.default('high').describe('From this level on'),
  mode,
  ...termsShape,
});

const escalationPath = z.strictObject({
  name: ruleName,
  fromPersonaId: clear(z.uuid()).optional().describe('Absent: from any persona'),
  to: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('human'), ...approvers.shape }),
    z.strictObject({ kind: z.literal('persona'), personaId: clear(z.uuid()) }),
  ]),
  triggers: z
    .array(z.enum(['approval_timeout', 'high_risk']))
    .min(1)
    .max(2)
    .describe('`high_risk`: the score reaches `autoEscalationThreshold`'),
  timeoutSeconds: z.int().min(1).max(2_592_000).default(300),
  priority: z.int().min(0).max(1_000).default(100).describe('The higher number first'),
  mode,
});

/** The members of a policy; complete, but for what a client leaves to the seed policy that it begins with. */
export const policyShape = {
  description: clear(line(500)).optional(),
  allowedActions: z.array(actionRule).max(200).describe('Where any is enforced, nothing else is allowed'),
  blockedActions: z.array(actionRule).max(200),
  requireApproval: z.array(approvalRule).max(200),
  inputFilters: z.array(contentFilter).max(100),
  outputFilters: z.array(contentFilter).max(100),
  pii,
  limits,
  riskTable,
  riskThreshold: score.describe('From this score on an approval is needed'),
  autoEscalationThreshold: score.describe('From this score on only those of an escalation path decide'),
  approval: approvalTerms.describe('Terms of approvals that no rule of its own asks for'),
  hitlTriggers: z.array(hitlTrigger).max(100),
  escalationPaths: z.array(escalationPath).max(50),
  logAllActions: z.boolean().describe('Kept for compatibility: every check is recorded in any case'),
  logRetentionDays: z.int().min(0).max(36_500).describe('0 keeps for ever'),
};

/** A complete policy, as it is stored and decided by. */
export const policyDocument = z.strictObject(policyShape);
export type PolicyDocument = z.output<typeof policyDocument>;

/** The seed policies. */
export const seedName = z.enum(['general', 'medical', 'code', 'interviewer', 'strict']);
export type SeedName = z.output<typeof seedName>;
