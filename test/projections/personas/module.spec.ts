import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { projectionsOf, queriesOf } from '../../../src/projections/engine/registry.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';

describe('the personas’ read module', () => {
  it('registers: names, addresses, models and asOf fit together', () => {
    expect(projectionsOf([personaReadModule])).toHaveLength(5);
    expect([...queriesOf([personaReadModule]).values()].map(({ http, asOf }) => [http, asOf])).toEqual([
      ['GET /personas', true],
      ['GET /personas/:personaId', true],
      ['GET /personas/:personaId/versions', true],
      ['GET /personas/:personaId/versions/:versionNo', true],
      ['GET /personas/:personaId/diff', false],
      ['GET /personas/:personaId/timeline', true],
      ['GET /personas/:personaId/prompt', true],
      ['GET /personas/:personaId/card', true],
      ['GET /personas/:personaId/lineage', true],
      ['GET /refinements', true],
      ['GET /refinements/:refinementId', true],
      ['GET /templates', true],
      ['GET /templates/:templateId', true],
      ['GET /templates/:templateId/personas', true],
    ]);
  });

  it('says what it takes and gives: every schema has a JSON Schema, and unknown members are refused', () => {
    for (const { input, output } of Object.values(personaReadModule.queries)) {
      expect(z.toJSONSchema(input, { io: 'input' }).additionalProperties).toBe(false);
      expect(z.toJSONSchema(output, { io: 'output' }).type).toBe('object');
      expect(
        input.safeParse({ personaId: 'x', from: '1', to: '2', versionNo: 1, sotr: 'name' }).success,
      ).toBe(false);
    }
  });
});
