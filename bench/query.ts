import { compared, interleaved, type BenchContext, type BenchResult } from './context.js';
import { connections, edits, latencyRow, load, registered, startServers, type Request } from './served.js';

/** Reads of one current persona and of its prompt over HTTP, against the lean echo that commands are measured by. */
export async function queryBench(context: BenchContext): Promise<BenchResult[]> {
  const servers = await startServers(context);
  const latencies = { query: [] as number[], prompt: [] as number[] };
  try {
    const ids = await registered(servers.client, 1);
    const persona = `/personas/${ids[0]!}`;
    await servers.client.post(`${persona}/versions`);
    const production = { versionNo: 1, reason: 'bench' };
    await servers.client.send('PUT', `${persona}/channels/production`, production);
    const read = (path: string) => (): Request => ({ method: 'GET', path: `/api/v1${persona}${path}` });
    context.progress(`query: ${connections} connections`);
    const rates = await interleaved(
      {
        query: (forMs) => load(servers.dramatis, forMs, read(''), (p99) => latencies.query.push(p99)),
        echo: (forMs) => load(servers.echo, forMs, edits(ids)),
        prompt: (forMs) =>
          load(servers.dramatis, forMs, read('/prompt'), (p99) => latencies.prompt.push(p99)),
      },
      { rounds: 5, forMs: 3_000 },
    );
    const note = 'against a lean echo';
    return [
      compared({ name: 'query', unit: 'requests/s', bar: 0.5, note }, rates.query, rates.echo),
      { ...latencyRow('query p99', latencies.query, 50), note: 'informational; less is better' },
      compared({ name: 'prompt', unit: 'requests/s', bar: 0.35, note }, rates.prompt, rates.echo),
      latencyRow('prompt p99', latencies.prompt, 50),
    ];
  } finally {
    await servers.stop();
  }
}
