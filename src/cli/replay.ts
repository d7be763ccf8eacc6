import { once } from 'node:events';
import { Option, type Command } from 'commander';
import { withServer } from './connect.js';
import { position, withClient, type ClientOptions } from './options.js';

interface ReplayOptions extends ClientOptions {
  after?: string;
  to?: string;
  types?: string;
  categories?: string;
  stream?: string;
  log?: string;
  form?: string;
}

/** `dramatis replay`: the log as NDJSON on stdout, one canonical event per line. */
export function replayCommand(program: Command): void {
  withClient(program.command('replay').description('print events as NDJSON, in log order'))
    .option('--after <position>', 'begin after this position', position, '0')
    .option('--to <position>', 'end with this position (default: the head when the replay begins)', position)
    .option('--types <types>', 'event types, separated by commas')
    .option('--categories <categories>', 'stream categories, separated by commas')
    .option('--stream <stream>', 'one stream')
    .addOption(new Option('--log <log>', 'which log').choices(['record', 'telemetry']).default('record'))
    .addOption(
      new Option('--form <form>', 'with personal values sealed as they are stored, or opened')
        .choices(['stored', 'open'])
        .default('stored'),
    )
    .action(async ({ url, key, json: _, ...filter }: ReplayOptions) => {
      await withServer({ url, key }, async (client) => {
        const query = new URLSearchParams(
          Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined),
        );
        for await (const chunk of await client.stream(
          `/events?${query.toString()}`,
          'application/x-ndjson',
        )) {
          if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
        }
      });
    });
}
