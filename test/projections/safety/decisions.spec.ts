import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/domain/kernel.js';
import { decisionEvents } from '../../../src/domain/safety/events.js';
import { decisions, decisionTexts, type DecisionRow } from '../../../src/projections/safety/decisions.js';
import { sealed } from '../../support/given.js';
import { personaId } from '../../support/persona-examples.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

const checkId = '01890000-0000-7000-8000-0000000000c1';
const rule = (name: string, mode: 'enforce' | 'shadow') => ({
  rule: name,
  source: 'persona' as const,
  effect: 'deny' as const,
  mode,
});
const checked = (members: object = {}): DomainEvent => ({
  type: 'ActionChecked',
  data: decisionEvents.ActionChecked.parse({
    checkId,
    personaId,
    action: 'tool:Shell.run',
    subjectId: 'kim',
    facts: {
      action: 'tool:Shell.run',
      personaStatus: 'active',
      personaId,
      roles: ['service'],
      counters: { actionsPerMinute: { persona: 1 } },
    },
    decision: 'deny',
    riskScore: 0.1,
    riskLevel: 'low',
    matchedRules: [
      rule('blockedActions/tool:shell.*', 'enforce'),
      rule('blockedActions/tool:*', 'shadow'),
      { ...rule('blockedActions/tool:shell.*', 'enforce'), source: 'floor' },
    ],
    policies: [],
    decideVersion: 1,
    decisionHash: 'a'.repeat(64),
    durationUs: 42,
    ...members,
  }),
});
const plain = checked();
const withTexts: DomainEvent = {
  type: 'ActionChecked',
  data: {
    ...plain.data,
    args: sealed({ to: 'kim' }),
    content: { direction: 'output', text: sealed('by kim') },
    masked: sealed('by [name:0123456789]'),
    maskedArgs: sealed({ to: '[name:0123456789]' }),
  },
};
const place = { category: 'decision', streamId: checkId };
const rowOf = (event: DomainEvent): DecisionRow =>
  projected<DecisionRow>(decisions, recorded(place, event)).get(checkId)!;

describe('a decision', () => {
  it('has an example of every event', () => expectExampleForEvery(decisions, [plain]));

  it('is kept as it was recorded, with when and by whom', () => {
    const { search: _, rules: __, modes: ___, ...row } = rowOf(plain);
    expect(row).toEqual({ ...plain.data, at: instantAt(1), actor: { kind: 'user', id: 'ada' } });
  });

  it('can be found by the rules that matched, and by their modes', () => {
    expect(rowOf(plain).rules).toEqual(['blockedActions/tool:shell.*', 'blockedActions/tool:*']);
    expect(rowOf(plain).modes).toEqual(['enforce', 'shadow']);
  });

  it('can be searched for by action, rules and ids, in any case', () => {
    const words = rowOf(plain).search.split('\n');
    expect(words).toEqual(
      expect.arrayContaining(['tool:shell.run', 'blockedactions/tool:*', checkId, personaId, 'kim', 'ada']),
    );
  });

  it('has no texts: they are kept apart', () => {
    expect(rowOf(withTexts)).toEqual(rowOf(plain));
    expect(JSON.stringify(rowOf(withTexts))).not.toContain('$sealed');
  });
});

describe('its texts', () => {
  const textsOf = (event: DomainEvent) => projected(decisionTexts, recorded(place, event)).get(checkId);

  it('have an example of every event', () => expectExampleForEvery(decisionTexts, [plain]));

  it('stay sealed', () =>
    expect(textsOf(withTexts)).toEqual({
      args: sealed({ to: 'kim' }),
      content: { direction: 'output', text: sealed('by kim') },
      masked: sealed('by [name:0123456789]'),
      maskedArgs: sealed({ to: '[name:0123456789]' }),
    }));

  it('are not there where there were none', () => expect(textsOf(plain)).toBeUndefined());
});
