/** Where the personas of an import go: into the log, or, for a dry run, nowhere. */
import { personaModule } from '../domain/personas/persona.js';
import { sendBatch, type BatchAnswer, type BatchItem } from './batch.js';
import type { Client } from './client.js';
import { statusOf } from './output.js';

/** What became, or would become, of one input of `importPersona`. */
export type Outcome = 'imported' | 'unchanged' | { refused: string };

export interface Destination {
  /** How many inputs it wants at a time. */
  atOnce: number;
  /** Takes inputs and tells what became of each, in order. */
  take(inputs: Record<string, unknown>[]): Promise<Outcome[]>;
}

/** Imports. A request is large enough to be quick and small enough for a body of 8 MB. */
export const storing = (client: Client): Destination => ({
  atOnce: 50,
  async take(inputs) {
    const answers = await sent(
      client,
      inputs.map((input) => ({ type: 'importPersona', input })),
    );
    return answers.map(({ problem, changed }) => {
      if (problem !== undefined) return { refused: problem };
      return changed ? 'imported' : 'unchanged';
    });
  },
});

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
    take: (inputs) =>
      Promise.all(
        inputs.map(async (input) => {
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
