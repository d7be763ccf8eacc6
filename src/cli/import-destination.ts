/** Where the personas of an import go: into the log, or, for a dry run, nowhere. */
import { personaModule } from '../domain/personas/persona-module.js';
import { sendBatch, type BatchAnswer, type BatchItem } from './batch.js';
import type { Client } from './client.js';
import { statusOf } from './output.js';

/** What became, or would become, of one input of `importPersona`. */
export type Outcome = 'imported' | 'unchanged' | { refused: string };

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
export const storing = (client: Client): Destination => ({
  atOnce: 50,
  async take(items) {
    const answers = await sent(
      client,
      items.map(({ input }) => ({ type: 'importPersona', input })),
    );
    const problems = await completed(client, items, answers);
    return answers.map(({ problem, changed }, index) => {
      const reason = problem ?? problems[index];
      if (reason !== undefined) return { refused: reason };
      return changed ? 'imported' : 'unchanged';
    });
  },
});

/**
 * Does what comes after the import of each persona; answers why it could not be done, by item. Of a persona that
 * was there already only what an interrupted import left undone is done: what people changed since stays.
 */
async function completed(
  client: Client,
  items: ImportItem[],
  answers: BatchAnswer[],
): Promise<(string | undefined)[]> {
  const steps = items.flatMap(({ after = [] }, index) => {
    const { changed, problem, id, version = 0 } = answers[index]!;
    const isDue = problem === undefined && (changed || version <= after.length);
    return isDue ? after.map(({ type, input }) => ({ index, type, input: { ...input, personaId: id } })) : [];
  });
  const outcomes = await sent(
    client,
    steps.map(({ type, input }) => ({ type, input })),
  );
  const problems: (string | undefined)[] = [];
  steps.forEach(({ index, type }, step) => {
    const { problem } = outcomes[step]!;
    if (problem !== undefined) problems[index] ??= `it is imported, but ${type} was refused: ${problem}`;
  });
  return problems;
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
          return (await isThere(client, id)) ? 'unchanged' : 'imported';
        }),
      ),
  };
}

async function isThere(client: Client, personaId: string): Promise<boolean> {
  try {
    await client.request('GET', `/personas/${personaId}`);
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}
