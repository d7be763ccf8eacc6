import { describe, expect, it } from 'vitest';
import { decidingPolicies, type Standing } from '../../../src/domain/safety/policies-in-force.js';
import type { PolicyDocument } from '../../../src/domain/safety/policy-document.js';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { definitionHash } from '../../../src/domain/safety/policy-rules.js';
import { seedPolicies } from '../../../src/domain/safety/seed-policies.js';
import { documentOf, noMail, noShell } from '../../support/policy-examples.js';

const none: Standing = { enforced: null, watched: null, isSuspended: false };
const suspended: Standing = { ...none, isSuspended: true };
const version = (versionNo: number, policy: PolicyDocument = noShell) => ({
  versionNo,
  policyHash: policyHash(policy),
  policy,
});
const of = (enforced: number | null, watched: number | null = null): Standing => ({
  enforced: enforced === null ? null : version(enforced),
  watched: watched === null ? null : version(watched, noMail),
  isSuspended: false,
});
/** What decides, in short: `persona 1`, `floor 2 shadow`, `built-in`. */
function decides(own: Standing, floor: Standing): string[] {
  const { policies, unresolved } = decidingPolicies(own, floor, null);
  const names = policies.map(({ ref: { source, versionNo, mode } }) => {
    if (versionNo === null) return 'built-in';
    return `${source} ${versionNo}${mode === 'shadow' ? ' shadow' : ''}`;
  });
  return unresolved ? [...names, unresolved] : names;
}

describe('what decides', () => {
  it.each<[string, Standing, Standing, string[]]>([
    ['the built-in policy where there is no other', none, none, ['built-in']],
    ['the persona’s own alone', of(1), none, ['persona 1']],
    ['the floor alone', none, of(2), ['floor 2']],
    ['both, where both are there', of(1), of(2), ['persona 1', 'floor 2']],
    [
      'the enforced one, with what is watched beside it',
      of(1, 2),
      of(3, 4),
      ['persona 1', 'persona 2 shadow', 'floor 3', 'floor 4 shadow'],
    ],
    ['the floor, where the own one is only watched', of(null, 1), of(2), ['persona 1 shadow', 'floor 2']],
    [
      'the built-in one, where both are only watched',
      of(null, 1),
      of(null, 2),
      ['persona 1 shadow', 'floor 2 shadow', 'built-in'],
    ],
    ['the own one beside a floor that is only watched', of(1), of(null, 2), ['persona 1', 'floor 2 shadow']],
    ['nothing, where the own one is suspended', suspended, of(2), ['floor 2', 'policy-suspended']],
    ['nothing, where the floor is suspended', of(1), suspended, ['persona 1', 'floor-suspended']],
    ['nothing, where both are', suspended, suspended, ['built-in', 'policy-suspended']],
    [
      'nothing, where one is only watched since it was suspended',
      { ...of(null, 2), isSuspended: true },
      none,
      ['persona 2 shadow', 'built-in', 'policy-suspended'],
    ],
  ])('%s', (_, own, floor, expected) => expect(decides(own, floor)).toEqual(expected));
});

it('each comes with its document', () => {
  const { policies } = decidingPolicies(of(1, 2), of(3), null);
  expect(policies.map(({ ref, policy }) => [ref.policyHash, policy])).toEqual(
    [noShell, noMail, noShell].map((policy) => [policyHash(policy), policy]),
  );
});

it('the built-in policy is the seed policy general, without a number', () => {
  const { general } = seedPolicies;
  const ref = { source: 'floor', versionNo: null, policyHash: policyHash(general), mode: 'enforce' };
  expect(decidingPolicies(none, none, null).policies).toEqual([{ ref, policy: general }]);
});

describe('a waiver', () => {
  const rules = ['blockedActions/tool:shell.*', 'limits/maxActionsPerMinute'];
  const hashes = rules.map((rule) => [rule, definitionHash(noShell, rule)!]);
  const waiver = { rules, definitions: Object.fromEntries(hashes) as Record<string, string> };
  const waived = (own: Standing, floor: Standing) =>
    decidingPolicies(own, floor, waiver).policies.map(({ ref }) => ref.waivedRules);
  const floorOf = (policy: PolicyDocument): Standing => ({ ...none, enforced: version(2, policy) });

  it('sets rules of the floor aside, and of no other policy', () => {
    expect(waived(of(1), floorOf(noShell))).toEqual([undefined, rules]);
    expect(waived(none, none)).toEqual([undefined]);
  });

  it('holds for a rule as it was: one that says something else counts', () => {
    const blockedActions = [{ pattern: 'tool:shell.*', message: 'not this one either' }];
    expect(waived(none, floorOf(documentOf({ blockedActions })))).toEqual([['limits/maxActionsPerMinute']]);
    const limits = { maxActionsPerMinute: 5 };
    expect(waived(none, floorOf(documentOf({ blockedActions: ['tool:shell.*'], limits })))).toEqual([
      ['blockedActions/tool:shell.*'],
    ]);
  });

  it('holds for a rule wherever else the floor changes, and again once the rule is back', () =>
    expect(waived(none, floorOf({ ...noShell, riskThreshold: 0.2 }))).toEqual([rules]));

  it('holds in a floor that is watched as far as it has the same rules', () =>
    expect(waived(none, of(1, 2))).toEqual([rules, ['limits/maxActionsPerMinute']]));
});
