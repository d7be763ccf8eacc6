import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { policyDocument, policyShape, seedName } from '../../../src/domain/safety/policy-document.js';
import {
  completePolicy,
  policyHash,
  policyInput,
  policyInputShape,
  policyProblems,
} from '../../../src/domain/safety/policy-input.js';
import { seedPolicies } from '../../../src/domain/safety/seed-policies.js';
import { openWith, pool, somePolicy } from '../../support/decision-examples.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('policy input');
const complete = (input: object) => completePolicy(policyInput.parse(input));

describe('what a client gives', () => {
  it('has the members of a document, all of which may be left out, and a seed', () => {
    expect(Object.keys(policyInputShape)).toEqual(['seed', ...Object.keys(policyShape)]);
    expect(policyInput.parse({})).toEqual({});
  });

  it('may name actions by patterns alone', () => {
    expect(policyInput.safeParse({ blockedActions: ['tool:*', { pattern: 'x' }] }).success).toBe(true);
    expect(policyInput.safeParse({ blockedActions: ['two words'] }).success).toBe(false);
  });

  it('is described by a JSON Schema that lets them be left out', () => {
    const schema = z.toJSONSchema(policyInput, { io: 'input' });
    expect(schema.required ?? []).toEqual([]);
    expect(Object.keys(schema.properties!)).toEqual(Object.keys(policyInputShape));
  });

  it('stands beside other members of an input', () => {
    const command = z.strictObject({ personaId: z.string(), ...policyInputShape });
    expect(command.parse({ personaId: 'ada', seed: 'code' })).toEqual({ personaId: 'ada', seed: 'code' });
  });
});

describe('the document that it means', () => {
  it.each(seedName.options)('is the seed policy %s where nothing else is said', (seed) => {
    expect(complete({ seed })).toEqual(seedPolicies[seed]);
  });

  it('begins with `general` where no seed is named', () => {
    expect(complete({})).toEqual(seedPolicies.general);
  });

  it('has each given member in the place of the seed’s, with its defaults', () => {
    const policy = complete({ seed: 'strict', limits: { maxActionsPerMinute: 5 }, allowedActions: [] });
    expect(policy).toEqual({
      ...seedPolicies.strict,
      allowedActions: [],
      limits: {
        mode: 'enforce',
        scope: 'persona',
        maxActionsPerMinute: 5,
        maxTokensPerConversation: 100_000,
        maxToolCallsPerTurn: 10,
        warnAt: 0.8,
      },
    });
  });

  it('has rules where patterns were given', () => {
    const policy = complete({
      blockedActions: ['a', { pattern: 'b', mode: 'shadow' }],
      requireApproval: ['c'],
    });
    expect(policy.blockedActions).toEqual([
      { pattern: 'a', mode: 'enforce' },
      { pattern: 'b', mode: 'shadow' },
    ]);
    expect(policy.requireApproval).toMatchObject([{ pattern: 'c', quorum: 1, requireReason: true }]);
  });

  it('given as it is, means itself', () => {
    fc.assert(
      fc.property(pool(somePolicy, seed, 30), (policy) => {
        const again = complete(policy);
        expect({ ...again, description: policy.description }).toEqual(policy);
        expect(policyDocument.parse(again)).toEqual(again);
      }),
      { seed, numRuns: 30 },
    );
  });

  it('has a hash that depends on what it says alone', () => {
    const { general } = seedPolicies;
    const turned = Object.fromEntries(Object.entries(general).toReversed()) as typeof general;
    expect(policyHash(turned)).toBe(policyHash(general));
    expect(policyHash({ ...general, riskThreshold: 0.6 })).not.toBe(policyHash(general));
  });
});

describe('a policy contradicts itself', () => {
  const human = (more: object) => ({ kind: 'human', ...more });
  const path = { name: 'a', triggers: ['high_risk'], to: human({ roles: ['owner'] }) };
  const { levels } = seedPolicies.general.riskTable;
  const table = (given: object) => ({
    riskTable: { ...seedPolicies.general.riskTable, levels: { ...levels, ...given } },
  });
  const filter = { name: 'a', pattern: 'a', action: 'warn' };
  const trigger = { name: 'a', actionPattern: '*' };
  /** So many filters with 500 instructions each. */
  const large = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      ...filter,
      name: `f${n}`,
      pattern: `[a-z]{496}${String.fromCharCode(97 + n)}!`,
    }));
  const escalating = { autoEscalationThreshold: 0.8 };

  type Row = [why: string, given: Parameters<typeof openWith>[0], pointer: string];
  it.each<Row>([
    [
      'by what is allowed and blocked',
      { allowedActions: [{ pattern: 'A' }], blockedActions: [{ pattern: 'x' }, { pattern: 'a' }] },
      '/blockedActions/1/pattern',
    ],
    ['by a threshold above that of escalation', { riskThreshold: 0.9, ...escalating }, '/riskThreshold'],
    ['by levels that do not rise', table({ high: 0.4 }), '/riskTable/levels/high'],
    ['by levels that do not rise', table({ critical: 0.7 }), '/riskTable/levels/critical'],
    [
      'by an action that is there twice',
      { requireApproval: [{ pattern: 'a' }, { pattern: 'A' }] },
      '/requireApproval/1/pattern',
    ],
    ['by a filter that is there twice', { inputFilters: [filter, filter] }, '/inputFilters/1/name'],
    [
      'by patterns that are too large together',
      { inputFilters: large(20), outputFilters: large(21) },
      '/outputFilters',
    ],
    [
      'by patterns that are too large together',
      { outputFilters: large(20), pii: { customPatterns: [{ name: 'a', pattern: 'a' }] } },
      '/pii/customPatterns',
    ],
    ['by a trigger that is there twice', { hitlTriggers: [trigger, trigger] }, '/hitlTriggers/1/name'],
    ['by a path that is there twice', { escalationPaths: [path, path] }, '/escalationPaths/1/name'],
    [
      'by a pattern for personal data that is called like a kind',
      { pii: { customPatterns: [{ name: 'email', pattern: 'a' }] } },
      '/pii/customPatterns/0/name',
    ],
    ['by a path to nobody', { escalationPaths: [{ ...path, to: human({}) }] }, '/escalationPaths/0/to'],
    [
      'by fewer approvers than have to agree',
      { requireApproval: [{ pattern: 'a', quorum: 2, approvers: { members: ['kim', 'kim'] } }] },
      '/requireApproval/0/approvers',
    ],
    [
      'by silence as a yes where escalation begins: on every risk',
      { approval: { autoApproveAfterTimeout: true }, riskThreshold: 0.8, ...escalating },
      '/approval/autoApproveAfterTimeout',
    ],
    [
      'on actions that are always so risky',
      {
        requireApproval: [{ pattern: 'tool:file.delete*', autoApproveAfterTimeout: true }],
        ...escalating,
        riskThreshold: 0.7,
      },
      '/requireApproval/0/autoApproveAfterTimeout',
    ],
    [
      'on a level that is always so risky',
      {
        hitlTriggers: [{ ...trigger, riskThreshold: 'critical', autoApproveAfterTimeout: true }],
        ...escalating,
        riskThreshold: 0.7,
      },
      '/hitlTriggers/0/autoApproveAfterTimeout',
    ],
  ])('%s', (_, given, pointer) => {
    expect(policyProblems(openWith(given)).map((one) => one.pointer)).toEqual([pointer]);
  });

  it('not by a rule in shadow that tries out the opposite', () => {
    const blockedActions = [{ pattern: 'a', mode: 'shadow' }];
    expect(policyProblems(openWith({ allowedActions: [{ pattern: 'a' }], blockedActions }))).toEqual([]);
  });

  it('not by silence as a yes for actions that may stay below: that is decided with each of them', () => {
    const silent = { autoApproveAfterTimeout: true };
    const policy = openWith({
      requireApproval: [{ pattern: 'tool:email.*', ...silent }],
      hitlTriggers: [{ ...trigger, riskThreshold: 'medium', ...silent }],
      approval: silent,
      riskThreshold: 0.7,
      ...escalating,
    });
    expect(policyProblems(policy)).toEqual([]);
  });
});
