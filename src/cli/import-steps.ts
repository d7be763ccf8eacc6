/** What comes after the import of a persona, one command and one event each: its manifest and its platforms. */
import { same } from '../domain/content-hash.js';
import { ownMember } from '../domain/own-member.js';
import { manifest } from '../domain/personas/manifest.js';
import { platformAdaptation } from '../domain/personas/platform-adaptation.js';
import type { BatchAnswer, BatchItem } from './batch.js';

/** A persona as it is read, as far as steps are about it. */
export interface PersonaThere {
  /** Of the stream: how many events there are. */
  version: number;
  manifest?: object;
  /** Adaptation by platform, with how complete it is. */
  platforms: Record<string, object>;
}

/** A persona with the steps that are still to be taken, in order. */
export interface Unfinished {
  personaId: string;
  /** At which the first step is taken. */
  version: number;
  isNew: boolean;
  steps: BatchItem[];
}

/** Whether what a step says is so. */
function isTaken({ type, input }: BatchItem, there: PersonaThere): boolean {
  if (type === 'setPersonaManifest') return same(there.manifest, manifest.parse(input));
  const { platformType, ...adaptation } = input;
  const shown = ownMember(there.platforms, String(platformType)) ?? {};
  const { completeness: _, missing: __, ...found } = shown as Record<string, unknown>;
  return same(found, platformAdaptation.parse(adaptation));
}

/**
 * The steps that an interrupted import left undone. There are none where anything else happened to the persona
 * than its import and the steps before them: what people did stays.
 */
export function undone(steps: BatchItem[], there: PersonaThere): BatchItem[] {
  const taken = (there.manifest ? 1 : 0) + Object.keys(there.platforms).length;
  // All that is there has an event of its own: one event more and something else happened as well.
  const isUntouched = there.version === 1 + taken;
  return isUntouched && steps.slice(0, taken).every((step) => isTaken(step, there)) ? steps.slice(taken) : [];
}

/**
 * Takes the steps of many personas, the first of each at once, then the second, … Each is taken only if nothing
 * happened to the persona since the one before it, and none after one that was refused.
 * @param send answers each command on its own, in order
 * @returns why a persona is not finished, or undefined, in order
 */
export async function finish(
  personas: Unfinished[],
  send: (commands: BatchItem[]) => Promise<BatchAnswer[]>,
): Promise<(string | undefined)[]> {
  const reasons: (string | undefined)[] = [];
  let left = personas.map((persona, index) => ({ ...persona, index }));
  for (let step = 0; ; step++) {
    left = left.filter(({ steps }) => step < steps.length);
    if (left.length === 0) return reasons;
    const answers = await send(left.map((persona) => commandOf(persona, step)));
    left = left.flatMap((persona, at) => {
      const answer = answers[at]!;
      if (answer.problem === undefined) return [{ ...persona, version: answer.version ?? 0 }];
      reasons[persona.index] = reasonOf(persona, persona.steps[step]!, answer);
      return [];
    });
  }
}

function commandOf({ personaId, version, steps }: Unfinished, step: number) {
  const { type, input } = steps[step]!;
  return { type, input: { ...input, personaId }, ifMatch: version };
}

function reasonOf({ isNew }: Unfinished, { type }: BatchItem, { code, problem }: BatchAnswer) {
  // Somebody works on a persona that was there already: it is theirs to finish.
  if (!isNew && code === 'precondition-failed') return undefined;
  return `${isNew ? 'it is imported' : 'it was there already'}, but ${type} was refused: ${problem}`;
}
