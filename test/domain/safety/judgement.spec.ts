import { describe, expect, it } from 'vitest';
import type { ActionFacts } from '../../../src/domain/safety/action-facts.js';
import { decideAction, decisionHash } from '../../../src/domain/safety/decide.js';
import { judged } from '../../../src/domain/safety/judgement.js';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { contentOf } from '../../support/decision-examples.js';
import { personaId } from '../../support/persona-examples.js';
import { documentOf } from '../../support/policy-examples.js';

const inForce = (input: object) => {
  const policy = documentOf(input);
  const ref = {
    source: 'persona' as const,
    versionNo: 1,
    policyHash: policyHash(policy),
    mode: 'enforce' as const,
  };
  return { ref, policy };
};
const facts: ActionFacts = {
  action: 'tool:search.query',
  personaStatus: 'active',
  personaId,
  roles: ['service'],
  counters: { actionsPerMinute: { persona: 1 } },
};
/** What was found in a text, without a look for what the policy asks. */
const lookedThrough = {
  ...facts,
  content: contentOf(),
};

it('is what the policies decide, with the hash of it', () => {
  const policies = [inForce({})];
  const verdict = decideAction(policies, facts);
  const refs = policies.map(({ ref }) => ref);
  expect(judged(policies, facts)).toEqual({
    verdict,
    decisionHash: decisionHash({ policies: refs, facts, verdict }),
  });
  expect(judged(policies, facts).verdict.decision).toBe('allow');
});

describe('denies', () => {
  it('what a policy cannot be evaluated for, although all else would allow it', () => {
    const unknown = inForce({ outputFilters: [{ name: 'x', pattern: 'never looked for', action: 'warn' }] });
    const { verdict } = judged([inForce({}), unknown], lookedThrough);
    expect(verdict).toMatchObject({
      decision: 'deny',
      contentAction: 'block',
      matchedRules: [{ rule: 'policy/unevaluable', source: 'engine', effect: 'deny', mode: 'enforce' }],
    });
    expect(judged([unknown], facts).verdict.decision).toBe('allow');
  });

  it('everything without a policy, and while one is suspended', () => {
    expect(judged([], facts).verdict.decision).toBe('deny');
    const { verdict, decisionHash: hash } = judged([inForce({})], facts, 'policy-suspended');
    expect(verdict.decision).toBe('deny');
    expect(hash).not.toBe(judged([inForce({})], facts).decisionHash);
  });
});
