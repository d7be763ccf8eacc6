import { describe, expect, it } from 'vitest';
import { decisionKind, matchedRule, policyRef, verdict } from '../../../src/domain/safety/verdict.js';

const allowed = { decision: 'allow', riskScore: 0.1, riskLevel: 'low', matchedRules: [] };

describe('a verdict', () => {
  it('names decisions from the strictest to the mildest', () => {
    expect(decisionKind.options).toEqual(['deny', 'require_approval', 'allow']);
  });

  it('has what belongs to every decision, and the rest where there is something to say', () => {
    expect(verdict.parse(allowed)).toEqual(allowed);
    expect(verdict.safeParse({ ...allowed, riskScore: 1.1 }).success).toBe(false);
    expect(verdict.safeParse({ ...allowed, contentAction: 'deny' }).success).toBe(false);
  });

  it('tells of a rule where it stands, what it asks for, and whether it counts', () => {
    const rule = { rule: 'blockedActions/tool:*', source: 'floor', effect: 'deny', mode: 'shadow' };
    expect(matchedRule.parse(rule)).toEqual(rule);
    expect(matchedRule.safeParse({ ...rule, mode: 'off' }).success).toBe(false);
  });
});

it('a policy without a number is the built-in one', () => {
  const ref = { source: 'floor', versionNo: null, policyHash: '0'.repeat(64), mode: 'enforce' };
  expect(policyRef.parse(ref)).toEqual(ref);
  expect(policyRef.safeParse({ ...ref, versionNo: 0 }).success).toBe(false);
});
