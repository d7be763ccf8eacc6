import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  autonomyFor,
  autonomyShape,
  usualAutonomy,
} from '../../../../src/domain/personas/refinements/autonomy.js';

describe('autonomy', () => {
  it('is hybrid where nothing was set', () => {
    expect(autonomyFor(usualAutonomy, ['style'])).toBe('hybrid');
    expect(autonomyFor(usualAutonomy, [])).toBe('hybrid');
  });

  it('of a class goes before that of the persona', () => {
    const careful = { mode: 'auto' as const, perClass: { tools: 'manual' as const } };
    expect(autonomyFor(careful, ['style'])).toBe('auto');
    expect(autonomyFor(careful, ['tools'])).toBe('manual');
  });

  it('of a change that touches several classes is the strictest of theirs', () => {
    const mixed = { mode: 'auto' as const, perClass: { tools: 'manual' as const, rules: 'hybrid' as const } };
    expect(autonomyFor(mixed, ['style', 'rules'])).toBe('hybrid');
    expect(autonomyFor(mixed, ['rules', 'style', 'tools'])).toBe('manual');
  });

  it('knows the classes there are, and no others', () => {
    const schema = z.strictObject(autonomyShape);
    expect(schema.safeParse({ mode: 'auto', perClass: { style: 'hybrid' } }).success).toBe(true);
    for (const perClass of [{ mixed: 'auto' }, { policy: 'auto' }, { style: 'never' }])
      expect(schema.safeParse({ mode: 'auto', perClass }).success).toBe(false);
  });
});
