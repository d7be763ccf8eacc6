import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../../src/domain/kernel.js';
import { handsWith, isReactor } from '../../../../src/domain/personas/refinements/hands.js';

const by = (id: string, more: Partial<Actor> = {}): Actor => ({
  kind: 'user',
  id,
  roles: ['editor'],
  ...more,
});

describe('hands', () => {
  it('are everybody who had one, and for whom', () => {
    expect(handsWith(['ada'], by('bob', { onBehalfOf: 'cleo' }))).toEqual(['ada', 'bob', 'cleo']);
    expect(handsWith(['ada'], by('ada'))).toEqual(['ada']);
  });

  it('a reactor has none: it is known by a name that no member has', () => {
    expect(isReactor(by('reactor:refinements', { kind: 'service', onBehalfOf: 'dana' }))).toBe(true);
    expect(isReactor(by('app', { kind: 'service' }))).toBe(false);
    expect(isReactor(by('reactor:refinements'))).toBe(false);
  });
});
