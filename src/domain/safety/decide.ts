/**
 * Whether a persona may do something: a pure function of the policies in force and of the facts. The same policies
 * and facts give the same verdict, and the same hash of it, tomorrow and in any process. Nobody is asked and nothing is
 * looked up; whatever cannot be judged is denied.
 */
import { contentHash } from '../content-hash.js';
import type { ActionFacts, Direction } from './action-facts.js';
import {
  allowedFindings,
  approvalFindings,
  blockedFindings,
  limitFindings,
  thresholdFindings,
  triggerFindings,
  type Judged,
} from './action-rules.js';
import { filterFindings, isTooMuch, piiFindings } from './content-rules.js';
import type { PolicyDocument } from './policy-document.js';
import type { Finding, PolicyInForce } from './policy-in-force.js';
import { requiredApproval } from './required-approval.js';
import { isAtLeast, riskOf, type Risk } from './risk.js';
import { defaultRiskTable } from './risk-table.js';
import {
  verdictShape,
  type DecisionKind,
  type MatchedRule,
  type PolicyRef,
  type Verdict,
} from './verdict.js';

export { ContentUnknown } from './content-rules.js';

/** Raised whenever some facts could be decided otherwise by unchanged policies. */
export const decideVersion = 1;

/** Why no policy could be found that would have to be there. */
export type Unresolved = 'policy-suspended' | 'floor-suspended';

type Section = (inForce: PolicyInForce, judged: Judged) => Finding[];

const filters =
  (direction: Direction): Section =>
  (inForce, { facts: { content }, view }) =>
    content ? filterFindings(inForce, content, direction, view) : [];

/** In the order of `policyShape`, which is the order of rules in a verdict. */
const sections: Section[] = [
  allowedFindings,
  blockedFindings,
  approvalFindings,
  filters('input'),
  filters('output'),
  (inForce, { facts: { content }, view }) => (content ? piiFindings(inForce, content, view) : []),
  limitFindings,
  (inForce, judged) => thresholdFindings(inForce, judged, 'riskThreshold'),
  (inForce, judged) => thresholdFindings(inForce, judged, 'autoEscalationThreshold'),
  triggerFindings,
];

/** A policy with what its rules come to. */
interface Judgement {
  inForce: PolicyInForce;
  risk: Risk;
  /** What counts. */
  enforced: Finding[];
  /** What would count if rules in shadow did. */
  watched: Finding[];
  /** What is recorded: what counts, and beside it what is in shadow. */
  recorded: Finding[];
}

/**
 * Decides on an action: deny > require_approval > allow, over every rule of every policy.
 * @param policies those of the persona and of the floor; where none of them is enforced, everything is denied
 * @param unresolved why a policy that should decide is missing: everything is denied
 * @throws ContentUnknown where a policy asks of texts what the facts do not tell
 */
export function decideAction(
  policies: readonly PolicyInForce[],
  facts: ActionFacts,
  unresolved?: Unresolved,
): Verdict {
  const ordered = [...policies].sort((a, b) => rank(a) - rank(b));
  const judgements = ordered.map((inForce) => judgementOf(inForce, facts));
  const counting = judgements.filter(({ inForce }) => inForce.ref.mode === 'enforce');
  const engine = engineFindings(counting.length === 0, facts, unresolved);

  const enforced = [...engine, ...counting.flatMap((one) => one.enforced)];
  const decision = strictestOf(enforced);
  const ifWatched = strictestOf([...engine, ...asIfEnforced(judgements).flatMap((one) => one.watched)]);
  const { score, level } = highestRisk(counting, facts);
  const asking = enforced.filter(({ terms }) => terms);
  const inForce = counting.map((one) => one.inForce);
  return {
    decision,
    riskScore: score,
    riskLevel: level,
    matchedRules: [...engine, ...judgements.flatMap(({ recorded }) => recorded)].map(
      ({ matched }) => matched,
    ),
    ...(ifWatched !== decision && { shadowDecision: ifWatched }),
    ...(facts.content && { contentAction: contentActionOf(enforced) }),
    ...(decision === 'require_approval' && {
      approval: requiredApproval(inForce, asking, facts.personaId, score),
    }),
  };
}

/** The persona's before the floor's; of each, what is enforced before what is watched beside it. */
const rank = ({ ref }: PolicyInForce): number =>
  (ref.source === 'persona' ? 0 : 2) + (ref.mode === 'enforce' ? 0 : 1);

/**
 * What would decide if the policies in shadow were enforced: each takes the place of the other one of its source, and
 * the built-in one holds only where there is none.
 */
function asIfEnforced(judgements: readonly Judgement[]): readonly Judgement[] {
  const watched = judgements.map(({ inForce }) => inForce.ref).filter(({ mode }) => mode === 'shadow');
  if (watched.length === 0) return judgements;
  const sources = new Set(watched.map(({ source }) => source));
  return judgements.filter(
    ({ inForce: { ref } }) => ref.mode === 'shadow' || (ref.versionNo !== null && !sources.has(ref.source)),
  );
}

function judgementOf(inForce: PolicyInForce, facts: ActionFacts): Judgement {
  const { riskTable, pii } = inForce.policy;
  const risk = riskOf(riskTable, facts, pii.exemptedFields);
  const isWatched = inForce.ref.mode === 'shadow' || hasShadow(inForce.policy);
  const judgement: Judgement = { inForce, risk, enforced: [], watched: [], recorded: [] };
  for (const section of sections) {
    const enforced = section(inForce, { facts, risk, view: 'enforced' });
    const watched = isWatched ? section(inForce, { facts, risk, view: 'watched' }) : enforced;
    judgement.enforced.push(...enforced);
    judgement.watched.push(...watched);
    judgement.recorded.push(...(isWatched ? merged(enforced, watched) : enforced));
  }
  return judgement;
}

const withShadow = new WeakMap<PolicyDocument, boolean>();

/** Whether any rule is in shadow: most policies have none, and need no second look. Found once per document. */
function hasShadow(policy: PolicyDocument): boolean {
  const known = withShadow.get(policy);
  if (known !== undefined) return known;
  const rules = [
    policy.pii,
    policy.limits,
    ...policy.allowedActions,
    ...policy.blockedActions,
    ...policy.requireApproval,
    ...policy.inputFilters,
    ...policy.outputFilters,
    ...policy.hitlTriggers,
  ];
  const found = rules.some(({ mode }) => mode === 'shadow');
  withShadow.set(policy, found);
  return found;
}

/** What counts, and of the other view what is in shadow, by place. */
function merged(enforced: Finding[], watched: Finding[]): Finding[] {
  const shadows = watched.filter(({ matched }) => matched.mode === 'shadow');
  if (shadows.length === 0) return enforced;
  return [...enforced, ...shadows].sort((a, b) => a.position - b.position);
}

/** What is denied whatever the policies say. */
function engineFindings(
  isMissing: boolean,
  { personaStatus, content }: ActionFacts,
  unresolved?: Unresolved,
): Finding[] {
  const denied = (rule: string): Finding => ({
    matched: { rule, source: 'engine', effect: 'deny', mode: 'enforce' } satisfies MatchedRule,
    position: 0,
  });
  const unread = denied('policy/unevaluable');
  unread.matched.detail = 'there is more text than may be looked through';
  const isAtWork = personaStatus !== 'inactive' && personaStatus !== 'archived';
  return [
    ...(isAtWork ? [] : [denied('persona/inactive')]),
    ...(unresolved ? [denied(`policy/${unresolved}`)] : []),
    ...(isMissing && !unresolved ? [denied('policy/missing')] : []),
    ...(isTooMuch(content) ? [{ ...unread, isOfContent: true as const }] : []),
  ];
}

function strictestOf(findings: readonly Finding[]): DecisionKind {
  if (findings.some(({ matched }) => matched.effect === 'deny')) return 'deny';
  return findings.some(({ matched }) => matched.effect === 'require_approval') ? 'require_approval' : 'allow';
}

function contentActionOf(findings: readonly Finding[]): NonNullable<Verdict['contentAction']> {
  const effects = new Set(
    findings.filter(({ isOfContent }) => isOfContent).map(({ matched }) => matched.effect),
  );
  if (effects.has('deny')) return 'block';
  if (effects.has('mask')) return 'mask';
  return effects.has('warn') ? 'warn' : 'allow';
}

/** The highest score and level of the policies that count; by the table of the seed policies where none does. */
function highestRisk(counting: readonly Judgement[], facts: ActionFacts): Pick<Risk, 'score' | 'level'> {
  const risks = counting.map(({ risk }) => risk);
  if (risks.length === 0) return riskOf(defaultRiskTable, facts);
  return risks.reduce((most, one) => ({
    ...most,
    score: Math.max(most.score, one.score),
    level: isAtLeast(one.level, most.level) ? one.level : most.level,
  }));
}

const verdictMembers = Object.keys(verdictShape) as (keyof Verdict)[];

/**
 * What proves a decision: equal wherever the same policies decide the same of the same facts. Other members of what is
 * given as the verdict — such as those of the event that it is recorded in — do not count.
 */
export function decisionHash({
  policies,
  facts,
  verdict,
  unresolved,
}: {
  policies: readonly PolicyRef[];
  facts: ActionFacts;
  verdict: Verdict;
  unresolved?: Unresolved | undefined;
}): string {
  const decided = Object.fromEntries(verdictMembers.map((member) => [member, verdict[member]]));
  return contentHash({ decideVersion, policies, facts, ...decided, unresolved });
}
