/** What a policy's rules about actions, risk and limits come to. */
import type { ActionFacts } from './action-facts.js';
import { matchesPattern } from './action-pattern.js';
import type { PolicyDocument } from './policy-document.js';
import {
  finding,
  isSeen,
  modeOf,
  ruleId,
  writtenMode,
  type Finding,
  type PolicyInForce,
  type View,
} from './policy-in-force.js';
import { highRiskApprovers } from './required-approval.js';
import { hundredths, isAtLeast, type Risk } from './risk.js';

/** What a section is judged by, besides the policy. */
export interface Judged {
  facts: ActionFacts;
  /** By the table of the very policy. */
  risk: Risk;
  view: View;
}

/** Rules that are patterns over names of actions: those that match, and are seen. */
function matching<R extends { pattern: string; mode: 'enforce' | 'shadow' | 'off' }>(
  inForce: PolicyInForce,
  section: string,
  rules: readonly R[],
  { facts, view }: Judged,
) {
  const seen: { rule: R; id: string; mode: 'enforce' | 'shadow'; position: number; matches: boolean }[] = [];
  for (const [position, rule] of rules.entries()) {
    const id = ruleId(section, rule.pattern);
    const mode = modeOf(inForce, id, rule.mode);
    if (mode === 'off' || !isSeen(mode, view)) continue;
    seen.push({ rule, id, mode, position, matches: matchesPattern(rule.pattern, facts.action) });
  }
  return seen;
}

/**
 * Where there is an allowed action, whatever is not among them is denied. Whether there is one is what the policy says,
 * waived or not: no waiver of one of them allows more.
 */
export function allowedFindings(inForce: PolicyInForce, judged: Judged): Finding[] {
  const section = 'allowedActions';
  const { allowedActions } = inForce.policy;
  const matched = matching(inForce, section, allowedActions, judged).filter(({ matches }) => matches);
  const written = allowedActions
    .map((rule) => writtenMode(inForce, rule.mode))
    .filter((mode) => isSeen(mode, judged.view));
  const findings = matched.map(({ rule, id, mode, position }) =>
    finding(inForce, id, mode, position, 'allow', rule.message),
  );
  // Waived as a whole, or nothing to compare with.
  const mode = modeOf(inForce, section);
  if (written.length === 0 || matched.length > 0 || mode === 'off') return findings;
  // What is enforced denies by itself; rules that are only watched deny only in that view.
  const counts = written.includes('enforce') ? mode : 'shadow';
  return [finding(inForce, section, counts, written.length, 'deny', 'is not among them')];
}

export function blockedFindings(inForce: PolicyInForce, judged: Judged): Finding[] {
  return matching(inForce, 'blockedActions', inForce.policy.blockedActions, judged)
    .filter(({ matches }) => matches)
    .map(({ rule, id, mode, position }) => finding(inForce, id, mode, position, 'deny', rule.message));
}

export function approvalFindings(inForce: PolicyInForce, judged: Judged): Finding[] {
  return matching(inForce, 'requireApproval', inForce.policy.requireApproval, judged)
    .filter(({ matches }) => matches)
    .map(({ rule, id, mode, position }) => ({
      ...finding(inForce, id, mode, position, 'require_approval'),
      terms: rule,
    }));
}

export function triggerFindings(inForce: PolicyInForce, { facts, risk, view }: Judged): Finding[] {
  const found: Finding[] = [];
  for (const [position, trigger] of inForce.policy.hitlTriggers.entries()) {
    const rule = ruleId('hitlTriggers', trigger.name);
    const mode = modeOf(inForce, rule, trigger.mode);
    if (mode === 'off' || !isSeen(mode, view)) continue;
    if (!isAtLeast(risk.level, trigger.riskThreshold)) continue;
    if (!matchesPattern(trigger.actionPattern, facts.action)) continue;
    const detail = `risk is ${risk.level}`;
    found.push({
      ...finding(inForce, rule, mode, position, 'require_approval', detail),
      terms: trigger,
    });
  }
  return found;
}

/** A score that reaches a threshold needs an approval; the second threshold, of certain people, and silence is a no. */
export function thresholdFindings(
  inForce: PolicyInForce,
  { facts, risk, view }: Judged,
  section: 'riskThreshold' | 'autoEscalationThreshold',
): Finding[] {
  const { policy } = inForce;
  const mode = modeOf(inForce, section);
  if (mode === 'off' || !isSeen(mode, view)) return [];
  if (hundredths(risk.score) < hundredths(policy[section])) return [];
  const detail = `score ${risk.score} reaches ${policy[section]}`;
  const found = finding(inForce, section, mode, 0, 'require_approval', detail);
  if (section === 'riskThreshold') return [{ ...found, terms: policy.approval }];
  const approvers = highRiskApprovers(inForce, facts.personaId);
  const terms = { ...policy.approval, approvers, autoApproveAfterTimeout: false };
  return [{ ...found, terms, escalates: true }];
}

type Limits = PolicyDocument['limits'];

/** What is counted under each limit; undefined where there is nothing to count by. */
const counted = {
  maxActionsPerMinute: ({ actionsPerMinute }: ActionFacts['counters'], { scope }: Limits) =>
    actionsPerMinute[scope] ?? actionsPerMinute.persona,
  maxTokensPerConversation: ({ tokensInConversation }: ActionFacts['counters']) => tokensInConversation,
  maxToolCallsPerTurn: ({ toolCallsInTurn }: ActionFacts['counters']) => toolCallsInTurn,
};
const limitNames = Object.keys(counted) as (keyof typeof counted)[];

/** A share with four decimals as a whole number, so that 0.55 of 100 is 55 and no more. */
const fine = 10_000;

/** What is above a limit is denied; what comes near it is warned of. */
export function limitFindings(inForce: PolicyInForce, { facts, view }: Judged): Finding[] {
  const { limits } = inForce.policy;
  const warnAt = Math.round(limits.warnAt * fine);
  const found: Finding[] = [];
  for (const [position, name] of limitNames.entries()) {
    const rule = ruleId('limits', name);
    const mode = modeOf(inForce, rule, limits.mode);
    const value = counted[name](facts.counters, limits);
    if (mode === 'off' || !isSeen(mode, view) || value === undefined) continue;
    const max = limits[name];
    const isAbove = value > max;
    if (!isAbove && (value <= 0 || value * fine < warnAt * max)) continue;
    found.push(finding(inForce, rule, mode, position, isAbove ? 'deny' : 'warn', `${value} of ${max}`));
  }
  return found;
}
