import { Option, type Command } from 'commander';
import { pino } from 'pino';
import { start, type ServeRole } from '../main.js';
import { configOrFail } from './options.js';
import { say } from './output.js';

/** `dramatis serve`: the API, the projections, or both, until SIGTERM or SIGINT. */
export function serveCommand(program: Command): void {
  program
    .command('serve')
    .description('serve the HTTP API and keep the read models up to date')
    .addOption(
      new Option('--role <role>', 'what this process does').choices(['all', 'api', 'worker']).default('all'),
    )
    .action(async ({ role }: { role: ServeRole }) => {
      const config = configOrFail();
      const log = pino({ level: config.logLevel }, pino.destination(2));
      const running = await start(config, { role, log, port: config.port, claim: true });
      say(`Dramatis serves at   ${running.url}`);
      say(`API documentation    ${running.url}/docs`);
      if (running.ownerKeyFile) say(`The owner's API key  ${running.ownerKeyFile}`);
      await stopped(running.stop);
    });
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
