/** Versions of a persona as they were published: the state of a persona knows the newest one only. */
import type { FactReader } from '../kernel.js';
import { headFrom, persona, type ExistingPersona, type Head } from './persona.js';

/** The versions of these numbers; those that are not there are left out. */
export async function pastVersions(
  personaId: string,
  numbers: readonly number[],
  read: FactReader,
): Promise<Head[]> {
  const wanted = new Set(numbers);
  const found: Head[] = [];
  const published = read.events(
    { types: ['PersonaVersionPublished'], stream: { decider: persona, id: personaId } },
    { after: 0, to: await read.head() },
  );
  for await (const { data } of published) {
    const version = headFrom(data as Parameters<typeof headFrom>[0]);
    if (wanted.has(version.versionNo)) found.push(version);
    if (found.length === wanted.size) break;
  }
  return found;
}

/** A version of a persona, out of its state if that knows it. */
export async function versionFact(
  personaId: string,
  { head }: Pick<ExistingPersona, 'head'>,
  versionNo: number,
  read: FactReader,
): Promise<Head | undefined> {
  if (head?.versionNo === versionNo) return head;
  return (await pastVersions(personaId, [versionNo], read))[0];
}
