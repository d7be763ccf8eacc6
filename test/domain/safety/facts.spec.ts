import { describe, expect, it } from 'vitest';
import { approvalFact, isPolicyResolvable, policiesInForce } from '../../../src/domain/safety/facts.js';
import { policy, type Policy } from '../../../src/domain/safety/policy.js';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { definitionHash } from '../../../src/domain/safety/policy-rules.js';
import { seedPolicies } from '../../../src/domain/safety/seed-policies.js';
import { factReader } from '../../support/fact-reader.js';
import { sealed } from '../../support/given.js';
import { personaId } from '../../support/persona-examples.js';
import { noMail, noShell } from '../../support/policy-examples.js';

const versionOf = (document: typeof noShell) => ({
  versionNo: 1,
  mode: 'enforce' as const,
  policy: document,
  policyHash: policyHash(document),
});
const withVersion = (document: typeof noShell, members: Partial<Policy> = {}): Policy => ({
  ...policy.initialState(),
  versions: [versionOf(document)],
  enforced: versionOf(document),
  ...members,
});
const waiver = (until: string, floor = noMail) => ({
  rules: ['riskThreshold'],
  definitions: { riskThreshold: definitionHash(floor, 'riskThreshold')! },
  until,
  reason: sealed('a test'),
});
const now = '2026-01-02T03:04:05.678Z';
const reader = (own?: Policy, floor?: Policy) =>
  factReader({
    now,
    states: { ...(own && { [`policy ${personaId}`]: own }), ...(floor && { 'policy acme': floor }) },
  });

describe('the policies in force', () => {
  it('are the persona’s own and the floor, with their documents', async () => {
    const { policies, unresolved } = await policiesInForce(
      personaId,
      reader(withVersion(noShell), withVersion(noMail)),
    );
    expect(policies.map(({ ref, policy: document }) => [ref.source, ref.versionNo, document])).toEqual([
      ['persona', 1, noShell],
      ['floor', 1, noMail],
    ]);
    expect(unresolved).toBeUndefined();
  });

  it('are the built-in one where there is no other', async () => {
    const { policies } = await policiesInForce(personaId, reader());
    expect(policies).toMatchObject([{ ref: { versionNo: null }, policy: seedPolicies.general }]);
  });

  it('waive rules of the floor until the waiver’s end, and not at it', async () => {
    const waived = async (until: string) => {
      const own = { ...policy.initialState(), waiver: waiver(until) };
      return (await policiesInForce(personaId, reader(own, withVersion(noMail)))).policies[0]?.ref
        .waivedRules;
    };
    expect(await waived('2026-01-02T03:04:05.679Z')).toEqual(['riskThreshold']);
    expect(await waived(now)).toBeUndefined();
  });

  it('waive a rule as long as it says what it said then', async () => {
    const until = '2027-01-01T00:00:00.000Z';
    const own = { ...policy.initialState(), waiver: waiver(until, { ...noMail, riskThreshold: 0.9 }) };
    const { policies } = await policiesInForce(personaId, reader(own, withVersion(noMail)));
    expect(policies[0]?.ref).not.toHaveProperty('waivedRules');
  });
});

it('nothing is resolvable while the persona’s policy or the floor is suspended', async () => {
  const suspended = withVersion(noShell, { isSuspended: true });
  const resolvable = (own?: Policy, floor?: Policy) => isPolicyResolvable(personaId, reader(own, floor));
  expect(await resolvable()).toBe(true);
  expect(await resolvable(withVersion(noShell), withVersion(noMail))).toBe(true);
  expect(await resolvable(suspended)).toBe(false);
  expect(await resolvable(undefined, suspended)).toBe(false);
});

it('tells an approval, and that there is none', async () => {
  const read = factReader({ states: { 'approval one': { status: 'expired' } } });
  expect(await approvalFact('one', read)).toEqual({ status: 'expired' });
  expect(await approvalFact('two', read)).toEqual({ status: 'none' });
});
