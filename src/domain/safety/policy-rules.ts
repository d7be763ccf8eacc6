/** The rules of a policy by the names that they have in verdicts and waivers. */
import { contentHash } from '../content-hash.js';
import type { PolicyDocument, RuleMode } from './policy-document.js';
import { ruleId } from './policy-in-force.js';

export interface PolicyRule {
  rule: string;
  mode: RuleMode;
  /** What the policy says of it. */
  definition: unknown;
}

type Named = { mode: RuleMode } & ({ name: string } | { pattern: string });
/** In a list, the rules about actions are called by their patterns and all others by their names. */
const listed = (section: keyof PolicyDocument, rules: readonly Named[]): PolicyRule[] =>
  rules.map((rule) => ({
    rule: ruleId(section, 'name' in rule ? rule.name : rule.pattern),
    mode: rule.mode,
    definition: rule,
  }));

const limitNames = ['maxActionsPerMinute', 'maxTokensPerConversation', 'maxToolCallsPerTurn'];

/** All rules, in the order in which verdicts tell of them. */
export function rulesOf(policy: PolicyDocument): PolicyRule[] {
  const { allowedActions, pii, limits } = policy;
  const isAllowing = allowedActions.some(({ mode }) => mode === 'enforce');
  const threshold = (rule: 'riskThreshold' | 'autoEscalationThreshold'): PolicyRule => ({
    rule,
    mode: 'enforce',
    definition: policy[rule],
  });
  const personal = [...pii.kinds, ...pii.customPatterns.map(({ name }) => name)];
  return [
    ...listed('allowedActions', allowedActions),
    // What denies everything that none of them allows.
    { rule: 'allowedActions', mode: isAllowing ? 'enforce' : 'off', definition: allowedActions },
    ...listed('blockedActions', policy.blockedActions),
    ...listed('requireApproval', policy.requireApproval),
    ...listed('inputFilters', policy.inputFilters),
    ...listed('outputFilters', policy.outputFilters),
    ...personal.map((name) => ({ rule: ruleId('pii', name), mode: pii.mode, definition: pii })),
    ...limitNames.map((name) => ({ rule: ruleId('limits', name), mode: limits.mode, definition: limits })),
    threshold('riskThreshold'),
    threshold('autoEscalationThreshold'),
    ...listed('hitlTriggers', policy.hitlTriggers),
    ...listed('escalationPaths', policy.escalationPaths),
  ];
}

/** What a policy says of a rule; undefined where it has none of this name. */
export const definitionOf = (policy: PolicyDocument, rule: string): unknown =>
  rulesOf(policy).find((one) => one.rule === rule)?.definition;

const hashes = new WeakMap<PolicyDocument, Map<string, string | undefined>>();

/** What stands for what a policy says of a rule: the content hash of its definition. Made once per document and rule. */
export function definitionHash(policy: PolicyDocument, rule: string): string | undefined {
  const known = hashes.get(policy) ?? new Map<string, string | undefined>();
  hashes.set(policy, known);
  if (!known.has(rule)) {
    const definition = definitionOf(policy, rule);
    known.set(rule, definition === undefined ? undefined : contentHash(definition));
  }
  return known.get(rule);
}
