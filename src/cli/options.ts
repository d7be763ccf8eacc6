import { InvalidArgumentError, type Command } from 'commander';
import { readConfig, type Config, type ConfigProblems } from '../config.js';
import { fail, say } from './output.js';

export interface ClientOptions {
  url?: string;
  key?: string;
  json?: boolean;
}

/** Adds `--json`. */
export const withJson = (command: Command): Command => command.option('--json', 'print the result as JSON');

/** Adds `--url`, `--key` and `--json`, for commands that talk to a server. */
export const withClient = (command: Command): Command =>
  withJson(command)
    .option(
      '--url <url>',
      'server to talk to (DRAMATIS_URL; default: the one on this data directory)',
      httpUrl,
    )
    .option('--key <key>', 'API key to show (DRAMATIS_KEY; default: the owner key of this data directory)');

function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It must be an http:// or https:// URL.');
}

/** Reads an option that is a position in a log. */
export function position(text: string): string {
  if (/^\d{1,15}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a decimal position.');
}

/** The configuration, or exit code 4 with every problem it has. */
export function configOrFail(config: Config | ConfigProblems = readConfig()): Config {
  if ('problems' in config) {
    return fail(
      'configuration',
      ['The configuration has problems:', ...config.problems.map((p) => `  ${p}`)].join('\n'),
    );
  }
  config.warnings.forEach((warning) => say(`warning: ${warning}`));
  return config;
}
