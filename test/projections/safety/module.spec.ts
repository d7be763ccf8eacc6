import { expect, it } from 'vitest';
import { z } from 'zod';
import { projectionsOf, queriesOf } from '../../../src/projections/engine/registry.js';
import { personas, refinements } from '../../../src/projections/personas/facts.js';
import { safetyReadModule } from '../../../src/projections/safety/module.js';

const own = { projections: safetyReadModule.projections, queries: safetyReadModule.queries };
const beside = { projections: [personas, refinements], queries: {} };

it('registers: names, addresses, models and asOf fit together', () => {
  expect(projectionsOf([own]).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['policies', 'policy_versions', 'decisions', 'decision_texts']),
  );
  const queries = [...queriesOf([beside, own])].map(([name, { http, asOf }]) => [name, http, asOf]);
  expect(queries).toEqual(
    expect.arrayContaining([
      ['listPolicies', 'GET /policies', true],
      ['getPolicy', 'GET /personas/:personaId/policy', true],
      ['getTenantPolicy', 'GET /policy', true],
      ['getSeedPolicy', 'GET /policy-seeds/:seed', false],
      ['listDecisions', 'GET /decisions', false],
      ['getDecision', 'GET /decisions/:checkId', false],
      ['explainDecision', 'GET /decisions/:checkId/explain', false],
      ['previewAction', 'GET /personas/:personaId/check-action', true],
    ]),
  );
});

it('says what it takes and gives: every schema has a JSON Schema, and unknown members are refused', () => {
  for (const { input, output } of Object.values(safetyReadModule.queries)) {
    expect(z.toJSONSchema(input, { io: 'input' }).additionalProperties).toBe(false);
    expect(z.toJSONSchema(output, { io: 'output', unrepresentable: 'any' }).type).toBe('object');
  }
});
