import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { manifest } from '../../../src/domain/personas/manifest.js';
import { personaId } from '../../support/persona-examples.js';

const accepts = (value: object): boolean => manifest.safeParse(value).success;

describe('a manifest', () => {
  it('is that of a worker who may be delegated to and does not delegate, where nothing is said', () => {
    expect(manifest.parse({})).toEqual({
      capabilities: [],
      specializations: [],
      maxParallelTasks: 1,
      canDelegate: false,
      canBeDelegatedTo: true,
      role: 'worker',
    });
  });

  it('tells an empty allow-list, which allows nobody, from none, which allows everybody', () => {
    expect(manifest.parse({ delegateAllowList: [] })).toHaveProperty('delegateAllowList', []);
    expect(manifest.parse({})).not.toHaveProperty('delegateAllowList');
  });

  it.each(['worker', 'orchestrator', 'hybrid'])('knows the role %s', (role) => {
    expect(accepts({ role })).toBe(true);
  });

  it.each([
    { role: 'manager' },
    { maxParallelTasks: 0 },
    { maxParallelTasks: 1_001 },
    { maxParallelTasks: 1.5 },
    { capabilities: [''] },
    { capabilities: ['two\nlines'] },
    { capabilities: ['x'.repeat(101)] },
    { specializations: Array.from({ length: 201 }, (_, n) => `s${n}`) },
    { delegateAllowList: ['ada'] },
    { delegateAllowList: Array.from({ length: 501 }, () => personaId) },
    { personaId },
  ])('%j is refused', (value) => {
    expect(accepts(value)).toBe(false);
  });

  it('has a JSON Schema in which nothing is required', () => {
    expect(z.toJSONSchema(manifest, { io: 'input' }).required ?? []).toEqual([]);
  });
});
