import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActionFacts } from '../../../src/domain/safety/action-facts.js';
import {
  ContentUnknown,
  decideAction,
  decideVersion,
  decisionHash,
} from '../../../src/domain/safety/decide.js';
import type { PolicyInForce } from '../../../src/domain/safety/policy-in-force.js';
import { seedPolicies } from '../../../src/domain/safety/seed-policies.js';
import { decisionKind, verdict, type DecisionKind } from '../../../src/domain/safety/verdict.js';
import {
  ada,
  bob,
  contentOf,
  factsOf,
  inForce,
  open,
  openWith,
  pool,
  someFacts,
  somePolicies,
  somePolicy,
  somePolicyInForce,
} from '../../support/decision-examples.js';
import { seedFor } from '../../support/seed.js';

type Given = Parameters<typeof openWith>[0];
const decided = (given: Given, facts: Partial<ActionFacts> = {}, ref: Partial<PolicyInForce['ref']> = {}) =>
  decideAction([inForce(openWith(given), ref)], factsOf(facts));

const mail = 'tool:email.send';
const term = { quorum: 1, timeoutSeconds: 600 };
const table = { ...open.riskTable, actions: [], base: 0.6 };
const filter = (pattern: string, action: string, more: object = {}) => ({
  name: pattern,
  pattern,
  action,
  ...more,
});
const output = (counts: Record<string, number>, more = {}): Partial<ActionFacts> => ({
  content: contentOf(counts, more),
});
const counters = (persona: number, more: object = {}) => ({
  counters: { actionsPerMinute: { persona }, ...more } as ActionFacts['counters'],
});

/** Of a policy that allows everything else: what it says, the facts, the decision, and the rules with their effects. */
type Row = [rule: string, given: Given, facts: Partial<ActionFacts>, decision: DecisionKind, rules: string[]];
const rows: Row[] = [
  ['nothing that matches allows', {}, { action: mail }, 'allow', []],
  [
    'a blocked action is denied',
    { blockedActions: [{ pattern: '*email*' }] },
    { action: mail },
    'deny',
    ['blockedActions/*email* deny'],
  ],
  [
    'what is among the allowed actions is allowed',
    { allowedActions: [{ pattern: 'tool:email.*' }] },
    { action: mail },
    'allow',
    ['allowedActions/tool:email.* allow'],
  ],
  [
    'what is not among them is denied',
    { allowedActions: [{ pattern: 'tool:x' }] },
    { action: mail },
    'deny',
    ['allowedActions deny'],
  ],
  [
    'what is allowed and blocked is denied',
    { allowedActions: [{ pattern: 'tool:*' }], blockedActions: [{ pattern: '*send' }] },
    { action: mail },
    'deny',
    ['allowedActions/tool:* allow', 'blockedActions/*send deny'],
  ],
  [
    'a rule may require an approval',
    { requireApproval: [{ pattern: '*send', ...term }] },
    { action: mail },
    'require_approval',
    ['requireApproval/*send require_approval'],
  ],
  [
    'a denial is stronger than a required approval',
    { requireApproval: [{ pattern: '*send', ...term }], blockedActions: [{ pattern: mail }] },
    { action: mail },
    'deny',
    [`blockedActions/${mail} deny`, 'requireApproval/*send require_approval'],
  ],
  [
    'a trigger fires from its risk level on',
    {
      riskTable: table,
      hitlTriggers: [{ name: 'mails', actionPattern: '*send', riskThreshold: 'medium', ...term }],
    },
    { action: mail },
    'require_approval',
    ['hitlTriggers/mails require_approval'],
  ],
  [
    'and not below it',
    {
      riskTable: table,
      hitlTriggers: [{ name: 'mails', actionPattern: '*send', riskThreshold: 'high', ...term }],
    },
    { action: mail },
    'allow',
    [],
  ],
  [
    'nor for other actions',
    {
      riskTable: table,
      hitlTriggers: [{ name: 'mails', actionPattern: '*post', riskThreshold: 'low', ...term }],
    },
    { action: mail },
    'allow',
    [],
  ],
  [
    'a score that reaches riskThreshold needs an approval',
    { riskTable: table, riskThreshold: 0.6 },
    {},
    'require_approval',
    ['riskThreshold require_approval'],
  ],
  ['a lower one does not', { riskTable: table, riskThreshold: 0.61 }, {}, 'allow', []],
  [
    'one that reaches autoEscalationThreshold does so too',
    { riskTable: table, riskThreshold: 0.6, autoEscalationThreshold: 0.6 },
    {},
    'require_approval',
    ['riskThreshold require_approval', 'autoEscalationThreshold require_approval'],
  ],
  [
    'above a limit it is denied',
    { limits: { maxActionsPerMinute: 10 } },
    counters(11),
    'deny',
    ['limits/maxActionsPerMinute deny'],
  ],
  [
    'at the limit it is warned of',
    { limits: { maxActionsPerMinute: 10 } },
    counters(10),
    'allow',
    ['limits/maxActionsPerMinute warn'],
  ],
  [
    'from 80 % on it is warned of',
    { limits: { maxActionsPerMinute: 10 } },
    counters(8),
    'allow',
    ['limits/maxActionsPerMinute warn'],
  ],
  ['below 80 % it is not', { limits: { maxActionsPerMinute: 10 } }, counters(7), 'allow', []],
  [
    'tokens and tool calls have limits',
    { limits: { maxTokensPerConversation: 5, maxToolCallsPerTurn: 5 } },
    counters(1, { tokensInConversation: 6, toolCallsInTurn: 4 }),
    'deny',
    ['limits/maxTokensPerConversation deny', 'limits/maxToolCallsPerTurn warn'],
  ],
  [
    'actions are counted by the scope',
    { limits: { maxActionsPerMinute: 10, scope: 'subject' } },
    { counters: { actionsPerMinute: { persona: 99, subject: 1 } } },
    'allow',
    [],
  ],
  [
    'and by the persona, where there is no subject',
    { limits: { maxActionsPerMinute: 10, scope: 'persona_subject' } },
    counters(99),
    'deny',
    ['limits/maxActionsPerMinute deny'],
  ],
  [
    'a blocking filter that finds something denies',
    { outputFilters: [filter('secret', 'block')] },
    output({ secret: 1 }),
    'deny',
    ['outputFilters/secret deny'],
  ],
  [
    'a filter that finds nothing says nothing',
    { outputFilters: [filter('secret', 'block')] },
    output({ secret: 0 }),
    'allow',
    [],
  ],
  [
    'filters of the other direction are not asked',
    { inputFilters: [filter('secret', 'block')] },
    output({}),
    'allow',
    [],
  ],
  ['without a text no filter is asked', { outputFilters: [filter('secret', 'block')] }, {}, 'allow', []],
  [
    'a filter that allows sets aside those of lower priority',
    { outputFilters: [filter('bad', 'block', { priority: 1 }), filter('good', 'allow', { priority: 2 })] },
    output({ bad: 1, good: 1 }),
    'allow',
    ['outputFilters/good allow'],
  ],
  [
    'but none of the same priority',
    { outputFilters: [filter('bad', 'block'), filter('good', 'allow')] },
    output({ bad: 1, good: 1 }),
    'deny',
    ['outputFilters/bad deny', 'outputFilters/good allow'],
  ],
  [
    'personal data that is blocked denies',
    { pii: { action: 'block', kinds: ['email', 'ssn'] } },
    output({}, { pii: { email: 2, phone: 1 } }),
    'deny',
    ['pii/email deny'],
  ],
  [
    'so does a pattern of the policy’s own',
    { pii: { action: 'block', customPatterns: [{ name: 'order', pattern: 'order' }] } },
    output({ order: 1 }),
    'deny',
    ['pii/order deny'],
  ],
  [
    'personal data in exempted fields does not count',
    { pii: { action: 'block', exemptedFields: ['to'] } },
    output({}, { pii: { email: 1 }, exemptedFields: [{ field: 'to', pii: { email: 1 }, patterns: {} }] }),
    'allow',
    [],
  ],
  [
    'personal data elsewhere does',
    { pii: { action: 'warn', exemptedFields: ['to'] } },
    output({}, { pii: { email: 2 }, exemptedFields: [{ field: 'to', pii: { email: 1 }, patterns: {} }] }),
    'allow',
    ['pii/email warn'],
  ],
  ['an inactive persona may nothing', {}, { personaStatus: 'inactive' }, 'deny', ['persona/inactive deny']],
  ['an archived persona may nothing', {}, { personaStatus: 'archived' }, 'deny', ['persona/inactive deny']],
  ['a draft may be tried out', {}, { personaStatus: 'draft' }, 'allow', []],
  [
    'a rule that is off is not looked at',
    { blockedActions: [{ pattern: mail, mode: 'off' }], pii: { mode: 'off', action: 'block' } },
    { action: mail, ...output({}, { pii: { email: 1 } }) },
    'allow',
    [],
  ],
];

describe('an action is decided upon by every rule', () => {
  it.each(rows)('%s', (_, given, facts, decision, rules) => {
    const found = decided(given, facts);
    expect(found.decision).toBe(decision);
    expect(found.matchedRules.map(({ rule, effect }) => `${rule} ${effect}`)).toEqual(rules);
    expect(found.shadowDecision).toBeUndefined();
  });
});

describe('rules in shadow', () => {
  const watched = { blockedActions: [{ pattern: mail, mode: 'shadow' }] };

  it('are recorded and do not count; what they would decide is told', () => {
    const found = decided(watched, { action: mail });
    expect(found).toMatchObject({ decision: 'allow', shadowDecision: 'deny' });
    expect(found.matchedRules).toMatchObject([{ effect: 'deny', mode: 'shadow' }]);
  });

  it('are told only where they differ', () => {
    expect(decided(watched).shadowDecision).toBeUndefined();
    expect(
      decided({ blockedActions: [...watched.blockedActions, { pattern: '*send' }] }, { action: mail }),
    ).not.toHaveProperty('shadowDecision');
  });

  it('may make it milder: an allowed action, a filter that allows', () => {
    const actions = { allowedActions: [{ pattern: 'x' }, { pattern: mail, mode: 'shadow' }] };
    expect(decided(actions, { action: mail })).toMatchObject({ decision: 'deny', shadowDecision: 'allow' });
    const outputFilters = [
      filter('bad', 'block', { priority: 1 }),
      filter('good', 'allow', { priority: 2, mode: 'shadow' }),
    ];
    const found = decided({ outputFilters }, output({ bad: 1, good: 1 }));
    expect(found).toMatchObject({ decision: 'deny', shadowDecision: 'allow', contentAction: 'block' });
    expect(found.matchedRules.map(({ mode }) => mode)).toEqual(['enforce', 'shadow']);
  });

  it('among allowed actions alone deny in shadow alone', () => {
    const found = decided({ allowedActions: [{ pattern: 'x', mode: 'shadow' }] });
    expect(found).toMatchObject({ decision: 'allow', shadowDecision: 'deny' });
    expect(found.matchedRules).toMatchObject([{ rule: 'allowedActions', effect: 'deny', mode: 'shadow' }]);
  });

  it('are all of a policy that is in shadow, which then is as if it were not there', () => {
    const strict = inForce(openWith({ blockedActions: [{ pattern: '*' }] }), { mode: 'shadow' });
    const found = decideAction([strict, inForce(open, { source: 'floor' })], factsOf());
    expect(found).toMatchObject({ decision: 'allow', shadowDecision: 'deny' });
    expect(decideAction([strict], factsOf())).toMatchObject({
      decision: 'deny',
      matchedRules: [{ rule: 'policy/missing' }, { rule: 'blockedActions/*', mode: 'shadow' }],
    });
  });
});

describe('a policy that is watched beside an enforced one', () => {
  const strict = openWith({ blockedActions: [{ pattern: '*' }] });
  const shadow = (policy = strict, source: 'persona' | 'floor' = 'persona') =>
    inForce(policy, { source, versionNo: 2, mode: 'shadow' });
  const floor = (policy = open) => inForce(policy, { source: 'floor' });

  it('changes no decision; what it would have decided in the place of the other is told', () => {
    const found = decideAction([inForce(open), shadow()], factsOf());
    expect(found).toMatchObject({ decision: 'allow', shadowDecision: 'deny' });
    expect(found.matchedRules).toEqual([
      { rule: 'blockedActions/*', source: 'persona', effect: 'deny', mode: 'shadow', watched: true },
    ]);
    // A milder one is tried out just so.
    expect(decideAction([inForce(strict), shadow(open)], factsOf())).toMatchObject({
      decision: 'deny',
      shadowDecision: 'allow',
    });
    expect(decideAction([inForce(strict), shadow()], factsOf())).not.toHaveProperty('shadowDecision');
  });

  it('takes no other’s place than that of its own source', () => {
    const found = decideAction([inForce(open), shadow(open), floor(strict)], factsOf());
    expect(found.decision).toBe('deny');
    expect(found).not.toHaveProperty('shadowDecision');
  });

  it('takes the place of the built-in one, which holds where there is no other', () => {
    const builtIn = inForce(strict, { source: 'floor', versionNo: null });
    for (const source of ['persona', 'floor'] as const)
      expect(decideAction([shadow(open, source), builtIn], factsOf())).toMatchObject({
        decision: 'deny',
        shadowDecision: 'allow',
      });
  });

  it('stands behind the enforced one, whichever is given first', () => {
    const both = [shadow(), inForce(strict), floor(strict), shadow(strict, 'floor')];
    const told = decideAction(both, factsOf()).matchedRules.map(({ source, mode }) => [source, mode]);
    expect(told).toEqual([
      ['persona', 'enforce'],
      ['persona', 'shadow'],
      ['floor', 'enforce'],
      ['floor', 'shadow'],
    ]);
    expect(decideAction(both.reverse(), factsOf()).matchedRules).toEqual(
      decideAction(both, factsOf()).matchedRules,
    );
  });
});

describe('a persona’s policy and the floor', () => {
  const noMail = openWith({ blockedActions: [{ pattern: mail }], riskThreshold: 0.1 });

  it('are both decided by, in this order, whichever is given first', () => {
    const both = [inForce(noMail, { source: 'floor' }), inForce(noMail)];
    const found = decideAction(both, factsOf({ action: mail }));
    expect(found.matchedRules.map(({ source, rule }) => `${source} ${rule}`)).toEqual([
      `persona blockedActions/${mail}`,
      'persona riskThreshold',
      `floor blockedActions/${mail}`,
      'floor riskThreshold',
    ]);
    expect(decideAction(both.reverse(), factsOf({ action: mail }))).toEqual(found);
  });

  it('differ in that rules of the floor can be waived', () => {
    const waivedRules = [`blockedActions/${mail}`, 'riskThreshold'];
    const by = (source: 'persona' | 'floor') =>
      decideAction([inForce(noMail, { source, waivedRules })], factsOf({ action: mail })).decision;
    expect(by('floor')).toBe('allow');
    expect(by('persona')).toBe('deny');
  });

  it('score by tables of their own; the higher score and level stand', () => {
    const risky = openWith({ riskTable: { ...table, levels: { medium: 0.7, high: 0.8, critical: 0.9 } } });
    const wary = openWith({ riskTable: { ...table, base: 0.5 } });
    const found = decideAction([inForce(risky), inForce(wary, { source: 'floor' })], factsOf());
    expect(found).toMatchObject({ riskScore: 0.6, riskLevel: 'medium' });
  });
});

describe('whatever cannot be judged is denied', () => {
  it('without a policy', () => {
    const found = decideAction([], factsOf({ action: 'tool:file.delete' }));
    expect(found).toMatchObject({ decision: 'deny', riskScore: 0.8, matchedRules: [{ source: 'engine' }] });
    expect(found.matchedRules[0]!.rule).toBe('policy/missing');
  });

  it.each(['policy-suspended', 'floor-suspended'] as const)('with a policy that is missing: %s', (why) => {
    const rules = (policies: PolicyInForce[]) =>
      decideAction(policies, factsOf(), why).matchedRules.map(({ rule }) => rule);
    expect(decideAction([inForce(open)], factsOf(), why).decision).toBe('deny');
    expect(rules([inForce(open)])).toEqual([`policy/${why}`]);
    expect(rules([])).toEqual([`policy/${why}`]);
  });

  it('with more text than may be looked through, whatever else is found', () => {
    const outputFilters = [filter('secret', 'allow')];
    const unread = output({}, { tooMuch: true });
    expect(
      decided({ outputFilters, blockedActions: [{ pattern: mail }] }, { ...unread, action: mail }),
    ).toEqual(
      expect.objectContaining({
        decision: 'deny',
        contentAction: 'block',
        matchedRules: [
          {
            rule: 'policy/unevaluable',
            source: 'engine',
            effect: 'deny',
            mode: 'enforce',
            detail: 'there is more text than may be looked through',
          },
          expect.objectContaining({ rule: `blockedActions/${mail}` }),
        ],
      }),
    );
  });

  it('and what was not looked for is not guessed', () => {
    const outputFilters = [filter('secret', 'block')];
    expect(() => decided({ outputFilters }, output({}))).toThrow(ContentUnknown);
    // What a rule in shadow asks for may have been left out: it decides nothing.
    const shadow = [filter('secret', 'block', { mode: 'shadow' })];
    expect(decided({ outputFilters: shadow }, output({}))).not.toHaveProperty('shadowDecision');
    const pii = { action: 'mask', exemptedFields: ['to'] };
    expect(() => decided({ pii }, output({}, { pii: { email: 1 } }))).toThrow(ContentUnknown);
    // Nothing was found anywhere, so nothing was found there.
    expect(decided({ pii }, output({})).decision).toBe('allow');
  });
});

describe('what is to be done with a text', () => {
  const actions = { a: 'warn', b: 'mask', c: 'block', d: 'allow' };
  const outputFilters = Object.entries(actions).map(([pattern, action]) => filter(pattern, action));
  const none = { a: 0, b: 0, c: 0, d: 0 };

  it.each([
    [{}, 'allow'],
    [{ d: 1 }, 'allow'],
    [{ a: 1, d: 1 }, 'warn'],
    [{ a: 1, b: 1 }, 'mask'],
    [{ a: 1, b: 1, c: 1 }, 'block'],
  ])('is the strictest of what rules about texts say: %j', (found, action) => {
    expect(decided({ outputFilters }, output({ ...none, ...found })).contentAction).toBe(action);
  });

  it('does not depend on what the action itself comes to', () => {
    const blockedActions = [{ pattern: '*' }];
    expect(decided({ blockedActions }, output({}))).toMatchObject({
      decision: 'deny',
      contentAction: 'allow',
    });
  });

  it('is not said without a text', () => {
    expect(decided({ outputFilters })).not.toHaveProperty('contentAction');
  });
});

describe('the approval that is required', () => {
  it('names its rules and is there for that decision alone', () => {
    const requireApproval = [{ pattern: '*send', ...term }];
    const found = decided({ requireApproval, riskThreshold: 0 }, { action: mail });
    expect(found.approval?.rules).toEqual(['requireApproval/*send', 'riskThreshold']);
    const denied = decided({ requireApproval, blockedActions: [{ pattern: '*' }] }, { action: mail });
    expect(denied).not.toHaveProperty('approval');
    const watched = decided({ requireApproval: [{ pattern: '*send', mode: 'shadow' }] }, { action: mail });
    expect(watched).toMatchObject({ decision: 'allow', shadowDecision: 'require_approval' });
    expect(watched).not.toHaveProperty('approval');
  });

  it('is decided by those of the path for high risk from autoEscalationThreshold on', () => {
    const path = { triggers: ['high_risk'], to: { kind: 'human', roles: ['owner'] } };
    const given = {
      riskThreshold: 0.1,
      autoEscalationThreshold: 0.1,
      requireApproval: [{ pattern: '*', quorum: 3, approvers: { roles: ['editor'] } }],
      escalationPaths: [{ name: 'owners', ...path, fromPersonaId: ada }],
    };
    expect(decided(given).approval).toMatchObject({ quorum: 3, approvers: { roles: ['owner'] } });
    expect(decided(given, { personaId: bob }).approval!.approvers.roles).toContain('approver');
  });
});

const seed = seedFor('decide');
const policy = pool(somePolicy, seed);
const policies = somePolicies(policy);
const facts = pool(someFacts, seed, 200);
const strictness = (decision: DecisionKind): number => -decisionKind.options.indexOf(decision);
const hashOf = (inForce: PolicyInForce[], facts: ActionFacts): string =>
  decisionHash({ policies: inForce.map(({ ref }) => ref), facts, verdict: decideAction(inForce, facts) });
const law = <T extends [unknown, ...unknown[]]>(property: fc.IPropertyWithHooks<T>): void =>
  fc.assert(property, { seed, numRuns: 200 });

describe('for any policies and facts', () => {
  it('there is a verdict, and the same one again', () => {
    law(
      fc.property(policies, facts, (policies, facts) => {
        const found = decideAction(policies, facts);
        expect(verdict.parse(found)).toEqual(found);
        expect(decideAction(policies, facts)).toStrictEqual(found);
      }),
    );
  });

  it('verdict and hash are the same after a way through JSON', () => {
    law(
      fc.property(policies, facts, (policies, facts) => {
        const again = JSON.parse(JSON.stringify({ policies, facts })) as {
          policies: PolicyInForce[];
          facts: ActionFacts;
        };
        expect(decideAction(again.policies, again.facts)).toStrictEqual(decideAction(policies, facts));
        expect(hashOf(again.policies, again.facts)).toBe(hashOf(policies, facts));
      }),
    );
  });

  it('one more blocked action makes nothing milder', () => {
    law(
      fc.property(
        policies,
        facts,
        fc.constantFrom('*', '*send*', 'x'),
        fc.constantFrom('enforce' as const, 'shadow' as const),
        (policies, facts, pattern, mode) => {
          const more = policies.map(({ ref, policy }) => ({
            ref,
            policy: { ...policy, blockedActions: [...policy.blockedActions, { pattern, mode }] },
          }));
          const [before, after] = [decideAction(policies, facts), decideAction(more, facts)];
          expect(strictness(after.decision)).toBeGreaterThanOrEqual(strictness(before.decision));
        },
      ),
    );
  });

  it('the floor makes nothing milder', () => {
    law(
      fc.property(
        somePolicyInForce(policy, 'persona', 'enforce'),
        somePolicyInForce(policy, 'floor'),
        facts,
        (own, floor, facts) => {
          const [before, after] = [decideAction([own], facts), decideAction([own, floor], facts)];
          expect(strictness(after.decision)).toBeGreaterThanOrEqual(strictness(before.decision));
          expect(after.riskScore).toBeGreaterThanOrEqual(before.riskScore);
        },
      ),
    );
  });

  it('what is in shadow changes nothing but what is recorded of it', () => {
    const counted = ({ matchedRules, shadowDecision: _, ...rest }: ReturnType<typeof decideAction>) => ({
      ...rest,
      matchedRules: matchedRules.filter(({ mode }) => mode === 'enforce'),
    });
    law(
      fc.property(
        somePolicyInForce(policy, 'persona', 'enforce'),
        somePolicyInForce(policy, 'floor', 'shadow'),
        facts,
        (own, floor, facts) => {
          const before = counted(decideAction([own], facts));
          expect(counted(decideAction([own, floor], facts))).toEqual(before);
          const off = JSON.parse(JSON.stringify(own).replaceAll('"shadow"', '"off"')) as PolicyInForce;
          expect(decideAction([off], facts)).toEqual({ ...before });
        },
      ),
    );
  });

  it('what a watched policy would have decided is what it decides in the place of the other', () => {
    law(
      fc.property(
        somePolicyInForce(policy, 'persona', 'enforce'),
        somePolicyInForce(policy, 'persona', 'shadow'),
        somePolicyInForce(policy, 'floor', 'enforce'),
        facts,
        (own, watched, floor, facts) => {
          const { decision, shadowDecision = decision } = decideAction([own, watched, floor], facts);
          const asEnforced = JSON.parse(
            JSON.stringify([watched, floor]).replaceAll('"shadow"', '"enforce"'),
          ) as PolicyInForce[];
          expect(decision).toBe(decideAction([own, floor], facts).decision);
          expect(shadowDecision).toBe(decideAction(asEnforced, facts).decision);
        },
      ),
    );
  });

  it('the order of allowed and of blocked actions does not matter', () => {
    law(
      fc.property(policies, facts, (policies, facts) => {
        const turned = policies.map(({ ref, policy }) => ({
          ref,
          policy: {
            ...policy,
            allowedActions: policy.allowedActions.toReversed(),
            blockedActions: policy.blockedActions.toReversed(),
          },
        }));
        const { decision, shadowDecision } = decideAction(policies, facts);
        expect(decideAction(turned, facts).decision).toBe(decision);
        expect(decideAction(turned, facts).shadowDecision).toBe(shadowDecision);
      }),
    );
  });
});

describe('the hash of a decision', () => {
  const general = inForce(seedPolicies.general, { source: 'floor', versionNo: null });
  const of = (given: Partial<ActionFacts> = {}, unresolved?: 'policy-suspended') => {
    const facts = factsOf({ action: mail, ...given });
    return decisionHash({
      policies: [general.ref],
      facts,
      verdict: decideAction([general], facts, unresolved),
      unresolved,
    });
  };

  it('is another one for other facts, other policies and another reason', () => {
    const hashes = [
      of(),
      of({ irreversible: true }),
      of({ roles: [] }),
      of({}, 'policy-suspended'),
      decisionHash({
        policies: [{ ...general.ref, versionNo: 2 }],
        facts: factsOf({ action: mail }),
        verdict: decideAction([general], factsOf({ action: mail })),
      }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(of()).toBe(of());
  });

  it('tells why a policy was missing, though the verdict be the same', () => {
    const facts = factsOf();
    const given = { policies: [general.ref], facts, verdict: decideAction([general], facts) };
    expect(decisionHash({ ...given, unresolved: 'floor-suspended' })).not.toBe(decisionHash(given));
  });

  it('is that of the event which records the decision', () => {
    const facts = factsOf();
    const found = decideAction([general], facts);
    const recorded = { ...found, checkId: ada, durationUs: 12 };
    expect(decisionHash({ policies: [general.ref], facts, verdict: recorded })).toBe(
      decisionHash({ policies: [general.ref], facts, verdict: found, unresolved: undefined }),
    );
  });

  // Whoever changes what is decided raises `decideVersion`: recorded decisions can no longer be taken again.
  it('of version 1 is this one', () => {
    expect(decideVersion).toBe(1);
    const facts = factsOf({ action: 'tool:payment.refund', affectsExternal: true });
    const policies = [inForce(open, { policyHash: '0'.repeat(64) })];
    const found = decideAction(policies, facts);
    expect(decisionHash({ policies: policies.map(({ ref }) => ref), facts, verdict: found })).toBe(
      '43475cded88064d96ef3f504d9fdb4d7622f7f1219a3ecebbf2bbcbcb4c4de49',
    );
  });
});
