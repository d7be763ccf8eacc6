import type { Command } from 'commander';
import { listParked, retryParked } from '../projections/engine/parking.js';
import { projectionsOf, readModules } from '../projections/engine/registry.js';
import { withEngines } from './engines.js';
import { withJson } from './options.js';
import { fail, print, printResult } from './output.js';

/** `dramatis parked list | retry`: streams that a read model could not apply. */
export function parkedCommand(program: Command): void {
  const parked = program.command('parked').description('streams that a read model could not apply');
  const projections = projectionsOf(readModules);

  withJson(parked.command('list').description('list parked streams with cause and position')).action(
    async ({ json }: { json?: boolean }) => {
      await withEngines(async ({ pool }) => {
        for (const projection of projections) {
          for (const one of await listParked(pool, projection)) {
            const text = `${projection.name}  ${one.stream}  at ${one.position}  ${one.cause}`;
            print(json ? JSON.stringify({ projection: projection.name, ...one }) : text);
          }
        }
      });
    },
  );

  withJson(parked.command('retry <projection>').description('replay parked streams, in order'))
    .option('--stream <stream>', 'one stream only')
    .action(async (name: string, { json, stream }: { json?: boolean; stream?: string }) => {
      const projection = projections.find((one) => one.name === name);
      if (!projection) return fail('usage', `there is no projection ${name}`);
      await withEngines(async ({ store, pool, codec }) => {
        const decode = codec.decode;
        const retried = await retryParked({
          store,
          pool,
          projection,
          projections,
          decode,
          ...(stream && { stream }),
        });
        printResult(json, retried, [
          `${retried.mended.length} mended, ${retried.waiting.length} waiting still`,
          ...retried.waiting.map((one) => `  ${one}`),
        ]);
        if (retried.waiting.length > 0) fail('failed', 'some streams are parked still');
      });
    });
}
