/** Recorded decisions as a check records them, from the policies and facts that they are given. */
import type { ActionFacts } from '../../src/domain/safety/action-facts.js';
import type { RecordedDecision } from '../../src/domain/safety/backtest.js';
import {
  decideAction,
  decideVersion,
  decisionHash,
  type Unresolved,
} from '../../src/domain/safety/decide.js';
import type { PolicyInForce } from '../../src/domain/safety/policy-in-force.js';
import { policyHash } from '../../src/domain/safety/policy-input.js';
import { seedPolicies } from '../../src/domain/safety/seed-policies.js';

export const personaId = '01890000-0000-7000-8000-00000000000a';

/** The built-in policy, as it decides where there is no other. */
export const builtIn: PolicyInForce = {
  ref: { source: 'floor', versionNo: null, policyHash: policyHash(seedPolicies.general), mode: 'enforce' },
  policy: seedPolicies.general,
};

/** A policy in force. */
export const inForce = (
  policy: PolicyInForce['policy'],
  ref: Partial<PolicyInForce['ref']> = {},
): PolicyInForce => ({
  ref: { source: 'persona', versionNo: 1, policyHash: policyHash(policy), mode: 'enforce', ...ref },
  policy,
});

/** What is known of an action; what is not given is harmless. */
export const factsOf = (facts: Partial<ActionFacts> = {}): ActionFacts => ({
  action: 'tool:docs.read',
  personaStatus: 'active',
  personaId,
  roles: ['service'],
  counters: { actionsPerMinute: { persona: 1 } },
  ...facts,
});

/** The id of the n-th check. */
export const checkIdOf = (n: number): string => `01890000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

interface Check {
  policies?: readonly PolicyInForce[];
  unresolved?: Unresolved | undefined;
  facts?: Partial<ActionFacts>;
  /** Other members of the event. */
  more?: Partial<RecordedDecision['data']>;
}

/** A decision at a position, decided by the policies. */
export function decidedAt(position: number, check: Check = {}): RecordedDecision {
  const { policies = [builtIn], unresolved, more } = check;
  const facts = factsOf(check.facts);
  const verdict = decideAction(policies, facts, unresolved);
  const refs = policies.map(({ ref }) => ref);
  return {
    position,
    data: {
      checkId: checkIdOf(position),
      personaId: facts.personaId,
      action: facts.action,
      facts,
      ...verdict,
      policies: refs,
      ...(unresolved && { unresolved }),
      decideVersion,
      decisionHash: decisionHash({ policies: refs, facts, verdict, unresolved }),
      durationUs: 42,
      ...more,
    },
  };
}

export const backtestId = '01890000-0000-7000-8000-00000000b7e5';

/** A back-test of the floor over nothing. */
export const nothingFound = {
  backtestId,
  candidate: seedPolicies.strict,
  candidateHash: policyHash(seedPolicies.strict),
  fromPosition: 0,
  toPosition: 7,
  decisions: 0,
  matrix: {
    allow: { allow: 0, require_approval: 0, deny: 0 },
    require_approval: { allow: 0, require_approval: 0, deny: 0 },
    deny: { allow: 0, require_approval: 0, deny: 0 },
  },
  divergent: 0,
  firstDivergences: [],
  affectedPersonas: { count: 0, isExact: true, ids: [] },
  affectedSubjects: { count: 0, isExact: true, ids: [] },
  notReplayable: {
    'content-missing': 0,
    'content-sealed': 0,
    'content-erased': 0,
    'policy-missing': 0,
    'other-version': 0,
  },
  notReplayableShare: 0,
  digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};
