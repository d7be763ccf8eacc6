import { describe, expect, it } from 'vitest';
import type { BatchItem } from '../../src/cli/batch.js';
import type { Client } from '../../src/cli/client.js';
import { storing } from '../../src/cli/import-destination.js';
import { fail } from '../../src/cli/output.js';
import { manifest as manifestSchema } from '../../src/domain/personas/manifest.js';

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
  function serverWith(there: { version: number; manifest?: object }, { changed = false, refuses = '' } = {}) {
    const done: BatchItem[] = [];
    let { version } = there;
    const answer = ({ type, ...command }: BatchItem) => {
      if (type === refuses) return { status: 422, body: { title: 'No' } };
      if (type === 'importPersona')
        return { status: 200, body: { id: 'p', version, events: changed ? [{}] : [] } };
      done.push({ type, ...command });
      return { status: 200, body: { id: 'p', version: ++version, events: [{}] } };
    };
    const asked: string[] = [];
    const request = async (method: string, path: string, body: unknown): Promise<unknown> => {
      if (method === 'POST') return { items: (body as { commands: BatchItem[] }).commands.map(answer) };
      asked.push(path);
      return { platforms: {}, ...there };
    };
    return { client: { url: '', request, stream: fail } as unknown as Client, done, asked };
  }
  const after = [
    { type: 'setPersonaManifest', input: { capabilities: ['code'] } },
    { type: 'setPlatformAdaptation', input: { platformType: 'linkedin' } },
  ];
  const due = after.map(({ type, input }, step) => ({
    type,
    input: { ...input, personaId: 'p' },
    ifMatch: 1 + step,
  }));
  const manifest = manifestSchema.parse({ capabilities: ['code'] });

  it('is done for a new persona', async () => {
    const { client, done, asked } = serverWith({ version: 1 }, { changed: true });
    expect(await storing(client).take([{ input: {}, after }])).toEqual(['imported']);
    expect({ done, asked }).toEqual({ done: due, asked: [] });
  });

  it.each([
    ['is done where an interrupted import left it', { version: 2, manifest }, due.slice(1)],
    ['is not done over what people did since', { version: 2 }, []],
  ])('%s', async (_, there, expected) => {
    const { client, done, asked } = serverWith(there);
    expect(await storing(client).take([{ input: {}, after }])).toEqual(['unchanged']);
    expect({ done, asked }).toEqual({ done: expected, asked: ['/personas/p'] });
  });

  it('is not asked for where more happened than an import does', async () => {
    const { client, done, asked } = serverWith({ version: 3, manifest });
    expect(await storing(client).take([{ input: {}, after }])).toEqual(['unchanged']);
    expect({ done, asked }).toEqual({ done: [], asked: [] });
  });

  it('is done once for a persona that comes twice', async () => {
    const { client, done } = serverWith({ version: 1 }, { changed: true });
    const item = { input: { source: 'dramatis', sourceId: 'x' }, after };
    const destination = storing(client);
    expect(await destination.take([item, item])).toEqual(['imported', 'imported']);
    await destination.take([item]);
    expect(done).toEqual(due);
    await destination.take([{ ...item, input: { ...item.input, sourceId: 'y' } }]);
    expect(done).toHaveLength(4);
  });

  it('is told when it is refused, and the persona counts as what it is', async () => {
    const refuses = 'setPersonaManifest';
    const [fresh, old] = [
      serverWith({ version: 1 }, { changed: true, refuses }),
      serverWith({ version: 1 }, { refuses }),
    ];
    expect(await storing(fresh.client).take([{ input: {} }, { input: {}, after }])).toEqual([
      'imported',
      { became: 'imported', lacks: 'it is imported, but setPersonaManifest was refused: No' },
    ]);
    expect(await storing(old.client).take([{ input: {}, after }])).toEqual([
      { became: 'unchanged', lacks: 'it was there already, but setPersonaManifest was refused: No' },
    ]);
  });
});

it('what somebody else keeps private is refused with the way to a copy of one’s own', async () => {
  const body = { title: 'Taken', code: 'source-taken' };
  const request = async (): Promise<unknown> => ({ items: [{ status: 409, body }] });
  const client = { url: '', request, stream: fail } as unknown as Client;
  expect(await storing(client).take([{ input: {} }])).toEqual([
    { refused: expect.stringContaining('--source NAME imports a copy of your own') },
  ]);
});
