import { compared, interleaved, median, type BenchContext, type BenchResult } from './context.js';
import { connections, edits, latencyRow, load, registered, startServers } from './served.js';

/** More streams than connections: commands on one stream run one after the other. */
const personas = 256;

/** A whole command over HTTP — auth, validation, fold, decide, durable append — against an echo of its body. */
export async function commandBench(context: BenchContext): Promise<BenchResult[]> {
  const servers = await startServers(context);
  const latencies: number[] = [];
  try {
    const edit = edits(await registered(servers.client, personas));
    context.progress(`command: ${connections} connections`);
    const rates = await interleaved(
      {
        command: (forMs) => load(servers.dramatis, forMs, edit, (p99) => latencies.push(p99)),
        echo: (forMs) => load(servers.echo, forMs, edit),
      },
      { rounds: 5, forMs: 3_000 },
    );
    const note = `against a lean echo; p99 ${median(latencies.slice(1))} ms`;
    return [
      compared({ name: 'command', unit: 'commands/s', bar: 0.45, note }, rates.command, rates.echo),
      latencyRow('command p99', latencies, 50),
    ];
  } finally {
    await servers.stop();
  }
}
