import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { onTestFinished } from 'vitest';
import { clusterTag, postgresProcesses } from '../../src/database/cluster-processes.js';
import type { EmbeddedUrls } from '../../src/database/credentials.js';
import { startEmbedded, type Embedded, type EmbeddedOptions } from '../../src/database/embedded.js';
import { ownedPath } from '../support/global-postgres.js';
import { withClient } from '../../src/database/client.js';

/** What a child that started a server tells. */
export type ChildServer = { child: ChildProcess; pid: number; urls: EmbeddedUrls; adopted: boolean };

/** Without waiting for the disk: what these servers hold has to survive kills, not power cuts. */
export const hasty = { fsync: 'off' };

export const silent = { info() {}, warn() {}, error() {} };

/** Where a child has to run to find the programs of the repository. */
export const repository = resolve(import.meta.dirname, '../..');

/**
 * Arguments for a Node process that starts the server of a data directory, says so in one line, and stops it when its input
 * ends.
 */
export function childArguments(dataDir: string): string[] {
  const module = JSON.stringify(resolve(repository, 'src/database/embedded.ts'));
  const options = `{ dataDir: ${JSON.stringify(dataDir)}, settings: ${JSON.stringify(hasty)}, log }`;
  const script = `
    import { startEmbedded } from ${module};
    const log = { info() {}, warn() {}, error: console.error };
    const { pid, urls, adopted, stop } = await startEmbedded(${options});
    console.log(JSON.stringify({ pid, urls, adopted }));
    process.stdin.resume();
    process.stdin.once('end', () => void stop());`;
  return ['--import', 'tsx', '--input-type=module', '-e', script];
}

/** A folder of this test alone, removed when the test ends; only its owner may enter it (0700). */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(`${ownedPath()}.`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Starts a server in this process, stopped when the test ends. */
export async function startHere(options: Partial<EmbeddedOptions> & { dataDir: string }): Promise<Embedded> {
  const server = await startEmbedded({ log: silent, settings: hasty, ...options });
  onTestFinished(() => server.stop());
  return server;
}

/** Starts a server in another Node process, as another user when told so; killed (it alone) when the test ends. */
export async function startInChild(
  dataDir: string,
  user: { uid?: number; gid?: number } = {},
): Promise<ChildServer> {
  const child = spawn(process.execPath, childArguments(dataDir), {
    cwd: repository,
    stdio: ['pipe', 'pipe', 'inherit'],
    ...user,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the child ended with ${String(code)}`);
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), failed])) as [string];
  failed.catch(() => {});
  return { child, ...(JSON.parse(line) as Omit<ChildServer, 'child'>) };
}

/** Kills a child process and waits until it is gone. */
export async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** The living processes of a data directory's server. */
export function processesOf(dataDir: string): number[] {
  const cluster = join(dataDir, 'postgres');
  const tag = clusterTag(cluster);
  return postgresProcesses(statSync(cluster).uid)
    .filter(({ command }) => command.includes(tag))
    .map(({ pid }) => pid);
}

/** Runs one query on a connection of its own. */
export function ask(url: string, sql: string, values: unknown[] = []): Promise<unknown[]> {
  return withClient({ url, applicationName: 'test' }, async (client: Client) => {
    const { rows } = await client.query<Record<string, unknown>>({ text: sql, values });
    return rows.map((row) => Object.values(row)[0]);
  });
}

/** Asks again until the answer is not false, null or an error; fails after `withinMs` with the last error. */
export async function eventually<T>(question: () => Promise<T> | T, withinMs = 10_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    let trouble: unknown = new Error(`it did not happen within ${withinMs} ms`);
    try {
      const answer = await question();
      if (answer !== false && answer !== null) return answer;
    } catch (error) {
      trouble = error;
    }
    if (performance.now() > deadline) throw trouble;
    await pause(10);
  }
}
