import type { Command } from 'commander';
import { projectionsOf, readModules } from '../projections/engine/registry.js';
import { rebuild } from '../projections/engine/rebuild.js';
import { withEngines } from './engines.js';
import { withJson } from './options.js';
import { fail, printResult, progressBar } from './output.js';

/** `dramatis rebuild PROJECTION`: builds a read model again beside the one that serves, and swaps. */
export function rebuildCommand(program: Command): void {
  const command = program
    .command('rebuild <projection>')
    .description('build a read model again from the first event, without downtime')
    .option('--ahead', 'build this version before the processes that need it are started');
  withJson(command).action(async (name: string, { ahead, json }: { ahead?: boolean; json?: boolean }) => {
    const projections = projectionsOf(readModules);
    const projection = projections.find((one) => one.name === name);
    if (!projection) {
      const names = projections.map((one) => one.name).join(', ');
      return fail('usage', `there is no projection ${name}; there are ${names}`);
    }
    await withEngines(async ({ store, pool, codec }) => {
      const bar = progressBar(name, await store.head(projection.log));
      const interrupted = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
      try {
        const rebuilt = await rebuild({
          store,
          pool,
          projection,
          projections,
          decode: codec.decode,
          ahead: ahead ?? false,
          signal: interrupted.signal,
          onProgress: ({ position, head }) => bar.update(position, head),
        });
        bar.stop();
        const says = rebuilt.state === 'live' ? 'serves now' : 'is built and waits';
        printResult(json, { projection: name, ...rebuilt }, [
          `${name} ${says}: ${rebuilt.table}, position ${rebuilt.position}`,
        ]);
      } catch (error) {
        bar.stop();
        if (interrupted.signal.aborted) return fail('interrupted', 'interrupted; what serves is untouched');
        throw error;
      }
    });
  });
}
