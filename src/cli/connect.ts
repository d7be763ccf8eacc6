import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Config } from '../config.js';
import { servingUrl } from '../database/data-dir-claim.js';
import { start } from '../main.js';
import { openClient, type Client } from './client.js';
import { configOrFail } from './options.js';
import { fail } from './output.js';

/**
 * Runs `work` with a client of a server: the one that was named, else the one that serves the data
 * directory, else one that lives as long as the work does. So a command does the same whether or not
 * `npm start` runs beside it.
 */
export async function withServer(
  options: { url?: string | undefined; key?: string | undefined },
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const config = configOrFail();
  const url = options.url ?? config.cli.url ?? (await servingUrl(config.dataDir));
  if (url) return work(openClient(url, await keyFor(config, options.key)));
  const log = pino({ level: 'error' }, pino.destination(2));
  const running = await start(config, { role: 'all', log, port: 0, claim: false });
  try {
    await work(openClient(running.url, await keyFor(config, options.key)));
  } finally {
    await running.stop();
  }
}

/** The key to show: named, from the environment, or the first owner's in the data directory. */
async function keyFor(config: Config, given: string | undefined): Promise<string> {
  const known = given ?? config.cli.key ?? config.ownerKey;
  if (known) return known;
  const file = join(config.dataDir, 'owner.key');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    return fail('usage', `no API key: give --key or DRAMATIS_KEY (there is no ${file})`);
  }
}
