/** What a check is decided by, gathered before it is: counters raised, texts looked through, and masked. */
import type { z } from 'zod';
import type { FactReader } from '../kernel.js';
import { personaFact } from '../personas/facts.js';
import type { Personal } from '../sealed.js';
import { countedFacts } from './action-counters.js';
import type { ActionFacts, givenFacts } from './action-facts.js';
import { lookThrough, type ActionTexts } from './action-texts.js';
import type { Looked } from './content-analysis.js';
import { maskedArgs, maskingOf } from './content-masking.js';
import type { Unresolved } from './decide.js';
import { policiesInForce } from './facts.js';
import type { PolicyInForce } from './policy-in-force.js';

/** What is asked: whether a persona may do this, with these arguments and this text. */
export interface AskedAction extends ActionTexts {
  personaId: string;
  action: string;
  subjectId?: string | undefined;
  conversationId?: string | undefined;
  facts?: z.output<typeof givenFacts> | undefined;
}
export interface ActionCheck {
  policies: PolicyInForce[];
  unresolved?: Unresolved;
  facts: ActionFacts;
  /** The text, and the arguments, with what is to be masked replaced; absent where there is nothing of it. */
  masked?: Personal;
  maskedArgs?: Personal;
}

/** The same without members that are there but have no value: facts are compared by their hash. */
const present = <T extends object>(members: T): T =>
  Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined)) as T;

/**
 * Gathers what a check is decided by; null where the persona is not there for the caller, and then nothing was
 * counted.
 */
export async function actionCheck(asked: AskedAction, read: FactReader): Promise<ActionCheck | null> {
  const persona = await personaFact(asked.personaId, read);
  if (!persona) return null;
  const { action, personaId, subjectId, conversationId } = asked;
  const given = present(asked.facts ?? {});
  const { turnId, tokens } = given;
  const [{ policies, unresolved }, counters] = await Promise.all([
    policiesInForce(personaId, read),
    countedFacts({ action, personaId, subjectId, conversationId, turnId, tokens }, read),
  ]);
  const looked = await lookThrough(asked, policies, () => read.pause());
  const facts: ActionFacts = {
    action,
    personaStatus: persona.status,
    personaId,
    roles: [...read.caller.roles],
    ...given,
    counters,
    ...(looked && { content: looked.facts }),
  };
  return {
    policies,
    facts,
    ...(unresolved && { unresolved }),
    ...(looked && (await sealedMasks(asked, policies, looked, read))),
  };
}

/** What is to be masked, masked and sealed: for the subject, as what it was made of will be. */
async function sealedMasks(
  { subjectId, args, content }: AskedAction,
  policies: readonly PolicyInForce[],
  { facts, findings }: Looked,
  read: FactReader,
): Promise<Pick<ActionCheck, 'masked' | 'maskedArgs'>> {
  // Where nobody is named, arguments and content belong to the subject that is drawn by this name: so does this.
  const subject = subjectId ?? read.id('subjectId');
  const masks: Pick<ActionCheck, 'masked' | 'maskedArgs'> = {};
  for (const part of facts) {
    if (part.tooMuch) continue;
    const masking = maskingOf(part, findings, policies, (text) => read.pseudonym(text));
    const masked = part.part === 'args' ? maskedArgs(args!, masking) : masking(content!.text);
    const name = part.part === 'args' ? 'maskedArgs' : 'masked';
    if (masked !== null) masks[name] = await read.seal(name, subject, masked);
  }
  return masks;
}
