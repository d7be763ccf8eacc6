/** What commands on a refinement look up elsewhere. */
import type { FactReader } from '../../kernel.js';
import { personaFact, refinementFact } from '../facts.js';
import { versionFact } from '../past-versions.js';
import type { ExistingPersona, Head } from '../persona.js';

/** The persona of a refinement; null where the caller may not see it, or there is no such refinement. */
export interface Around {
  persona: ExistingPersona | null;
}
export interface AroundWithBase extends Around {
  /** The version that the refinement is made against. */
  base: Head | undefined;
}

export interface AroundWithOwn extends AroundWithBase {
  /** The version that the refinement became. */
  own: Head | undefined;
}

export async function aroundFact(_: unknown, read: FactReader): Promise<Around> {
  const own = await refinementFact(read.streamId, read);
  return { persona: own.status === 'none' ? null : await personaFact(own.personaId, read) };
}

export async function aroundWithBaseFact(input: unknown, read: FactReader): Promise<AroundWithBase> {
  const { persona } = await aroundFact(input, read);
  const own = await refinementFact(read.streamId, read);
  if (own.status === 'none' || !persona) return { persona: null, base: undefined };
  return { persona, base: await versionFact(own.personaId, persona, own.baseVersionNo, read) };
}

export async function aroundWithOwnFact(input: unknown, read: FactReader): Promise<AroundWithOwn> {
  const found = await aroundWithBaseFact(input, read);
  const state = await refinementFact(read.streamId, read);
  if (state.status === 'none' || state.versionNo === null || !found.persona) {
    return { ...found, own: undefined };
  }
  return { ...found, own: await versionFact(state.personaId, found.persona, state.versionNo, read) };
}

/** The base that a fact found: every version that a refinement names is there. */
export function baseOf({ base }: AroundWithBase): Head {
  if (!base) throw new Error('a refinement is made against a version that is not there');
  return base;
}
