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

const inputs = [{ n: 1 }, { bad: true }, { n: 3 }];

describe('importing', () => {
  it.each([400, 413, 422])('refuses one record alone when a request as a whole is %i', async (status) => {
    const { client, sizes } = clientThat(status);
    const refused = { refused: `${status} No; /x: why` };
    expect(await storing(client).take(inputs)).toEqual(['imported', refused, 'imported']);
    expect(sizes).toEqual([3, 1, 1, 1]);
  });

  it.each([401, 403, 404, 429, 500, 503])('ends with %i, which is no fault of a record', async (status) => {
    const { client, sizes } = clientThat(status);
    await expect(storing(client).take(inputs)).rejects.toMatchObject({ status });
    expect(sizes).toEqual([3]);
  });

  it('asks for nothing where there is nothing', async () => {
    const { client, sizes } = clientThat(400);
    expect(await storing(client).take([])).toEqual([]);
    expect(sizes).toEqual([]);
  });
});
