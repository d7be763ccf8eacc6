import { v5 as uuidv5 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { recordedId } from '../../../../src/domain/personas/refinements/recorded-refinement.js';
import { parentPersonaId, personaId } from '../../../support/persona-examples.js';

describe('the id of the record of a version', () => {
  it('can be computed by anybody', () => {
    expect(recordedId(personaId, 2)).toBe(
      uuidv5('01890000-0000-7000-8000-000000000001/2', '5b0c9a1e-3f4d-5e2a-8c61-7d9e0f1a2b34'),
    );
  });

  it('is another one for every version and every persona', () => {
    const ids = [recordedId(personaId, 2), recordedId(personaId, 3), recordedId(parentPersonaId, 2)];
    expect(new Set(ids).size).toBe(3);
  });
});
