import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionFacts, type ActionFacts } from '../../../src/domain/safety/action-facts.js';
import { decideAction } from '../../../src/domain/safety/decide.js';
import { policyDocument } from '../../../src/domain/safety/policy-document.js';
import { definitionHash, definitionOf, rulesOf } from '../../../src/domain/safety/policy-rules.js';
import { arbitraryOf } from '../../support/arbitrary.js';
import { documentOf } from '../../support/policy-examples.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('policy rules');
const somePolicy = arbitraryOf(policyDocument).map((value) => policyDocument.parse(value));
const someFacts = arbitraryOf(actionFacts).map((value): ActionFacts => {
  const { content: _, ...facts } = actionFacts.parse(value);
  return facts;
});

describe('the rules of a policy', () => {
  const policy = documentOf({
    allowedActions: ['tool:search.*', { pattern: 'tool:mail', mode: 'shadow' }],
    blockedActions: ['tool:shell.*'],
    outputFilters: [{ name: 'secrets', pattern: 'BEGIN', action: 'mask', mode: 'off' }],
    pii: { kinds: ['email'], customPatterns: [{ name: 'badge', pattern: 'B-[0-9]+' }] },
  });

  it('have the names that decisions and waivers know them by', () => {
    const names = rulesOf(policy).map(({ rule }) => rule);
    for (const name of [
      'allowedActions/tool:search.*',
      'allowedActions',
      'blockedActions/tool:shell.*',
      'outputFilters/secrets',
      'pii/email',
      'pii/badge',
      'limits/maxActionsPerMinute',
      'riskThreshold',
      'autoEscalationThreshold',
    ])
      expect(names).toContain(name);
  });

  it('tell how they count, and what the policy says of them', () => {
    const byName = new Map(rulesOf(policy).map((rule) => [rule.rule, rule]));
    expect(byName.get('allowedActions/tool:mail')?.mode).toBe('shadow');
    expect(byName.get('allowedActions')?.mode).toBe('enforce');
    expect(byName.get('outputFilters/secrets')?.mode).toBe('off');
    expect(definitionOf(policy, 'blockedActions/tool:shell.*')).toEqual(policy.blockedActions[0]);
    expect(definitionOf(policy, 'riskThreshold')).toBe(policy.riskThreshold);
    expect(definitionOf(policy, 'pii/badge')).toBe(policy.pii);
    expect(definitionOf(policy, 'limits/maxToolCallsPerTurn')).toBe(policy.limits);
    expect(definitionOf(policy, 'blockedActions/tool:x')).toBeUndefined();
  });
});

it('a rule has a hash of what the policy says of it, which follows nothing else', () => {
  const hash = (input: object, rule = 'blockedActions/tool:x') => definitionHash(documentOf(input), rule);
  const blocked = { blockedActions: ['tool:x'] };
  expect(hash(blocked)).toMatch(/^[0-9a-f]{64}$/);
  expect(hash({ ...blocked, riskThreshold: 0.2 })).toBe(hash(blocked));
  expect(hash({ blockedActions: [{ pattern: 'tool:x', message: 'no' }] })).not.toBe(hash(blocked));
  expect(hash(blocked, 'blockedActions/tool:y')).toBeUndefined();
  expect(hash({ limits: { maxActionsPerMinute: 1 } }, 'limits/maxActionsPerMinute')).not.toBe(
    hash({ limits: { maxActionsPerMinute: 2 } }, 'limits/maxActionsPerMinute'),
  );
});

it('every rule that a policy decides by is among them', () => {
  fc.assert(
    fc.property(somePolicy, someFacts, (policy, facts) => {
      const ref = {
        source: 'persona' as const,
        versionNo: 1,
        policyHash: 'a'.repeat(64),
        mode: 'enforce' as const,
      };
      const { matchedRules } = decideAction([{ ref, policy }], facts);
      const names = rulesOf(policy).map(({ rule }) => rule);
      for (const { rule, source } of matchedRules) if (source !== 'engine') expect(names).toContain(rule);
    }),
    { seed, numRuns: 25 },
  );
});
