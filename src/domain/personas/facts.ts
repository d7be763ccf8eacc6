/** What other areas may ask of personas when they decide. */
import type { FactReader } from '../kernel.js';
import { persona, type ExistingPersona } from './persona.js';
import { refinement, type Refinement } from './refinements/refinement.js';
import { canSee } from './visibility.js';

/** A persona, whoever asks; null where there is none. */
export async function personaOf(personaId: string, read: FactReader): Promise<ExistingPersona | null> {
  const found = await read.state(persona, personaId);
  return found.status === 'none' ? null : found;
}

/** A persona that the caller may see; null where there is none, or none for the caller. */
export async function personaFact(personaId: string, read: FactReader): Promise<ExistingPersona | null> {
  const found = await personaOf(personaId, read);
  return found && canSee(found, read.caller) ? found : null;
}

/** A refinement, whoever asks. */
export const refinementFact = (refinementId: string, read: FactReader): Promise<Refinement> =>
  read.state(refinement, refinementId);
