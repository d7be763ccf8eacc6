import { describe, expect, it } from 'vitest';
import type { BatchItem } from '../../src/cli/batch.js';
import type { Client } from '../../src/cli/client.js';
import { storing } from '../../src/cli/import-destination.js';
import { fail } from '../../src/cli/output.js';

/** A server that answers a request with `bad` in it, be it one item of many, with the status. */
function clientThat(status: number): { client: Client; sizes: number[] } {
  const sizes: number[] = [];
  const request = async (_method: string, _path: string, body: unknown): Promise<unknown> => {
    const { commands } = body as { commands: BatchItem[] };
    sizes.push(commands.length);
    if (commands.some(({ input }) => input['bad'])) fail('failed', `${status} No\n  /x: why`, { status });
    return { items: commands.map(() => ({ status: 201, body: { events: [{}] } })) };
  };
  return { client: { url: '', request, stream: fail } as unknown as Client, sizes };
}

const items = [{ input: { n: 1 } }, { input: { bad: true } }, { input: { n: 3 } }];

describe('importing', () => {
  it.each([400, 413, 422])('refuses one record alone when a request as a whole is %i', async (status) => {
    const { client, sizes } = clientThat(status);
    const refused = { refused: `${status} No; /x: why` };
    expect(await storing(client).take(items)).toEqual(['imported', refused, 'imported']);
    expect(sizes).toEqual([3, 1, 1, 1]);
  });

  it.each([401, 403, 404, 429, 500, 503])('ends with %i, which is no fault of a record', async (status) => {
    const { client, sizes } = clientThat(status);
    await expect(storing(client).take(items)).rejects.toMatchObject({ status });
    expect(sizes).toEqual([3]);
  });

  it('asks for nothing where there is nothing', async () => {
    const { client, sizes } = clientThat(400);
    expect(await storing(client).take([])).toEqual([]);
    expect(sizes).toEqual([]);
  });
});

describe('what comes after the import of a persona', () => {
  /** A server with one persona in it, of so many events, that refuses what `refuses` says. */
  function serverWith(version: number, { changed = false, refuses = '' } = {}) {
    const done: BatchItem[] = [];
    const answer = ({ type, input }: BatchItem) => {
      if (type === refuses) return { status: 422, body: { title: 'No' } };
      if (type !== 'importPersona') done.push({ type, input });
      return { status: 200, body: { id: 'p', version, events: changed ? [{}] : [] } };
    };
    const request = async (_method: string, _path: string, body: unknown): Promise<unknown> => ({
      items: (body as { commands: BatchItem[] }).commands.map(answer),
    });
    return { client: { url: '', request, stream: fail } as unknown as Client, done };
  }
  const after = [
    { type: 'setPersonaManifest', input: { capabilities: ['code'] } },
    { type: 'setPlatformAdaptation', input: { platformType: 'linkedin' } },
  ];
  const due = after.map(({ type, input }) => ({ type, input: { ...input, personaId: 'p' } }));

  it.each([
    ['is done for a new persona', 1, true, due],
    ['is done where an interrupted import left it', 2, false, due],
    ['is not done over what people did since', 3, false, []],
  ])('%s', async (_, version, changed, expected) => {
    const { client, done } = serverWith(version, { changed });
    expect(await storing(client).take([{ input: {}, after }])).toEqual([changed ? 'imported' : 'unchanged']);
    expect(done).toEqual(expected);
  });

  it('is told when it is refused', async () => {
    const { client } = serverWith(1, { changed: true, refuses: 'setPersonaManifest' });
    expect(await storing(client).take([{ input: {} }, { input: {}, after }])).toEqual([
      'imported',
      { refused: 'it is imported, but setPersonaManifest was refused: No' },
    ]);
  });
});
