/** Where the personas of an import go: into the log, or, for a dry run, nowhere. */
import { personaModule } from '../domain/personas/persona-module.js';
import { sendBatch, type BatchAnswer, type BatchItem } from './batch.js';
import type { Client } from './client.js';
import { finish, undone, type PersonaThere, type Unfinished } from './import-steps.js';
import { statusOf } from './output.js';

/** What became, or would become, of one input of `importPersona`. */
export type Outcome =
  | 'imported'
  | 'unchanged'
  | { refused: string }
  | { became: 'imported' | 'unchanged'; /** Why not all was done that comes after it. */ lacks: string };

/** A persona on its way in. */
export interface ImportItem {
  /** Of `importPersona`. */
  input: Record<string, unknown>;
  /** What is done with the persona once it is there; its id is filled in. */
  after?: BatchItem[] | undefined;
}

export interface Destination {
  /** How many items it wants at a time. */
  atOnce: number;
  /** Takes items and tells what became of each, in order. */
  take(items: ImportItem[]): Promise<Outcome[]>;
}

/** Imports. A request is large enough to be quick and small enough for a body of 8 MB. */
export function storing(client: Client): Destination {
  const begun = new Set<string>();
  /** What comes after an item; nothing where the persona came before in this run, whose steps are under way. */
  const stepsOf = ({ input: { source, sourceId }, after = [] }: ImportItem): BatchItem[] => {
    const key = JSON.stringify([source, sourceId]);
    if (after.length === 0 || begun.has(key)) return [];
    begun.add(key);
    return after;
  };
  return {
    atOnce: 50,
    async take(items) {
      const steps = items.map(stepsOf);
      const answers = await sent(
        client,
        items.map(({ input }) => ({ type: 'importPersona', input })),
      );
      const unfinished: Unfinished[] = [];
      for (const [index, answer] of answers.entries()) {
        unfinished.push(await unfinishedOf(client, answer, steps[index]!));
      }
      const reasons = await finish(unfinished, (commands) => sent(client, commands));
      return answers.map((answer, index) => outcomeOf(answer, reasons[index]));
    },
  };
}

function outcomeOf({ problem, code, changed }: BatchAnswer, lacks: string | undefined): Outcome {
  if (code === 'source-taken') return { refused: sourceTaken };
  if (problem !== undefined) return { refused: problem };
  const became = changed ? 'imported' : 'unchanged';
  return lacks === undefined ? became : { became, lacks };
}

const sourceTaken =
  'somebody else has imported it and keeps it private; --source NAME imports a copy of your own';

/** A persona that was imported or was there already, and what of the steps is still to be taken. */
async function unfinishedOf(
  client: Client,
  { problem, changed, id = '', version = 0 }: BatchAnswer,
  steps: BatchItem[],
): Promise<Unfinished> {
  const persona = { personaId: id, version, isNew: changed };
  if (changed) return { ...persona, steps };
  // With more events than an interrupted import makes nothing is left to be done, whatever they are.
  const mayBeUndone = problem === undefined && version <= steps.length;
  const there = mayBeUndone ? await personaAt(client, id) : undefined;
  if (!there) return { ...persona, steps: [] };
  return { ...persona, version: there.version, steps: undone(steps, there) };
}

/** Statuses of a whole request that say nothing about the records in it. */
const notAboutRecords = new Set([401, 403, 404, 405, 408, 429]);

/** Sends one request, and where that is refused one for each item, so that a bad one is refused alone. */
async function sent(client: Client, items: BatchItem[]): Promise<BatchAnswer[]> {
  try {
    return await sendBatch(client, items);
  } catch (error) {
    const status = statusOf(error) ?? 0;
    if (status < 400 || status > 499 || notAboutRecords.has(status)) throw error;
    if (items.length === 1) {
      return [{ changed: false, problem: (error as Error).message.replaceAll(/\n\s*/g, '; ') }];
    }
    const answers: BatchAnswer[] = [];
    for (const item of items) answers.push(...(await sent(client, [item])));
    return answers;
  }
}

/** Only asks what is there already; a record that comes again in the same file counts as there. */
export async function asking(client: Client): Promise<Destination> {
  const { tenantId } = await client.request<{ tenantId: string }>('GET', '/whoami');
  const seen = new Set<string>();
  return {
    atOnce: 8,
    take: (items) =>
      Promise.all(
        items.map(async ({ input }) => {
          const { id } = personaModule.decider.locate(input, { tenantId, newId: '', now: '' });
          if (seen.has(id)) return 'unchanged';
          seen.add(id);
          return (await personaAt(client, id)) ? 'unchanged' : 'imported';
        }),
      ),
  };
}

async function personaAt(client: Client, personaId: string): Promise<PersonaThere | undefined> {
  try {
    return await client.request<PersonaThere>('GET', `/personas/${personaId}`);
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}
