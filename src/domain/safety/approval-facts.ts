/** What decisions about approvals look up elsewhere. */
import type { FactReader, Role } from '../kernel.js';
import { personaFact, refinementFact } from '../personas/facts.js';
import { mayFact, memberFact } from '../tenancy/facts.js';
import { concerns } from './approval.js';
import { delegatorsOf } from './approval-rules.js';
import { approvalFact } from './facts.js';

/** Whether the caller sees the persona that an approval is about: asked only of whom nothing else lets see it. */
export interface Sight {
  seesPersona: boolean;
}

/** What the caller may know of an approval. */
export async function sightOf(approvalId: string, read: FactReader): Promise<Sight> {
  const state = await approvalFact(approvalId, read);
  if (state.status === 'none' || state.personaId === undefined || concerns(state, read.caller)) {
    return { seesPersona: false };
  }
  return { seesPersona: (await personaFact(state.personaId, read)) !== null };
}

/** What a vote depends on besides the approval. */
export interface VotingFacts extends Sight {
  /** Roles of those who delegated to the caller, as they hold them now; null for who is no member any more. */
  delegators: Record<string, Role[] | null>;
}

/** What the caller may know of an approval, and who has delegated to it. */
export async function votingFacts(approvalId: string, read: FactReader): Promise<VotingFacts> {
  const sight = await sightOf(approvalId, read);
  const state = await approvalFact(approvalId, read);
  const delegators: VotingFacts['delegators'] = {};
  if (state.status === 'none') return { ...sight, delegators };
  for (const from of delegatorsOf(state, read.caller.id, null)) {
    delegators[from] = (await memberFact(from, read))?.roles ?? null;
  }
  return { ...sight, delegators };
}

/**
 * What is decided on as it is now, where it can change under an approval: the hash of a refinement's difference, null
 * for one that is not there; undefined of everything else.
 */
export async function subjectHashOf(
  approvalId: string,
  read: FactReader,
): Promise<string | null | undefined> {
  const state = await approvalFact(approvalId, read);
  if (state.status === 'none' || state.kind !== 'refinement') return undefined;
  const found = await refinementFact(state.ref ?? '', read);
  return found.status === 'none' ? null : found.diffHash;
}

/** Somebody who cannot decide on anything, and why. */
export interface Stranger {
  id: string;
  detail: string;
}

/** Those who cannot decide on anything: they are no members of the tenant, or hold no role that votes. */
export async function strangersAmong(ids: readonly string[], read: FactReader): Promise<Stranger[]> {
  const found = await Promise.all(
    ids.map(async (id) => {
      if (await mayFact(id, 'approvals:vote', read)) return [];
      const isMember = (await memberFact(id, read)) !== null;
      return [{ id, detail: isMember ? `${id} may not vote` : `there is no member ${id}` }];
    }),
  );
  return found.flat();
}
