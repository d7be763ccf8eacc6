import { pino } from 'pino';
import { servingUrl } from '../database/data-dir-claim.js';
import { start } from '../main.js';
import { openClient, type Client } from './client.js';
import { configOrFail } from './options.js';
import { keyFor, type ShownKey } from './shown-key.js';

/**
 * Runs `work` with a client of a server: the one that was named, else the one that serves the data
 * directory, else one that lives as long as the work does. So a command does the same whether or not
 * `npm start` runs beside it.
 */
export async function withServer(
  options: { url?: string | undefined; key?: string | undefined },
  work: (client: Client, shown: ShownKey) => Promise<void>,
): Promise<void> {
  const config = configOrFail();
  const url = options.url ?? config.cli.url ?? (await servingUrl(config.dataDir));
  const workAt = async (address: string): Promise<void> => {
    const shown = await keyFor(config, options.key);
    await work(openClient(address, shown.key), shown);
  };
  if (url) return workAt(url);
  const log = pino({ level: 'error' }, pino.destination(2));
  const running = await start(config, { role: 'all', log, port: 0, claim: false });
  try {
    await workAt(running.url);
  } finally {
    await running.stop();
  }
}
