import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { personaRef } from '../../src/domain/personas/events.js';
import { reference, referenceOf } from '../../src/domain/reference.js';
import { unwrapped } from '../../src/domain/schema-walk.js';
import { isClear } from '../../src/domain/sealed.js';

describe('references', () => {
  it('tell what a member refers to, also when it is optional', () => {
    expect(referenceOf(personaRef)).toEqual({ category: 'persona', claim: 'slug' });
    const input = z.strictObject({ parentPersonaId: personaRef.optional() });
    expect(referenceOf(unwrapped(input.shape.parentPersonaId))).toEqual({
      category: 'persona',
      claim: 'slug',
    });
  });

  it('are nothing for other schemas', () => {
    const schema = z.string();
    expect(referenceOf(schema)).toBeUndefined();
    expect(referenceOf(reference({ category: 'team', claim: 'name' }, schema))?.category).toBe('team');
  });

  it('to a persona are stored in the clear', () => {
    expect(isClear(personaRef)).toBe(true);
  });
});
