import { describe, expect, it } from 'vitest';
import type { ActionFacts } from '../../../src/domain/safety/action-facts.js';
import { patternIdOf } from '../../../src/domain/safety/content-rules.js';
import { judged } from '../../../src/domain/safety/judgement.js';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import type { PolicyInForce } from '../../../src/domain/safety/policy-in-force.js';
import type { Unresolved } from '../../../src/domain/safety/decide.js';
import { reasonsOf, type Reason } from '../../../src/projections/safety/decision-reasons.js';
import { personaId } from '../../support/persona-examples.js';
import { documentOf } from '../../support/policy-examples.js';

const inForce = (input: object, ref: Partial<PolicyInForce['ref']> = {}): PolicyInForce => {
  const policy = documentOf(input);
  return {
    policy,
    ref: { source: 'persona', versionNo: 1, policyHash: policyHash(policy), mode: 'enforce', ...ref },
  };
};
interface Asked {
  facts?: Partial<ActionFacts>;
  unresolved?: Unresolved;
  /** Whether the documents can be read. */
  readable?: boolean;
}
/** The reasons of what policies decide on an action. */
function reasons(action: string, policies: PolicyInForce[], asked: Asked = {}): Reason[] {
  const facts: ActionFacts = {
    action,
    personaStatus: 'active',
    personaId,
    roles: ['service'],
    counters: { actionsPerMinute: { persona: 1 } },
    ...asked.facts,
  };
  const { verdict } = judged(policies, facts, asked.unresolved);
  const told = { ...verdict, action, facts, policies: policies.map(({ ref }) => ref) };
  return reasonsOf(told, (ref) =>
    asked.readable === false ? undefined : policies.find((one) => one.ref === ref)?.policy,
  );
}
const textsOf = (...args: Parameters<typeof reasons>): string[] => reasons(...args).map(({ text }) => text);

describe('the sentence of a rule', () => {
  it('says what it did, by which policy and version, why, and what it would have been without', () =>
    expect(textsOf('tool:shell.run', [inForce({ blockedActions: ['tool:shell.*'] })])).toEqual([
      'Denied by the persona’s policy, version 1: tool:shell.run matches tool:shell.* ' +
        '(blockedActions/tool:shell.*). Without it, it would need an approval.',
      'Needs an approval by the persona’s policy, version 1: score 0.8 reaches 0.7 (riskThreshold).',
    ]));

  it('names the floor, and the built-in policy', () => {
    const blocked = { blockedActions: ['say'] };
    expect(textsOf('say', [inForce(blocked, { source: 'floor', versionNo: 4 })])[0]).toContain(
      'by the tenant’s floor, version 4',
    );
    expect(textsOf('say', [inForce(blocked, { source: 'floor', versionNo: null })])[0]).toContain(
      'by the built-in policy general',
    );
  });

  it('of a rule in shadow says what it would have done', () => {
    const watched = inForce({ blockedActions: [{ pattern: 'say', mode: 'shadow' }] });
    expect(textsOf('say', [watched])).toEqual([
      'It would be denied by the persona’s policy, version 1: say matches say (blockedActions/say), in shadow.',
    ]);
  });

  it('of a list of what is allowed says that it is none of them', () =>
    expect(textsOf('say', [inForce({ allowedActions: ['tool:search'] })])[0]).toContain(
      'say is none of its allowed actions (allowedActions)',
    ));

  it('of a score tells it', () =>
    expect(textsOf('tool:payment.refund', [inForce({})], { facts: { irreversible: true } })[0]).toMatch(
      /^Needs an approval .*: score \S+ reaches 0.7 \(riskThreshold\)/,
    ));

  it('of a limit tells where its counter stood', () => {
    const facts = { counters: { actionsPerMinute: { persona: 61 } } };
    expect(textsOf('say', [inForce({})], { facts })[0]).toContain(
      'maxActionsPerMinute is at 61 of 60 (limits/maxActionsPerMinute)',
    );
  });

  it('of texts tells how often something was found in the parts that it looks at', () => {
    const policy = inForce({
      inputFilters: [{ name: 'orders', pattern: 'ignore', action: 'warn' }],
      outputFilters: [{ name: 'names', pattern: 'Nightingale', action: 'mask' }],
      pii: { kinds: ['email'], customPatterns: [{ name: 'badge', pattern: 'B-[0-9]+' }], exemptedFields: [] },
    });
    const found = { detectorVersion: 1, exemptedFields: [] };
    const counts = (ignore: number, nightingale: number, badge: number) => ({
      [patternIdOf('ignore')]: ignore,
      [patternIdOf('Nightingale')]: nightingale,
      [patternIdOf('B-[0-9]+')]: badge,
    });
    const content: ActionFacts['content'] = [
      { part: 'args', direction: 'output', patterns: counts(5, 1, 0), pii: { email: 1 }, ...found },
      { part: 'content', direction: 'input', patterns: counts(2, 9, 1), pii: { email: 1 }, ...found },
    ];
    expect(textsOf('say', [policy], { facts: { content } })).toEqual(
      expect.arrayContaining([
        expect.stringContaining('what the filter orders looks for was found 2 times (inputFilters/orders)'),
        expect.stringContaining('what the filter names looks for was found once (outputFilters/names)'),
        expect.stringContaining('email was found 2 times (pii/email)'),
        expect.stringContaining('badge was found once (pii/badge)'),
      ]),
    );
  });

  it('of what no policy says tells that', () => {
    const facts = { personaStatus: 'archived' as const };
    expect(textsOf('say', [inForce({})], { facts })[0]).toBe(
      'Denied whatever the policies say: the persona is archived (persona/inactive). Without it, it would be allowed.',
    );
    expect(textsOf('say', [inForce({})], { unresolved: 'floor-suspended' })[0]).toContain(
      'the tenant’s floor is suspended',
    );
    expect(textsOf('say', [])[0]).toContain('no policy is in force');
  });
});

describe('a reason', () => {
  const policy = inForce({
    blockedActions: [{ pattern: 'tool:*', mode: 'shadow' }],
    requireApproval: ['tool:payment.*'],
  });
  const found = reasons('tool:payment.refund', [policy], { facts: { irreversible: true } });

  it('that decided stands before all others, those in shadow last', () => {
    expect(found.map(({ rule, decides, mode }) => [rule, decides, mode])).toEqual([
      ['requireApproval/tool:payment.*', true, 'enforce'],
      expect.arrayContaining([true, 'enforce']),
      expect.arrayContaining([true, 'enforce']),
      ['blockedActions/tool:*', false, 'shadow'],
    ]);
  });

  it('is not the only one, where the others come to the same', () => {
    expect(found[0]).toMatchObject({ without: 'require_approval' });
    expect(found[0]?.text).not.toContain('Without it');
  });

  it('has the rule as it stood, and the facts that mattered to it', () => {
    expect(found[0]).toMatchObject({
      definition: policy.policy.requireApproval[0],
      policyVersion: 1,
      policyHash: policy.ref.policyHash,
      facts: { action: 'tool:payment.refund' },
    });
    expect(found.find(({ rule }) => rule === 'riskThreshold')).toMatchObject({
      definition: 0.7,
      facts: { irreversible: true },
    });
  });

  it('is told without its rule, where that cannot be read', () => {
    const [reason] = reasons('tool:payment.refund', [policy], { readable: false });
    expect(reason).not.toHaveProperty('definition');
    expect(reason?.text).toContain('requireApproval/tool:payment.*');
  });

  it('in shadow tells whether its policy is watched, or enforced with the rule in shadow', () => {
    const rule = { pattern: 'tool:shell.*', mode: 'shadow' };
    const policies = [
      inForce({ blockedActions: [rule] }),
      inForce({ blockedActions: ['tool:shell.*'] }, { versionNo: 2, mode: 'shadow' }),
    ];
    const blocked = reasons('tool:shell.run', policies).filter(({ rule }) => rule.startsWith('blocked'));
    expect(blocked.map(({ policyVersion, mode }) => [policyVersion, mode])).toEqual([
      [1, 'shadow'],
      [2, 'shadow'],
    ]);
    expect(blocked.map(({ definition }) => definition)).toEqual([rule, { ...rule, mode: 'enforce' }]);
    expect(blocked[1]?.text).toContain('version 2');
  });

  it('of the engine names no policy', () => {
    const [reason] = reasons('say', [policy], { facts: { personaStatus: 'inactive' } });
    expect(reason).toMatchObject({
      source: 'engine',
      policyVersion: null,
      facts: { personaStatus: 'inactive' },
    });
    expect(reason).not.toHaveProperty('policyHash');
  });
});
