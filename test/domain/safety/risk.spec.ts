import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { riskLevel, type RiskTable } from '../../../src/domain/safety/policy-document.js';
import { hundredths, isAtLeast, riskOf, type RiskFacts } from '../../../src/domain/safety/risk.js';
import { defaultRiskTable } from '../../../src/domain/safety/risk-table.js';
import { contentOf, pool, someFacts } from '../../support/decision-examples.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('risk');
const table: RiskTable = {
  base: 0.1,
  actions: [
    { category: 'send', pattern: '*send*', score: 0.5 },
    { category: 'mail', pattern: '*mail*', score: 0.3 },
  ],
  factors: { affectsExternal: 0.2, irreversible: 0.3, involvesPii: 0.15 },
  levels: { medium: 0.4, high: 0.7, critical: 0.9 },
};
const risk = (given: Partial<RiskFacts> = {}) => riskOf(table, { action: 'tool:x', ...given });

describe('the score', () => {
  it('is the base for what no row names', () => {
    expect(risk()).toEqual({ score: 0.1, level: 'low', categories: [] });
  });

  it('is the highest of the rows that match, in the place of the base', () => {
    expect(risk({ action: 'mail.send' })).toEqual({
      score: 0.5,
      level: 'medium',
      categories: ['send', 'mail'],
    });
    expect(risk({ action: 'mail' }).score).toBe(0.3);
  });

  it('grows by what the facts say, exactly', () => {
    expect(risk({ affectsExternal: true, action: 'send' }).score).toBe(0.7);
    expect(risk({ affectsExternal: true, irreversible: true, involvesPii: true }).score).toBe(0.75);
    expect(riskOf({ ...table, base: 0.7 }, { action: 'x', affectsExternal: true })).toMatchObject({
      score: 0.9,
      level: 'critical',
    });
  });

  it('is never above 1', () => {
    expect(risk({ action: 'send', affectsExternal: true, irreversible: true, involvesPii: true }).score).toBe(
      1,
    );
  });

  it('counts personal data that was found like that which is said', () => {
    const content = contentOf({}, { pii: { email: 1 } });
    expect(risk({ content }).score).toBe(0.25);
    expect(risk({ content, involvesPii: true }).score).toBe(0.25);
    expect(risk({ content: contentOf() }).score).toBe(0.1);
  });

  it('does not count what stands in exempted fields alone', () => {
    const to = { field: 'to', pii: { email: 1 }, patterns: {} };
    const content = contentOf({}, { pii: { email: 1 }, exemptedFields: [to] });
    expect(riskOf(table, { action: 'x', content }, ['to']).score).toBe(0.1);
    expect(riskOf(table, { action: 'x', content }, []).score).toBe(0.25);
  });

  it('is a whole number of hundredths, and grows with every factor', () => {
    fc.assert(
      fc.property(pool(someFacts, seed), (facts) => {
        const { score } = riskOf(defaultRiskTable, facts);
        expect(hundredths(score) / 100).toBe(score);
        for (const factor of ['affectsExternal', 'irreversible', 'involvesPii'] as const)
          expect(riskOf(defaultRiskTable, { ...facts, [factor]: true }).score).toBeGreaterThanOrEqual(score);
      }),
      { seed },
    );
  });
});

describe('the level', () => {
  it.each([
    [0.39, 'low'],
    [0.4, 'medium'],
    [0.69, 'medium'],
    [0.7, 'high'],
    [0.89, 'high'],
    [0.9, 'critical'],
  ])('of %d is %s', (base, level) => {
    expect(riskOf({ ...table, base }, { action: 'x' }).level).toBe(level);
  });

  it('is ordered', () => {
    const ordered = riskLevel.options.map((one) => riskLevel.options.map((least) => isAtLeast(one, least)));
    expect(ordered.map((row) => row.filter(Boolean).length)).toEqual([1, 2, 3, 4]);
  });
});
