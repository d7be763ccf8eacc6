import type { Command } from 'commander';
import { readConfig } from '../config.js';
import { configOrFail, withJson } from './options.js';
import { print, printResult } from './output.js';

/** `dramatis config check`: every problem of the environment at once, exit code 4 if there is one. */
export function configCommand(program: Command): void {
  const config = program.command('config').description('look at the configuration');
  withJson(config.command('check').description('check the environment and list every problem')).action(
    ({ json }: { json?: boolean }) => {
      const found = readConfig();
      if (json && 'problems' in found) print(JSON.stringify({ ok: false, problems: found.problems }));
      const { port, host, dataDir, database, logLevel, warnings } = configOrFail(found);
      const kind = database ? 'external PostgreSQL' : `embedded PostgreSQL below ${dataDir}`;
      printResult(
        json,
        { ok: true, port, host, database: database ? 'external' : 'embedded', logLevel, warnings },
        ['The configuration is fine.', `  address   http://${host}:${port}`, `  database  ${kind}`],
      );
    },
  );
}
