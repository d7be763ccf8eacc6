import type { Command } from 'commander';
import { pino } from 'pino';
import { migrateInstallation, openInstallation } from '../database/installation.js';
import { assertAnswering } from './databases.js';
import { configOrFail, withJson } from './options.js';
import { fail, printResult } from './output.js';

/** `dramatis migrate`: brings the schema up to date; the only command that changes it. */
export function migrateCommand(program: Command): void {
  withJson(program.command('migrate').description('bring the database schema up to date')).action(
    async ({ json }: { json?: boolean }) => {
      const config = configOrFail();
      if (config.database) {
        const { migrateUrl, keysUrl } = config.database;
        if (!migrateUrl) {
          return fail('configuration', 'DRAMATIS_MIGRATE_URL, the owner’s role, is mandatory for `migrate`');
        }
        await assertAnswering({ DRAMATIS_MIGRATE_URL: migrateUrl, DRAMATIS_KEYS_URL: keysUrl });
      }
      const log = pino({ level: 'error' }, pino.destination(2));
      const installation = await openInstallation(config, { log, passing: true });
      try {
        const applied = await migrateInstallation(installation, log);
        printResult(json, { applied }, applied.length > 0 ? applied : ['The schema is up to date.']);
      } finally {
        await installation.close();
      }
    },
  );
}
