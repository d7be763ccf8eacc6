/** Why a decision was taken, rule by rule, in words; made when it is read, so that better words need no rebuild. */
import type { ActionFacts } from '../../domain/safety/action-facts.js';
import { filterSection, patternIdOf } from '../../domain/safety/content-rules.js';
import type { PolicyDocument } from '../../domain/safety/policy-document.js';
import { definitionOf } from '../../domain/safety/policy-rules.js';
import type { DecisionKind, MatchedRule, PolicyRef } from '../../domain/safety/verdict.js';
import type { DecisionRow } from './decisions.js';

type Told = Pick<
  DecisionRow,
  'action' | 'decision' | 'matchedRules' | 'riskScore' | 'riskLevel' | 'policies' | 'facts'
>;
/** What policies said when the decision was taken; undefined where it cannot be read any more. */
export type DocumentOf = (ref: PolicyRef) => PolicyDocument | undefined;

export interface Reason extends MatchedRule {
  text: string;
  /** Whether the decision is what it is because of this rule. */
  decides: boolean;
  /** What the other rules that counted come to. */
  without?: DecisionKind;
  policyVersion: number | null;
  policyHash?: string;
  /** The rule as it stood in that version. */
  definition?: unknown;
  /** Those that mattered to it. */
  facts: Record<string, unknown>;
}

const effects = ['deny', 'require_approval', 'mask', 'warn', 'allow'] as const;
const done = {
  deny: ['Denied', 'It would be denied'],
  require_approval: ['Needs an approval', 'It would need an approval'],
  mask: ['Masked', 'It would be masked'],
  warn: ['Warned of', 'It would be warned of'],
  allow: ['Allowed', 'It would be allowed'],
} as const;
const instead = { deny: 'be denied', require_approval: 'need an approval', allow: 'be allowed' } as const;

/** The policy that a matched rule is of: of a source, one is enforced and one may be watched beside it. */
function refOf({ source, watched }: MatchedRule, policies: readonly PolicyRef[]): PolicyRef | undefined {
  const mode = watched ? 'shadow' : 'enforce';
  return policies.find((ref) => ref.source === source && ref.mode === mode);
}

function whose({ source }: MatchedRule, ref: PolicyRef | undefined): string {
  if (source === 'engine') return 'whatever the policies say';
  const name = source === 'persona' ? 'the persona’s policy' : 'the tenant’s floor';
  if (!ref || ref.versionNo === null) return 'by the built-in policy general';
  return `by ${name}, version ${ref.versionNo}`;
}

const times = (count: number | undefined): string =>
  count === undefined ? 'was found' : `was found ${count === 1 ? 'once' : `${count} times`}`;

/** How often what a rule looks for was found in the parts that it looks at, as far as the facts tell. */
function countOf({ content }: ActionFacts, rule: string, definition: unknown): number | undefined {
  const [section, ...rest] = rule.split('/');
  const name = rest.join('/');
  const own = definition as Partial<PolicyDocument['pii'] & { pattern: string }> | undefined;
  const pattern = own?.pattern ?? own?.customPatterns?.find((one) => one.name === name)?.pattern;
  const counts = (content ?? [])
    .filter(({ direction }) => section === 'pii' || section === filterSection(direction))
    .map(({ patterns, pii }) =>
      pattern === undefined ? pii[name as keyof typeof pii] : patterns[patternIdOf(pattern)],
    )
    .filter((count) => count !== undefined);
  return counts.length > 0 ? counts.reduce((sum, count) => sum + count) : undefined;
}

const engineReasons: Record<string, string> = {
  'policy/policy-suspended': 'the persona’s policy is suspended',
  'policy/floor-suspended': 'the tenant’s floor is suspended',
  'policy/missing': 'no policy is in force',
};

/** Why a rule matched, and the facts that it looked at. */
function cause(
  { rule, detail }: MatchedRule,
  { action, facts, riskScore, riskLevel }: Told,
  definition: unknown,
): { because: string; looked: Record<string, unknown> } {
  const [section, ...rest] = rule.split('/');
  const name = rest.join('/');
  const { affectsExternal, irreversible, involvesPii, counters, personaStatus } = facts;
  switch (section) {
    case 'allowedActions':
    case 'blockedActions':
    case 'requireApproval': {
      const because = name === '' ? `${action} is none of its allowed actions` : `${action} matches ${name}`;
      return { because, looked: { action } };
    }
    case 'inputFilters':
    case 'outputFilters':
    case 'pii': {
      const found = countOf(facts, rule, definition);
      const what = section === 'pii' ? name : `what the filter ${name} looks for`;
      return { because: `${what} ${times(found)}`, looked: found === undefined ? {} : { found } };
    }
    case 'limits':
      return { because: `${name} is at ${detail}`, looked: { counters } };
    case 'persona':
      return { because: `the persona is ${personaStatus}`, looked: { personaStatus } };
    case 'policy':
      return { because: detail ?? engineReasons[rule] ?? rule, looked: {} };
    default: {
      const factors = Object.entries({ affectsExternal, irreversible, involvesPii });
      const told = Object.fromEntries(factors.filter(([, value]) => value !== undefined));
      return { because: detail ?? rule, looked: { action, ...told, riskScore, riskLevel } };
    }
  }
}

/** The strictest of what rules ask for. */
function strictest(rules: readonly MatchedRule[]): DecisionKind {
  const asked = new Set(rules.filter(({ mode }) => mode === 'enforce').map(({ effect }) => effect));
  if (asked.has('deny')) return 'deny';
  return asked.has('require_approval') ? 'require_approval' : 'allow';
}

/** Every rule that matched with why it did, those that decided first. */
export function reasonsOf(told: Told, documentOf: DocumentOf): Reason[] {
  const reasons = told.matchedRules.map((matched): Reason => {
    const { rule, effect, mode, source } = matched;
    const ref = source === 'engine' ? undefined : refOf(matched, told.policies);
    const document = ref && documentOf(ref);
    const definition = document && definitionOf(document, rule);
    const counts = mode === 'enforce';
    const decides = counts && effect === told.decision;
    const without = strictest(told.matchedRules.filter((one) => one !== matched));
    const { because, looked } = cause(matched, told, definition);
    const text = [
      `${done[effect][counts ? 0 : 1]} ${whose(matched, ref)}: ${because} (${rule})${counts ? '' : ', in shadow'}.`,
      ...(decides && without !== told.decision ? [`Without it, it would ${instead[without]}.`] : []),
    ].join(' ');
    return {
      ...matched,
      text,
      decides,
      ...(counts && (effect === 'deny' || effect === 'require_approval') && { without }),
      policyVersion: ref?.versionNo ?? null,
      ...(ref && { policyHash: ref.policyHash }),
      ...(definition !== undefined && { definition }),
      facts: looked,
    };
  });
  const rank = ({ mode, effect }: Reason): number =>
    (mode === 'enforce' ? 0 : effects.length) + effects.indexOf(effect);
  return reasons.sort((a, b) => rank(a) - rank(b));
}
