/** What a client says of a policy, the complete document that it means, and what contradicts itself in that. */
import { z } from 'zod';
import { contentHash } from '../content-hash.js';
import { pointerOf } from '../json-pointer.js';
import type { FieldError } from '../kernel.js';
import {
  actionPattern,
  policyDocument,
  policyShape,
  seedName,
  type ApprovalTerms,
  type PolicyDocument,
} from './policy-document.js';
import { hundredths, riskOf } from './risk.js';
import { seedPolicies } from './seed-policies.js';
import { programSize } from './text-pattern.js';

/** A list of rules in which a pattern alone stands for a rule that is enforced. */
const rulesOrPatterns = <T extends z.ZodObject>(rule: T) =>
  z
    .array(z.union([actionPattern, rule]))
    .max(200)
    .optional();

/** Members of a document as they are given: those that are absent are the seed policy's. */
export const policyInputShape = {
  seed: seedName.optional().describe('What the policy begins with; `general` where it is not said'),
  description: policyShape.description,
  allowedActions: rulesOrPatterns(policyShape.allowedActions.element).describe(
    'Rules or patterns. Where any is enforced, nothing else is allowed',
  ),
  blockedActions: rulesOrPatterns(policyShape.blockedActions.element).describe('Rules or patterns'),
  requireApproval: rulesOrPatterns(policyShape.requireApproval.element).describe('Rules or patterns'),
  inputFilters: policyShape.inputFilters.optional(),
  outputFilters: policyShape.outputFilters.optional(),
  pii: policyShape.pii.optional(),
  limits: policyShape.limits.optional(),
  riskTable: policyShape.riskTable.optional(),
  riskThreshold: policyShape.riskThreshold.optional(),
  autoEscalationThreshold: policyShape.autoEscalationThreshold.optional(),
  approval: policyShape.approval.optional(),
  hitlTriggers: policyShape.hitlTriggers.optional(),
  escalationPaths: policyShape.escalationPaths.optional(),
  logAllActions: policyShape.logAllActions.optional(),
  logRetentionDays: policyShape.logRetentionDays.optional(),
};
export const policyInput = z.strictObject(policyInputShape);
export type PolicyInput = z.output<typeof policyInput>;

const asRules = (list: readonly unknown[] | undefined): unknown[] | undefined =>
  list?.map((one) => (typeof one === 'string' ? { pattern: one } : one));

/**
 * The document that an input means: each member that is given takes the place of the seed policy's, a pattern becomes
 * a rule, and what is left out in a member gets its default.
 * @throws ZodError for what `policyInput` does not accept
 */
export function completePolicy({ seed = 'general', ...given }: PolicyInput): PolicyDocument {
  const rules = {
    allowedActions: asRules(given.allowedActions),
    blockedActions: asRules(given.blockedActions),
    requireApproval: asRules(given.requireApproval),
  };
  const members = Object.entries({ ...given, ...rules }).filter(([, value]) => value !== undefined);
  return policyDocument.parse({ ...seedPolicies[seed], ...Object.fromEntries(members) });
}

/** What stands for what a policy says: equal for equal documents. */
export const policyHash = (policy: PolicyDocument): string => contentHash(policy);

const problem = (path: readonly PropertyKey[], detail: string): FieldError => ({
  pointer: pointerOf(path),
  detail,
});

/** In what a policy contradicts itself, with pointers into the document; empty for one that can be drafted. */
export const policyProblems = (policy: PolicyDocument): FieldError[] => [
  ...doubleProblems(policy),
  ...opposedProblems(policy),
  ...thresholdProblems(policy),
  ...termsOf(policy).flatMap((terms) => termsProblems(policy, terms)),
  ...policy.escalationPaths.flatMap(({ to }, index) =>
    to.kind === 'human' && to.roles.length + to.members.length === 0
      ? [problem(['escalationPaths', index, 'to'], 'names neither a role nor a member')]
      : [],
  ),
  ...sizeProblems(policy),
];

/** Instructions of all patterns of a policy: each is looked for in every text, and may be looked at for each character. */
const maxInstructions = 10_000;

/** Patterns that are too many, or too large, together; what stands in several sections is looked for once. */
function sizeProblems({ inputFilters, outputFilters, pii }: PolicyDocument): FieldError[] {
  const sections = [
    { path: ['inputFilters'], rules: inputFilters },
    { path: ['outputFilters'], rules: outputFilters },
    { path: ['pii', 'customPatterns'], rules: pii.customPatterns },
  ];
  const known = new Set<string>();
  let instructions = 0;
  for (const { path, rules } of sections) {
    for (const { pattern } of rules) {
      if (!known.has(pattern)) instructions += programSize(pattern);
      known.add(pattern);
    }
    if (instructions > maxInstructions)
      return [problem(path, 'with it, the patterns of the policy are too large to look for in every text')];
  }
  return [];
}

/** Rules of one section that could not be told apart in a verdict. */
function doubleProblems(policy: PolicyDocument): FieldError[] {
  const { allowedActions, blockedActions, requireApproval, pii } = policy;
  const doubles = (path: readonly string[], member: string, names: readonly string[]): FieldError[] =>
    names.flatMap((name, index) =>
      names.indexOf(name) < index ? [problem([...path, index, member], `${name} is there twice`)] : [],
    );
  const patterns = Object.entries({ allowedActions, blockedActions, requireApproval }).flatMap(
    ([section, rules]) =>
      doubles(
        [section],
        'pattern',
        rules.map(({ pattern }) => pattern.toLowerCase()),
      ),
  );
  const named = (['inputFilters', 'outputFilters', 'hitlTriggers', 'escalationPaths'] as const).flatMap(
    (section) =>
      doubles(
        [section],
        'name',
        policy[section].map(({ name }) => name),
      ),
  );
  const kinds: readonly string[] = pii.kinds;
  const custom = pii.customPatterns.map(({ name }) => name);
  const asKind = custom.flatMap((name, index) =>
    kinds.includes(name)
      ? [problem(['pii', 'customPatterns', index, 'name'], `${name} is a kind of its own`)]
      : [],
  );
  return [...patterns, ...named, ...doubles(['pii', 'customPatterns'], 'name', custom), ...asKind];
}

/** What is allowed and blocked in the same mode; a rule in shadow may try out the opposite. */
function opposedProblems({ allowedActions, blockedActions }: PolicyDocument): FieldError[] {
  return blockedActions.flatMap(({ pattern, mode }, index) => {
    const isAllowed = allowedActions.some(
      (one) => one.pattern.toLowerCase() === pattern.toLowerCase() && one.mode === mode && mode !== 'off',
    );
    return isAllowed ? [problem(['blockedActions', index, 'pattern'], 'is among the allowed ones too')] : [];
  });
}

function thresholdProblems(policy: PolicyDocument): FieldError[] {
  const { riskThreshold, autoEscalationThreshold, riskTable } = policy;
  const { medium, high, critical } = riskTable.levels;
  const problems: FieldError[] = [];
  if (hundredths(riskThreshold) > hundredths(autoEscalationThreshold))
    problems.push(problem(['riskThreshold'], 'is above autoEscalationThreshold'));
  if (hundredths(high) <= hundredths(medium))
    problems.push(problem(['riskTable', 'levels', 'high'], 'is not above medium'));
  if (hundredths(critical) <= hundredths(high))
    problems.push(problem(['riskTable', 'levels', 'critical'], 'is not above high'));
  return problems;
}

/** The terms of an approval, where they stand, and the lowest score at which they are asked for. */
interface PlacedTerms {
  path: PropertyKey[];
  terms: ApprovalTerms;
  lowestScore: number;
}

function termsOf({ approval, requireApproval, hitlTriggers, riskTable, riskThreshold }: PolicyDocument) {
  // A pattern that a row of the table matches as if it were a name names only actions that the row matches.
  const byName = (action: string): number => riskOf(riskTable, { action }).score;
  const { levels } = riskTable;
  const placed: PlacedTerms[] = [
    { path: ['approval'], terms: approval, lowestScore: riskThreshold },
    ...requireApproval.map((rule, index) => ({
      path: ['requireApproval', index],
      terms: rule,
      lowestScore: byName(rule.pattern),
    })),
    ...hitlTriggers.map((trigger, index) => ({
      path: ['hitlTriggers', index],
      terms: trigger,
      lowestScore: Math.max(
        byName(trigger.actionPattern),
        trigger.riskThreshold === 'low' ? 0 : levels[trigger.riskThreshold],
      ),
    })),
  ];
  return placed;
}

/**
 * Terms that can never be met. Whether silence is a yes for one action is decided with that action: here only
 * what would never be one is refused.
 */
function termsProblems(
  { autoEscalationThreshold }: PolicyDocument,
  { path, terms, lowestScore }: PlacedTerms,
): FieldError[] {
  const problems: FieldError[] = [];
  if (terms.autoApproveAfterTimeout && hundredths(lowestScore) >= hundredths(autoEscalationThreshold))
    problems.push(
      problem([...path, 'autoApproveAfterTimeout'], 'is never possible from autoEscalationThreshold on'),
    );
  const { roles, members } = terms.approvers;
  if (roles.length === 0 && new Set(members).size < terms.quorum)
    problems.push(problem([...path, 'approvers'], 'are fewer than the quorum'));
  return problems;
}
