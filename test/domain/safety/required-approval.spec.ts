import { describe, expect, it } from 'vitest';
import { approvalTerms } from '../../../src/domain/safety/policy-document.js';
import { finding, type Finding } from '../../../src/domain/safety/policy-in-force.js';
import {
  highRiskApprovers,
  pathsOf,
  requiredApproval,
} from '../../../src/domain/safety/required-approval.js';
import { requiredApproval as schema } from '../../../src/domain/safety/verdict.js';
import { ada, bob, inForce, open, openWith } from '../../support/decision-examples.js';

const own = inForce(openWith({ autoEscalationThreshold: 0.9 }));
const asks = (rule: string, terms: object, more: Partial<Finding> = {}): Finding => ({
  ...finding(own, rule, 'enforce', 0, 'require_approval'),
  terms: approvalTerms.parse(terms),
  ...more,
});
const required = (asking: Finding[], score = 0.5, policies = [own]) =>
  requiredApproval(policies, asking, ada, score);

const path = (name: string, more: object = {}) => ({
  name,
  to: { kind: 'human', roles: ['owner'] },
  triggers: ['approval_timeout'],
  ...more,
});

describe('of several rules', () => {
  const one = asks('one', { quorum: 1, approvers: { roles: ['editor'] }, notifyChannels: ['a', 'b'] });
  const two = asks('two', {
    quorum: 3,
    approvers: { members: ['kim'] },
    timeoutSeconds: 60,
    requireReason: false,
    notifyChannels: ['b', 'c'],
  });
  const three = asks('three', { quorum: 3, approvers: { roles: ['owner'] } });

  it('the strictest terms hold together', () => {
    expect(required([one, three, two])).toEqual({
      quorum: 3,
      approvers: { roles: ['owner'], members: [] },
      timeoutSeconds: 60,
      requireReason: true,
      autoApproveAfterTimeout: false,
      notifyChannels: ['a', 'b', 'c'],
      escalation: [],
      rules: ['one', 'three', 'two'],
    });
  });

  it('a rule is named once, though persona and floor both have it', () => {
    expect(required([one, one]).rules).toEqual(['one']);
  });

  it('those who escalate decide, whoever has the higher quorum', () => {
    const owners = asks('high', { quorum: 1, approvers: { roles: ['owner'] } }, { escalates: true });
    expect(required([two, owners])).toMatchObject({
      quorum: 3,
      approvers: { roles: ['owner'], members: [] },
    });
  });

  it('silence is a yes where all say so, below every threshold of escalation', () => {
    const silent = asks('silent', { autoApproveAfterTimeout: true });
    const wary = inForce(openWith({ autoEscalationThreshold: 0.6 }), { source: 'floor' });
    expect(required([silent, silent]).autoApproveAfterTimeout).toBe(true);
    expect(required([silent, one]).autoApproveAfterTimeout).toBe(false);
    expect(required([silent], 0.9).autoApproveAfterTimeout).toBe(false);
    expect(required([silent], 0.7, [own, wary]).autoApproveAfterTimeout).toBe(false);
    expect(required([silent], 0.59, [own, wary]).autoApproveAfterTimeout).toBe(true);
  });

  it('no more have to agree than are named, where nobody but them decides', () => {
    const named = (members: string[], roles: string[] = []) =>
      required([
        asks('one', { quorum: 3 }),
        asks('high', { approvers: { roles, members } }, { escalates: true }),
      ]).quorum;
    expect(named(['kim'])).toBe(1);
    expect(named(['kim', 'olga', 'kim'])).toBe(2);
    expect(named(['kim', 'olga', 'mira', 'vera'])).toBe(3);
    // How many hold a role is not known.
    expect(named(['kim'], ['owner'])).toBe(3);
  });

  it('there are never more channels than an approval can hold', () => {
    const many = ['a', 'b'].map((prefix) =>
      asks(prefix, { notifyChannels: Array.from({ length: 20 }, (_, n) => `${prefix}${n}`) }),
    );
    expect(schema.parse(required(many)).notifyChannels).toHaveLength(20);
  });
});

describe('where the floor asks', () => {
  const tenant = inForce(openWith({ escalationPaths: [path('of-the-floor')] }), { source: 'floor' });
  const floorAsks = (rule: string, terms: object, more: Partial<Finding> = {}): Finding => ({
    ...finding(tenant, rule, 'enforce', 0, 'require_approval'),
    terms: approvalTerms.parse(terms),
    ...more,
  });
  const owners = { roles: ['owner'] };
  const mine = asks('mine', {
    quorum: 3,
    timeoutSeconds: 60,
    approvers: { members: ['kim', 'mira', 'vera'] },
  });
  const together = (...asking: Finding[]) => required(asking, 0.5, [own, tenant]);

  it('its approvers decide, whatever the persona’s policy says', () => {
    const floors = floorAsks('floor', { quorum: 1, approvers: owners });
    expect(together(mine, floors).approvers).toEqual({ ...owners, members: [] });
    const escalating = asks('high', { quorum: 9, approvers: { members: ['kim'] } }, { escalates: true });
    expect(together(escalating, floors).approvers).toEqual({ ...owners, members: [] });
  });

  it('they are those of the strictest of its rules', () => {
    const [two, high] = [
      floorAsks('two', { quorum: 2, approvers: { roles: ['admin'] } }),
      floorAsks('high', { approvers: owners }, { escalates: true }),
    ];
    const one = floorAsks('one', { approvers: { roles: ['approver'] } });
    expect(together(one, two, mine).approvers.roles).toEqual(['admin']);
    expect(together(one, two, high, mine).approvers.roles).toEqual(['owner']);
  });

  it('all else is the strictest of all rules', () =>
    expect(together(mine, floorAsks('floor', { quorum: 1, approvers: owners }))).toMatchObject({
      quorum: 3,
      timeoutSeconds: 60,
      rules: ['mine', 'floor'],
    }));

  it('only its paths say who is asked next', () => {
    const leading = inForce(openWith({ escalationPaths: [path('of-the-persona', { priority: 900 })] }));
    const next = (...asking: Finding[]) =>
      required(asking, 0.5, [leading, tenant]).escalation.map(({ name }) => name);
    expect(next(floorAsks('floor', {}), mine)).toEqual(['of-the-floor']);
    expect(next(mine)).toEqual(['of-the-persona', 'of-the-floor']);
  });
});

describe('escalation paths', () => {
  const policy = inForce(
    openWith({
      escalationPaths: [
        path('low', { priority: 1 }),
        path('high', { priority: 9, triggers: ['high_risk', 'approval_timeout'], timeoutSeconds: 7 }),
        path('high-too', { priority: 9, triggers: ['high_risk'], to: { kind: 'human', members: ['kim'] } }),
        path('of-bob', { fromPersonaId: bob, priority: 10 }),
        path('watched', { mode: 'shadow' }),
        path('off', { mode: 'off' }),
        path('to-persona', { to: { kind: 'persona', personaId: bob } }),
      ],
    }),
  );
  const names = (trigger: 'approval_timeout' | 'high_risk', personaId = ada) =>
    pathsOf(policy, trigger, personaId).map(({ name }) => name);

  it('are the enforced ones to people, for this persona or any, the highest priority first', () => {
    expect(names('approval_timeout')).toEqual(['high', 'low']);
    expect(names('approval_timeout', bob)).toEqual(['of-bob', 'high', 'low']);
    expect(names('high_risk')).toEqual(['high', 'high-too']);
  });

  it('of the highest priority say who decides at high risk', () => {
    expect(highRiskApprovers(policy, ada)).toEqual({ roles: ['owner'], members: ['kim'] });
    expect(highRiskApprovers(inForce(open), ada)).toEqual(open.approval.approvers);
  });

  it('can be waived in the floor', () => {
    const waived = inForce(policy.policy, { source: 'floor', waivedRules: ['escalationPaths/high'] });
    expect(pathsOf(waived, 'approval_timeout', ada).map(({ name }) => name)).toEqual(['low']);
  });

  it('of all policies say who is asked next', () => {
    const floor = inForce(openWith({ escalationPaths: [path('floor', { priority: 5 })] }), {
      source: 'floor',
    });
    const { escalation } = required([asks('one', {})], 0.5, [policy, floor]);
    expect(escalation.map(({ name }) => name)).toEqual(['high', 'floor', 'low']);
    expect(escalation[0]).toEqual({ name: 'high', to: { roles: ['owner'], members: [] }, timeoutSeconds: 7 });
  });
});
