import { describe, expect, it } from 'vitest';
import { personaFact, personaOf, refinementFact } from '../../../src/domain/personas/facts.js';
import { factReader } from '../../support/fact-reader.js';
import { personaId } from '../../support/persona-examples.js';
import { persona, refinementId } from '../../support/refinement-examples.js';

const read = (whose: object) =>
  factReader({
    caller: { id: 'bob', roles: ['editor'], teams: ['red'] },
    states: {
      [`persona ${personaId}`]: whose,
      [`refinement ${refinementId}`]: { status: 'proposed', diffHash: 'x' },
    },
  });

describe('what other areas may ask of personas', () => {
  it('a persona, as far as the caller sees it', async () => {
    await expect(personaFact(personaId, read(persona()))).resolves.toEqual(persona());
    await expect(personaFact(personaId, read(persona({ isPublic: false })))).resolves.toBeNull();
    const shared = persona({ isPublic: false, allowedTeams: ['red'] });
    await expect(personaFact(personaId, read(shared))).resolves.toEqual(shared);
    await expect(personaFact('nobody', read(persona()))).resolves.toBeNull();
  });

  it('a persona, whoever asks', async () => {
    const hidden = persona({ isPublic: false });
    await expect(personaOf(personaId, read(hidden))).resolves.toEqual(hidden);
    await expect(personaOf('nobody', read(hidden))).resolves.toBeNull();
  });

  it('a refinement, whoever asks', async () => {
    await expect(refinementFact(refinementId, read(persona()))).resolves.toMatchObject({ diffHash: 'x' });
    await expect(refinementFact('nothing', read(persona()))).resolves.toEqual({ status: 'none' });
  });
});
