import type { ActionFacts } from './action-facts.js';
import { decideAction, decisionHash, type Unresolved } from './decide.js';
import type { PolicyInForce } from './policy-in-force.js';
import type { Verdict } from './verdict.js';

/** What a check comes to where a policy cannot be evaluated: nothing is allowed that nobody could judge. */
const unevaluable = (facts: ActionFacts): Verdict => ({
  decision: 'deny',
  riskScore: 1,
  riskLevel: 'critical',
  matchedRules: [
    {
      rule: 'policy/unevaluable',
      source: 'engine',
      effect: 'deny',
      mode: 'enforce',
      detail: 'a policy in force cannot be evaluated with these facts',
    },
  ],
  ...(facts.content && { contentAction: 'block' as const }),
});

/** The verdict of policies on an action, which is never milder than what could be evaluated, and its hash. */
export function judged(
  policies: readonly PolicyInForce[],
  facts: ActionFacts,
  unresolved?: Unresolved,
): { verdict: Verdict; decisionHash: string } {
  let verdict: Verdict;
  try {
    verdict = decideAction(policies, facts, unresolved);
  } catch {
    verdict = unevaluable(facts);
  }
  const refs = policies.map(({ ref }) => ref);
  return { verdict, decisionHash: decisionHash({ policies: refs, facts, verdict, unresolved }) };
}
