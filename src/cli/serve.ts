import { Option, type Command } from 'commander';
import { pino } from 'pino';
import { start, type Running, type ServeRole } from '../main.js';
import { configOrFail, withJson } from './options.js';
import { print, say } from './output.js';

/** `dramatis serve`: the API, the projections, or both, until SIGTERM or SIGINT. */
export function serveCommand(program: Command): void {
  withJson(program.command('serve'))
    .description('serve the HTTP API and keep the read models up to date')
    .addOption(
      new Option('--role <role>', 'what this process does').choices(['all', 'api', 'worker']).default('all'),
    )
    .action(async ({ role, json }: { role: ServeRole; json?: boolean }) => {
      const config = configOrFail();
      const log = pino({ level: config.logLevel }, pino.destination(2));
      const running = await start(config, { role, log, port: config.port, claim: true });
      announce(running, json);
      await stopped(running.stop);
      // Connections to a database that hangs would keep the process alive after all else has ended.
      process.exit();
    });
}

function announce({ url, ownerKeyFile }: Running, json: boolean | undefined): void {
  if (json) return print(JSON.stringify({ url, docs: `${url}/docs`, ownerKeyFile: ownerKeyFile ?? null }));
  say(`Dramatis serves at   ${url}`);
  say(`API documentation    ${url}/docs`);
  if (ownerKeyFile) say(`The owner's API key  ${ownerKeyFile}`);
}

/** Resolves after the first SIGTERM or SIGINT, once everything has stopped; a second one ends at once. */
function stopped(stop: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const end = (): void => {
      if (stopping) process.exit(130);
      stopping = true;
      stop().then(resolve, reject);
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  });
}
