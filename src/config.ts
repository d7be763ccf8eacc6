/**
 * The configuration: the only reader of the environment. It fails at start with every problem listed, and
 * `.env.example` is compared with this schema by the tidy spec.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseApiKey, tenantOfKey } from './domain/tenancy/credential.js';
import { homeTenant } from './domain/tenancy/permissions.js';

const url = (protocols: string[], what: string) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `must be ${what}`,
  });
const postgresUrl = url(['postgres:', 'postgresql:'], 'a postgres:// URL');
const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number')
  .refine((text) => Number(text) <= 65_535, { message: 'must be at most 65535' });

/** Every variable there is, with what it is for; the default stands in `.env.example`. */
export const environment = z.object({
  DRAMATIS_PORT: port.default('4000').describe('Port of the HTTP API'),
  DRAMATIS_HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  DRAMATIS_DATA_DIR: z.string().min(1).default('.dramatis').describe('Embedded database, keys, owner.key'),
  DRAMATIS_DATABASE_URL: postgresUrl
    .optional()
    .describe('PostgreSQL ≥ 14 as the application’s role; absent = the embedded one'),
  DRAMATIS_MIGRATE_URL: postgresUrl
    .optional()
    .describe('The same database as the owner’s role, for `migrate`'),
  DRAMATIS_KEYS_URL: postgresUrl
    .optional()
    .describe('The data keys’ own database; mandatory with DATABASE_URL'),
  DRAMATIS_KEK: z
    .string()
    .regex(/^([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=|[A-Za-z0-9_-]{43})$/, 'must be 32 bytes in hex or base64')
    .optional()
    .describe('Key-encryption key, 32 bytes in hex or base64; mandatory with DATABASE_URL'),
  DRAMATIS_OWNER_KEY: z
    .string()
    .refine((text) => parseApiKey(text) !== null, { message: 'must look like dk_<keyId>_<secret>' })
    .refine((text) => tenantOfKey(parseApiKey(text)?.keyId ?? '') === homeTenant, {
      message: `must have a keyId without a dot, or one that begins with "${homeTenant}."`,
    })
    .optional()
    .describe('API key of the first owner on an empty database; absent = generated into owner.key'),
  DRAMATIS_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Log level'),
  DRAMATIS_URL: url(['http:', 'https:'], 'an http:// URL')
    .optional()
    .describe('Server that the CLI talks to'),
  DRAMATIS_KEY: z.string().min(1).optional().describe('API key that the CLI shows'),
});

/** Variables whose value may stand in a file instead, named by `<variable>_FILE`. */
const secrets = [
  'DRAMATIS_DATABASE_URL',
  'DRAMATIS_MIGRATE_URL',
  'DRAMATIS_KEYS_URL',
  'DRAMATIS_KEK',
  'DRAMATIS_OWNER_KEY',
  'DRAMATIS_KEY',
];

/** An own PostgreSQL, under its three roles. */
export interface ExternalDatabase {
  url: string;
  migrateUrl?: string;
  keysUrl: string;
  kek: string;
}

export interface Config {
  port: number;
  host: string;
  dataDir: string;
  /** Absent: the embedded PostgreSQL. */
  database?: ExternalDatabase;
  /** For the embedded database only; generated when absent. */
  kek?: string;
  ownerKey?: string;
  logLevel: string;
  cli: { url?: string; key?: string };
  /** Things worth telling that do not hinder a start. */
  warnings: string[];
}

/** Everything that is wrong with a configuration, one line each. */
export interface ConfigProblems {
  problems: string[];
}

/**
 * Reads and checks the environment (`process.env` by default).
 * @returns the configuration, or every problem it has
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config | ConfigProblems {
  const problems: string[] = [];
  const given = fromFiles(env, problems);
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
    return { problems };
  }
  const set = parsed.data;
  if (set.DRAMATIS_DATABASE_URL) {
    if (!set.DRAMATIS_KEYS_URL) problems.push('DRAMATIS_KEYS_URL is mandatory with DRAMATIS_DATABASE_URL');
    if (!set.DRAMATIS_KEK) problems.push('DRAMATIS_KEK is mandatory with DRAMATIS_DATABASE_URL');
  }
  if (problems.length > 0) return { problems };
  return toConfig(set, unknownOnes(given));
}

function toConfig(set: z.output<typeof environment>, warnings: string[]): Config {
  const external = set.DRAMATIS_DATABASE_URL;
  return {
    port: Number(set.DRAMATIS_PORT),
    host: set.DRAMATIS_HOST,
    dataDir: set.DRAMATIS_DATA_DIR,
    ...(external && {
      database: {
        url: external,
        keysUrl: set.DRAMATIS_KEYS_URL!,
        kek: set.DRAMATIS_KEK!,
        ...(set.DRAMATIS_MIGRATE_URL && { migrateUrl: set.DRAMATIS_MIGRATE_URL }),
      },
    }),
    ...(set.DRAMATIS_KEK && { kek: set.DRAMATIS_KEK }),
    ...(set.DRAMATIS_OWNER_KEY && { ownerKey: set.DRAMATIS_OWNER_KEY }),
    logLevel: set.DRAMATIS_LOG_LEVEL,
    cli: {
      ...(set.DRAMATIS_URL && { url: set.DRAMATIS_URL }),
      ...(set.DRAMATIS_KEY && { key: set.DRAMATIS_KEY }),
    },
    warnings,
  };
}

/** Takes secrets from the files that `<variable>_FILE` names; an empty variable counts as absent. */
function fromFiles(env: NodeJS.ProcessEnv, problems: string[]): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('DRAMATIS_') && value) given[name] = value;
  }
  for (const name of secrets) {
    const file = given[`${name}_FILE`];
    if (!file) continue;
    delete given[`${name}_FILE`];
    if (given[name]) problems.push(`${name} and ${name}_FILE are both set`);
    try {
      given[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      problems.push(`${name}_FILE cannot be read: ${(error as Error).message}`);
    }
  }
  return given;
}

function unknownOnes(given: Record<string, string>): string[] {
  return Object.keys(given)
    .filter((name) => !(name in environment.shape))
    .map((name) => `${name} is not a variable of Dramatis and is ignored`);
}
