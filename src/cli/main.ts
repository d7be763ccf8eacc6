#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { apiKeysCommand } from './api-keys.js';
import { configCommand } from './config-check.js';
import { importCommand } from './import.js';
import { migrateCommand } from './migrate.js';
import { exitCodes, say, type CliFailure } from './output.js';
import { parkedCommand } from './parked.js';
import { rebuildCommand } from './rebuild.js';
import { replayCommand } from './replay.js';
import { seedCommand } from './seed.js';
import { serveCommand } from './serve.js';
import { tenantsCommand } from './tenants.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('dramatis')
  .description('The event-sourced system of record for AI personas')
  .version(version)
  .exitOverride()
  .showHelpAfterError();

for (const register of [
  serveCommand,
  migrateCommand,
  seedCommand,
  tenantsCommand,
  apiKeysCommand,
  importCommand,
  replayCommand,
  rebuildCommand,
  parkedCommand,
  configCommand,
]) {
  register(program);
}

// A reader that has seen enough (`| head`) closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  if (!(error instanceof CommanderError)) say(`dramatis: ${(error as Error).message}`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  return (error as Partial<CliFailure>).exitCode ?? exitCodes.failed;
}
