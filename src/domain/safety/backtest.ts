/**
 * What another policy would have decided: recorded decisions are taken again, one after the other, from the facts
 * that were recorded with them. A fold in bounded memory, whose digest tells whether two came to the same; the
 * server and the command line use this very one.
 */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { isSealed } from '../sealed.js';
import { lookThrough, type ActionTexts } from './action-texts.js';
import { isTooMuch } from './content-rules.js';
import { ContentUnknown, decideAction, decideVersion, type Unresolved } from './decide.js';
import { distinctIds } from './distinct-ids.js';
import { isErased } from './erased.js';
import type { backtestEvents, decisionEvents, NotReplayable } from './events.js';
import { judged } from './judgement.js';
import type { PolicyDocument } from './policy-document.js';
import type { PolicyInForce } from './policy-in-force.js';
import { policyHash } from './policy-input.js';
import type { MatchedRule, PolicyRef, Verdict } from './verdict.js';

/** A decision as it was recorded, with its place in the log. */
export interface RecordedDecision {
  position: number;
  data: z.output<typeof decisionEvents.ActionChecked>;
}

/** What is tried out. */
export interface BacktestSpec {
  candidate: PolicyDocument;
  /** Whose policy it takes the place of, with this persona's decisions alone; absent: the tenant's floor, with all. */
  personaId?: string | undefined;
}

/** What a fold has to ask for, the same for whoever folds. */
export interface BacktestReads {
  /** What the policy said by which a decision was taken; null where it is not there as it was. */
  policyOf(ref: PolicyRef, decision: RecordedDecision): Promise<PolicyDocument | null>;
  /** The texts that a decision kept, opened; what was erased reads `{ erased }`, and what may not be opened is sealed. */
  textsOf(decision: RecordedDecision): Promise<KeptTexts>;
  /** Lets others go on while texts are looked through. */
  pause(): Promise<void>;
}
export interface KeptTexts {
  text?: unknown;
  args?: unknown;
}

type BackTested = z.output<typeof backtestEvents.PolicyBackTested>;
/** What a back-test comes to. */
export type BacktestResult = Omit<
  BackTested,
  'personaId' | 'backtestId' | 'candidate' | 'candidateHash' | 'fromPosition' | 'toPosition'
>;
type Divergence = BackTested['firstDivergences'][number];

export interface Backtest {
  /**
   * Takes the next decision of the log again. A promise is answered only where something has to be read for it: it
   * is to be awaited before the next step.
   */
  step(decision: RecordedDecision): Promise<void> | undefined;
  /** What came of the decisions so far. */
  result(): BacktestResult;
}

const maxDivergences = 100;
/** Rules that one divergence tells of. */
const maxRules = 20;
/** Ids that are told apart — some 10 MB of them — and those that are listed. */
const ids = { most: 100_000, listed: 1_000 };
/** Former policies are kept up to so much JSON; the one that was kept for the longest time goes first. */
const maxPolicyChars = 32_000_000;

type Outcome = { verdict: Verdict } | { reason: NotReplayable };

/** Begins a back-test: what is stepped through afterwards are decisions of one tenant, in log order. */
export function beginBacktest(spec: BacktestSpec, reads: BacktestReads): Backtest {
  const tally = beginTally();
  const policies = keptPolicies(reads);
  const candidateHash = policyHash(spec.candidate);

  const settle = (
    decision: RecordedDecision,
    { ref, others }: Company,
    documents: readonly (PolicyDocument | null | undefined)[],
  ): Promise<void> | undefined => {
    const inForce: PolicyInForce[] = [{ ref, policy: spec.candidate }];
    for (const [index, other] of others.entries()) {
      const policy = documents[index];
      if (!policy) return tally.add(decision, { reason: 'policy-missing' });
      inForce.push({ ref: other, policy });
    }
    const outcome = decidedAgain(decision, inForce, unresolvedStill(spec, decision), reads);
    if (!(outcome instanceof Promise)) return tally.add(decision, outcome);
    return outcome.then((found) => tally.add(decision, found));
  };

  return {
    step(decision) {
      const { data } = decision;
      if (spec.personaId !== undefined && data.personaId !== spec.personaId) return undefined;
      if (data.decideVersion > decideVersion) return tally.add(decision, { reason: 'other-version' });
      const company = besideCandidate(spec, candidateHash, data.policies);
      const documents = company.others.map((ref) => policies.kept(ref));
      if (!documents.includes(undefined)) return settle(decision, company, documents);
      const reading = Promise.all(company.others.map((ref) => policies.read(ref, decision)));
      return reading.then((found) => settle(decision, company, found));
    },
    result: () => tally.result(),
  };
}

/** The fold over decisions as they come. */
export async function backtested(
  spec: BacktestSpec,
  reads: BacktestReads,
  decisions: AsyncIterable<RecordedDecision> | Iterable<RecordedDecision>,
): Promise<BacktestResult> {
  const fold = beginBacktest(spec, reads);
  for await (const decision of decisions) {
    const reading = fold.step(decision);
    if (reading) await reading;
  }
  return fold.result();
}

/** The candidate as one of the policies that decide, and those of the other kind beside it. */
interface Company {
  ref: PolicyRef;
  others: PolicyRef[];
}

/**
 * The candidate is enforced in the place of its own kind, of what was enforced and of what was watched; of the other
 * kind, what decided then decides again, and what was only watched decides nothing now as then. The built-in policy
 * goes, since it only holds where there is no other. What a waiver set aside when it was decided stays set aside,
 * whichever floor it is.
 */
function besideCandidate(
  { personaId }: BacktestSpec,
  candidateHash: string,
  policies: readonly PolicyRef[],
): Company {
  const source = personaId === undefined ? 'floor' : 'persona';
  const replaced = policies.filter((ref) => ref.source === source && ref.versionNo !== null);
  const waivedRules = (replaced.find(({ mode }) => mode === 'enforce') ?? replaced[0])?.waivedRules;
  // It has no number yet; null would stand for the built-in policy.
  const ref = { source, versionNo: 1, policyHash: candidateHash, mode: 'enforce' } as const;
  return {
    ref: { ...ref, ...(waivedRules && { waivedRules }) },
    others: policies.filter(
      (other) => other.source !== source && other.versionNo !== null && other.mode === 'enforce',
    ),
  };
}

/** A suspended policy that the candidate takes the place of is suspended no more; another one is as before. */
function unresolvedStill({ personaId }: BacktestSpec, { data }: RecordedDecision): Unresolved | undefined {
  const replaced: Unresolved = personaId === undefined ? 'floor-suspended' : 'policy-suspended';
  return data.unresolved === replaced ? undefined : data.unresolved;
}

/** Former policies by what they say, so that each is read once for all personas that have the same. */
function keptPolicies({ policyOf }: BacktestReads) {
  const documents = new Map<string, { policy: PolicyDocument; chars: number }>();
  let chars = 0;
  const keep = (hash: string, policy: PolicyDocument): void => {
    const entry = { policy, chars: JSON.stringify(policy).length };
    documents.set(hash, entry);
    chars += entry.chars;
    for (const [oldest, { chars: freed }] of documents) {
      if (chars <= maxPolicyChars || oldest === hash) break;
      documents.delete(oldest);
      chars -= freed;
    }
  };
  return {
    kept: (ref: PolicyRef): PolicyDocument | undefined => documents.get(ref.policyHash)?.policy,
    async read(ref: PolicyRef, decision: RecordedDecision): Promise<PolicyDocument | null> {
      const there = documents.get(ref.policyHash)?.policy;
      if (there) return there;
      const policy = await policyOf(ref, decision);
      if (policy) keep(ref.policyHash, policy);
      return policy;
    },
  };
}

/** Decides once more; where the candidate looks for what nobody looked for at the time, from the texts. */
function decidedAgain(
  decision: RecordedDecision,
  policies: readonly PolicyInForce[],
  unresolved: Unresolved | undefined,
  reads: BacktestReads,
): Outcome | Promise<Outcome> {
  // What was too much then need not be for the candidate.
  if (isTooMuch(decision.data.facts.content)) return decidedFromTexts(decision, policies, unresolved, reads);
  try {
    return { verdict: decideAction(policies, decision.data.facts, unresolved) };
  } catch (error) {
    // What a check could not judge either is denied, as it was there.
    if (!(error instanceof ContentUnknown)) return judged(policies, decision.data.facts, unresolved);
    return decidedFromTexts(decision, policies, unresolved, reads);
  }
}

async function decidedFromTexts(
  decision: RecordedDecision,
  policies: readonly PolicyInForce[],
  unresolved: Unresolved | undefined,
  { textsOf, pause }: BacktestReads,
): Promise<Outcome> {
  const { content, args, facts } = decision.data;
  if (!content && !args) return { reason: 'content-missing' };
  const kept = await textsOf(decision);
  const parts = [kept.text, kept.args];
  if (parts.some(isErased)) return { reason: 'content-erased' };
  if (parts.some(isSealed)) return { reason: 'content-sealed' };
  const texts: ActionTexts = {
    ...(args && { args: kept.args as Record<string, unknown> }),
    ...(content && { content: { direction: content.direction, text: kept.text as string } }),
  };
  const looked = (await lookThrough(texts, policies, pause))!;
  return judged(policies, { ...facts, content: looked.facts }, unresolved);
}

const nothing = () => ({ allow: 0, require_approval: 0, deny: 0 });

/** What is counted and kept of the outcomes, however many there are. */
function beginTally() {
  const hash = createHash('sha256');
  const matrix = { allow: nothing(), require_approval: nothing(), deny: nothing() };
  const notReplayable = {
    'content-missing': 0,
    'content-sealed': 0,
    'content-erased': 0,
    'policy-missing': 0,
    'other-version': 0,
  };
  const firstDivergences: Divergence[] = [];
  const [personas, subjects] = [distinctIds(ids), distinctIds(ids)];
  let [decisions, divergent, lost] = [0, 0, 0];

  const diverged = ({ position, data }: RecordedDecision, verdict: Verdict): void => {
    divergent++;
    personas.add(data.personaId);
    if (data.subjectId !== undefined) subjects.add(data.subjectId);
    if (firstDivergences.length === maxDivergences) return;
    const { checkId, personaId, action, decision: recorded } = data;
    const rules = rulesApart(data.matchedRules, verdict.matchedRules).slice(0, maxRules);
    const place = { checkId, position: String(position), personaId, action };
    firstDivergences.push({ ...place, recorded, candidate: verdict.decision, rules });
  };
  return {
    add(decision: RecordedDecision, outcome: Outcome): undefined {
      decisions++;
      hash.update(outcomeLine(decision, outcome));
      if ('reason' in outcome) {
        lost++;
        notReplayable[outcome.reason]++;
        return;
      }
      const { verdict } = outcome;
      matrix[decision.data.decision][verdict.decision]++;
      if (decision.data.decision !== verdict.decision) diverged(decision, verdict);
    },
    result: (): BacktestResult => ({
      decisions,
      matrix: structuredClone(matrix),
      divergent,
      firstDivergences: [...firstDivergences],
      affectedPersonas: personas.result(),
      affectedSubjects: subjects.result(),
      notReplayable: { ...notReplayable },
      notReplayableShare: decisions === 0 ? 0 : lost / decisions,
      digest: hash.copy().digest('hex'),
    }),
  };
}

/**
 * What the digest is taken over: for each decision one line of canonical JSON (RFC 8785). Ids, positions and names of
 * decisions need no escapes.
 */
function outcomeLine({ position, data: { checkId, decision } }: RecordedDecision, outcome: Outcome): string {
  const place = `"position":"${position}","recorded":"${decision}"}\n`;
  return 'reason' in outcome
    ? `{"checkId":"${checkId}","notReplayable":"${outcome.reason}",${place}`
    : `{"candidate":"${outcome.verdict.decision}","checkId":"${checkId}",${place}`;
}

/** The rules that stood against the action, or asked for an approval, on one side alone: the recorded one's first. */
function rulesApart(recorded: readonly MatchedRule[], again: readonly MatchedRule[]): string[] {
  const stood = (rules: readonly MatchedRule[]): Map<string, string> => {
    const counting = rules.filter(
      ({ mode, effect }) => mode === 'enforce' && (effect === 'deny' || effect === 'require_approval'),
    );
    return new Map(counting.map(({ effect, rule }) => [`${effect} ${rule}`, rule]));
  };
  const [before, after] = [stood(recorded), stood(again)];
  const only = (one: Map<string, string>, other: Map<string, string>): string[] =>
    [...one].filter(([key]) => !other.has(key)).map(([, rule]) => rule);
  return [...new Set([...only(before, after), ...only(after, before)])];
}
