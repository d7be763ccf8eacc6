/** Servers in processes of their own, and the load that benchmarks over HTTP put on them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { httpClient, type HttpClient } from '../test/support/http.js';
import { personaNamed } from '../test/support/personas.js';
import { median, type BenchContext, type BenchResult } from './context.js';

export const connections = 64;
const ownerKey = `dk_default.bench_${randomBytes(32).toString('hex')}`;

interface Served {
  url: string;
  stop(): Promise<void>;
}

export interface Servers {
  /** Dramatis on a database of its own. */
  dramatis: string;
  /** The lean route that Dramatis is measured against. */
  echo: string;
  client: HttpClient;
  stop(): Promise<void>;
}

/** Starts both contenders of a benchmark over HTTP. */
export async function startServers({ freshDatabase }: Pick<BenchContext, 'freshDatabase'>): Promise<Servers> {
  const urls = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'dramatis-bench-'));
  const main = join(import.meta.dirname, '../src/cli/main.ts');
  const dramatis = await served([main, 'serve'], {
    ...process.env,
    DRAMATIS_PORT: '0',
    DRAMATIS_DATA_DIR: dataDir,
    DRAMATIS_DATABASE_URL: urls.app,
    DRAMATIS_KEYS_URL: urls.keys,
    DRAMATIS_KEK: randomBytes(32).toString('hex'),
    DRAMATIS_OWNER_KEY: ownerKey,
    DRAMATIS_LOG_LEVEL: 'warn',
  });
  const echo = await served([join(import.meta.dirname, 'echo-server.ts')], process.env);
  return {
    dramatis: dramatis.url,
    echo: echo.url,
    client: httpClient(dramatis.url, ownerKey),
    stop: async () => {
      await Promise.all([dramatis.stop(), echo.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A server in a process of its own, known by the address that it prints. */
async function served(args: string[], env: NodeJS.ProcessEnv): Promise<Served> {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', ...args], { env, stdio: 'pipe' });
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /serves at\s+(http:\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(said)));
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Registers so many personas and gives their ids. */
export async function registered(client: HttpClient, count: number): Promise<string[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) => client.post('/personas', personaNamed(`bench-${n}`))),
  );
  return answers.map(({ body }) => (body as { id: string }).id);
}

/** What every connection sends, over and over. */
export type Request = Pick<autocannon.Request, 'method' | 'path' | 'body'>;

/** Edits that each change a draft, those of the given personas in turns: what the lean route echoes, too. */
export function edits(ids: readonly string[]): () => Request {
  let sent = 0;
  return () => {
    const id = ids[sent % ids.length]!;
    const temperature = (sent++ % 1_999) / 1_000;
    return {
      method: 'PATCH',
      path: `/api/v1/personas/${id}/draft`,
      body: JSON.stringify({ set: { temperature } }),
    };
  };
}

/**
 * Sends requests on all connections and returns the answers per second.
 * @throws for any that is not 200
 */
export async function load(
  url: string,
  forMs: number,
  request: () => Request,
  onLatency: (p99: number) => void = () => {},
): Promise<number> {
  const authorization = `Bearer ${ownerKey}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const setupRequest = (rest: autocannon.Request): autocannon.Request => ({ ...rest, ...request(), headers });
  const requests = [{ method: request().method!, setupRequest }];
  const result = await autocannon({ url, connections, duration: forMs / 1_000, requests });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} refused, ${result.errors} failed`);
  }
  onLatency(result.latency.p99);
  return result.requests.total / result.duration;
}

/** A result row of latencies, one per round; the first round does not count. */
export function latencyRow(name: string, rounds: readonly number[], limit: number): BenchResult {
  const figure = median(rounds.slice(1));
  const ratio = Math.round((figure / limit) * 1_000) / 1_000;
  return { name, figure, unit: 'ms', limit, ratio, bar: 1, met: figure < limit, note: 'less is better' };
}
