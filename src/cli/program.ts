import { Command, CommanderError } from 'commander';
import { version } from '../main.js';
import { apiKeysCommand } from './api-keys.js';
import { backtestCommand } from './backtest-policy.js';
import { configCommand } from './config-check.js';
import { isUnavailable, messageOf } from './databases.js';
import { exportCommand } from './export-persona.js';
import { importCommand } from './import.js';
import { migrateCommand } from './migrate.js';
import { exitCodes, say, type CliFailure } from './output.js';
import { parkedCommand } from './parked.js';
import { rebuildCommand } from './rebuild.js';
import { replayCommand } from './replay.js';
import { seedCommand } from './seed.js';
import { serveCommand } from './serve.js';
import { tenantsCommand } from './tenants.js';

const commands = [
  serveCommand,
  migrateCommand,
  seedCommand,
  tenantsCommand,
  apiKeysCommand,
  importCommand,
  exportCommand,
  backtestCommand,
  replayCommand,
  rebuildCommand,
  parkedCommand,
  configCommand,
];

/** Runs one command line (without the names of the interpreter and the program). @returns the exit code */
export async function runCli(args: string[]): Promise<number> {
  const program = new Command('dramatis')
    .description('The event-sourced system of record for AI personas')
    .version(version)
    // Options belong to the command behind which they stand: `export persona` has a --version of its own.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError();
  for (const register of commands) register(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    say(`dramatis: ${messageOf(error)}`);
    const otherwise = isUnavailable(error) ? exitCodes.unavailable : exitCodes.failed;
    return (error as Partial<CliFailure>).exitCode ?? otherwise;
  }
}
