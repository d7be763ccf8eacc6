import { describe, expect, it } from 'vitest';
import type { ActionFacts } from '../../../src/domain/safety/action-facts.js';
import {
  allowedFindings,
  approvalFindings,
  blockedFindings,
  limitFindings,
  thresholdFindings,
  triggerFindings,
  type Judged,
} from '../../../src/domain/safety/action-rules.js';
import type { View } from '../../../src/domain/safety/policy-in-force.js';
import { riskOf } from '../../../src/domain/safety/risk.js';
import { factsOf, inForce, openWith } from '../../support/decision-examples.js';

type Given = Parameters<typeof openWith>[0];
const judged = (given: Given, facts: Partial<ActionFacts> = {}, view: View = 'enforced') => {
  const policy = openWith(given);
  const all = factsOf({ action: 'tool:email.send', ...facts });
  const by: Judged = { facts: all, risk: riskOf(policy.riskTable, all), view };
  return { policy: inForce(policy), by };
};
const told = (found: ReturnType<typeof blockedFindings>) =>
  found.map(({ matched: { rule, effect, mode, detail } }) => [rule, effect, mode, detail]);

describe('allowed actions', () => {
  const none = ['allowedActions', 'deny', 'enforce', 'is not among them'];
  const allowedActions = [
    { pattern: 'tool:web.*' },
    { pattern: 'tool:email.*', mode: 'shadow', message: 'soon' },
  ];
  const found = (action: string, view: View, rules: object[] = allowedActions) => {
    const { policy, by } = judged({ allowedActions: rules }, { action }, view);
    return told(allowedFindings(policy, by));
  };

  it('say what is allowed; what none of them names is denied', () => {
    expect(found('tool:web.get', 'enforced')).toEqual([
      ['allowedActions/tool:web.*', 'allow', 'enforce', undefined],
    ]);
    expect(found('tool:email.send', 'enforced')).toEqual([none]);
  });

  it('in shadow allow what they name as if they were enforced', () => {
    expect(found('tool:email.send', 'watched')).toEqual([
      ['allowedActions/tool:email.*', 'allow', 'shadow', 'soon'],
    ]);
    expect(found('other', 'watched')).toEqual([none]);
  });

  it('say nothing where there are none', () => {
    expect(found('other', 'watched', [])).toEqual([]);
    expect(found('other', 'watched', [{ pattern: 'x', mode: 'off' }])).toEqual([]);
    expect(found('other', 'enforced', [{ pattern: 'x', mode: 'shadow' }])).toEqual([]);
  });

  it('deny nothing where that is waived', () => {
    const { policy, by } = judged({ allowedActions: [{ pattern: 'x' }] });
    const waived = inForce(policy.policy, { source: 'floor', waivedRules: ['allowedActions'] });
    expect(allowedFindings(waived, by)).toEqual([]);
  });

  it('are a list as the policy says it: without one of them, or all, nothing more is allowed', () => {
    const { policy, by } = judged({ allowedActions: [{ pattern: 'tool:email.*' }] });
    const waivedRules = ['allowedActions/tool:email.*'];
    const floor = { source: 'floor' as const, waivedRules };
    expect(told(allowedFindings(inForce(policy.policy, floor), by))).toEqual([none]);
    const watched = inForce(policy.policy, { ...floor, mode: 'shadow' });
    expect(told(allowedFindings(watched, { ...by, view: 'watched' }))).toEqual([
      ['allowedActions', 'deny', 'shadow', 'is not among them'],
    ]);
  });
});

it('blocked actions deny, with their message', () => {
  const { policy, by } = judged({ blockedActions: [{ pattern: 'x' }, { pattern: '*', message: 'no' }] });
  expect(told(blockedFindings(policy, by))).toEqual([['blockedActions/*', 'deny', 'enforce', 'no']]);
  expect(blockedFindings(policy, by)[0]!.position).toBe(1);
});

it('rules and triggers that ask for an approval bring their terms', () => {
  const terms = { quorum: 2, timeoutSeconds: 60 };
  const { policy, by } = judged(
    {
      requireApproval: [{ pattern: '*', ...terms }],
      hitlTriggers: [{ name: 'any', actionPattern: '*', riskThreshold: 'critical', ...terms }],
    },
    { irreversible: true, affectsExternal: true },
  );
  expect(approvalFindings(policy, by)).toMatchObject([{ terms }]);
  expect(triggerFindings(policy, by)).toMatchObject([{ terms, matched: { detail: 'risk is critical' } }]);
});

describe('thresholds', () => {
  const { policy, by } = judged({
    riskThreshold: 0.5,
    autoEscalationThreshold: 0.5,
    approval: { autoApproveAfterTimeout: true },
  });

  it('bring the terms of the policy, and what was compared', () => {
    expect(thresholdFindings(policy, by, 'riskThreshold')).toMatchObject([
      { terms: { autoApproveAfterTimeout: true }, matched: { detail: 'score 0.5 reaches 0.5' } },
    ]);
  });

  it('of escalation take silence for no yes', () => {
    expect(thresholdFindings(policy, by, 'autoEscalationThreshold')).toMatchObject([
      { terms: { autoApproveAfterTimeout: false }, escalates: true },
    ]);
  });

  it('can be waived', () => {
    const waived = inForce(policy.policy, { source: 'floor', waivedRules: ['riskThreshold'] });
    expect(thresholdFindings(waived, by, 'riskThreshold')).toEqual([]);
    expect(thresholdFindings(waived, by, 'autoEscalationThreshold')).toHaveLength(1);
  });
});

describe('limits', () => {
  const found = (limits: object, persona: number) => {
    const { policy, by } = judged({ limits }, { counters: { actionsPerMinute: { persona } } });
    return told(limitFindings(policy, by)).map(([rule, effect, , detail]) => [rule, effect, detail]);
  };
  const rule = 'limits/maxActionsPerMinute';

  it('tell the value and the limit', () => {
    expect(found({ maxActionsPerMinute: 2 }, 3)).toEqual([[rule, 'deny', '3 of 2']]);
  });

  it('warn exactly from their share on, however that is rounded in binary', () => {
    expect(found({ maxActionsPerMinute: 100, warnAt: 0.55 }, 55)).toEqual([[rule, 'warn', '55 of 100']]);
    expect(found({ maxActionsPerMinute: 100, warnAt: 0.55 }, 54)).toEqual([]);
    expect(found({ maxActionsPerMinute: 10, warnAt: 0.7 }, 7)).toEqual([[rule, 'warn', '7 of 10']]);
  });

  it('of 0 deny the first, and do not warn of nothing', () => {
    expect(found({ maxActionsPerMinute: 0 }, 0)).toEqual([]);
    expect(found({ maxActionsPerMinute: 0 }, 1)).toEqual([[rule, 'deny', '1 of 0']]);
  });

  it('that are off are not looked at', () => {
    expect(found({ maxActionsPerMinute: 0, mode: 'off' }, 9)).toEqual([]);
  });
});
