/** A whole Dramatis over real HTTP and a real PostgreSQL, in this process or in one of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { vi } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import type { Config } from '../../src/config.js';
import { start, type Running, type ServeRole } from '../../src/main.js';
import { freshDatabase } from './database.js';
import { httpClient, type HttpClient } from './http.js';

export interface TestServer extends HttpClient {
  config: Config;
  running: Running;
  /** Another process's worth of server on the same database. */
  twin(role?: ServeRole): Promise<TestServer>;
  stop(): Promise<void>;
}

/** The owner's key of tenant `default` in every test server. */
export const ownerKey = `dk_default.owner_${'0123456789abcdef'.repeat(4)}`;

/** Starts a server on a fresh database; `stop` drops it, and every twin first. */
export async function startTestServer(role: ServeRole = 'all'): Promise<TestServer> {
  const database = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'dramatis-test-'));
  const config: Config = {
    port: 0,
    host: '127.0.0.1',
    dataDir,
    database: {
      url: database.urls.app,
      migrateUrl: database.urls.owner,
      keysUrl: database.urls.keys,
      kek: randomBytes(32).toString('hex'),
    },
    ownerKey,
    logLevel: 'silent',
    cli: {},
    warnings: [],
  };
  const all: Running[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((running) => running.stop()));
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const one = async (as: ServeRole): Promise<TestServer> => {
    const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' }, pino.destination(2));
    const running = await start(config, { role: as, log, port: 0, claim: false });
    all.push(running);
    return {
      ...httpClient(running.url, ownerKey),
      config,
      running,
      twin: (other = 'all') => one(other),
      stop,
    };
  };
  return one(role);
}

/** The environment of a `dramatis` process on the databases of a test server. */
export const environmentOf = ({ config }: Pick<TestServer, 'config'>): NodeJS.ProcessEnv => ({
  ...process.env,
  DRAMATIS_DATA_DIR: config.dataDir,
  DRAMATIS_DATABASE_URL: config.database!.url,
  DRAMATIS_MIGRATE_URL: config.database!.migrateUrl,
  DRAMATIS_KEYS_URL: config.database!.keysUrl,
  DRAMATIS_KEK: config.database!.kek,
  DRAMATIS_OWNER_KEY: ownerKey,
});

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs `dramatis …` to its end: in this process, with the environment that it would have in its own, so that
 * what it prints is what a shell would see. One at a time.
 */
export async function dramatis(args: string[], env: NodeJS.ProcessEnv): Promise<CliResult> {
  const result = { stdout: '', stderr: '' };
  const before = { ...process.env };
  Object.assign(process.env, env);
  // Tells the tests where the data sets are; the program has no such variable and would say so.
  delete process.env['DRAMATIS_DATASETS'];
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk: string | Uint8Array) => {
      result[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      return true;
    }),
  );
  try {
    return { code: await runCli(args), ...result };
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** Starts `dramatis …` from source; whoever started it ends it. */
export function spawnDramatis(args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  return spawn(process.execPath, ['--import', 'tsx', main, ...args], { env, stdio: 'pipe' });
}
