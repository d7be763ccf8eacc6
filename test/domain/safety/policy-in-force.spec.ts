import { describe, expect, it } from 'vitest';
import { finding, isSeen, modeOf, ruleId, writtenMode } from '../../../src/domain/safety/policy-in-force.js';
import { inForce, open } from '../../support/decision-examples.js';

const own = inForce(open);
const floor = inForce(open, { source: 'floor', waivedRules: ['blockedActions/x'] });
const watched = inForce(open, { mode: 'shadow' });

it('calls a rule by its section and its name there', () => {
  expect(ruleId('blockedActions', 'tool:*')).toBe('blockedActions/tool:*');
  expect(ruleId('riskThreshold')).toBe('riskThreshold');
});

describe('the mode of a rule', () => {
  it('is its own', () => {
    for (const mode of ['enforce', 'shadow', 'off'] as const) expect(modeOf(own, 'r', mode)).toBe(mode);
    expect(modeOf(own, 'r')).toBe('enforce');
  });

  it('is shadow in a policy that is in shadow, unless it is off', () => {
    expect(modeOf(watched, 'r', 'enforce')).toBe('shadow');
    expect(modeOf(watched, 'r', 'off')).toBe('off');
  });

  it('is off where the rule is waived, in the floor alone', () => {
    expect(modeOf(floor, 'blockedActions/x', 'enforce')).toBe('off');
    expect(modeOf(floor, 'blockedActions/y', 'enforce')).toBe('enforce');
    const claimed = inForce(open, { waivedRules: ['blockedActions/x'] });
    expect(modeOf(claimed, 'blockedActions/x', 'enforce')).toBe('enforce');
  });

  it('is written in the policy, whatever is waived', () => {
    expect(writtenMode(floor, 'enforce')).toBe('enforce');
    for (const mode of ['enforce', 'shadow'] as const) expect(writtenMode(watched, mode)).toBe('shadow');
    expect(writtenMode(watched, 'off')).toBe('off');
  });

  it('says in which view the rule is seen', () => {
    const seen = (['enforce', 'shadow', 'off'] as const).map((mode) => [
      isSeen(mode, 'enforced'),
      isSeen(mode, 'watched'),
    ]);
    expect(seen).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
  });
});

it('a finding has no detail where there is none to tell', () => {
  expect(finding(floor, 'r', 'shadow', 3, 'warn')).toStrictEqual({
    matched: { rule: 'r', source: 'floor', effect: 'warn', mode: 'shadow' },
    position: 3,
  });
  expect(finding(own, 'r', 'enforce', 0, 'deny', 'because').matched.detail).toBe('because');
});

it('a finding tells whether its policy is watched beside one that is enforced', () => {
  expect(finding(watched, 'r', 'shadow', 0, 'deny').matched.watched).toBe(true);
  expect(finding(own, 'r', 'shadow', 0, 'deny').matched).not.toHaveProperty('watched');
});
