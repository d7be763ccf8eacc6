/** kill -9 of the server and of its PostgreSQL under load: nothing acknowledged is lost, and it comes up by itself. */
import { execFileSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpClient, type HttpClient } from '../support/http.js';
import { personaNamed } from '../support/personas.js';
import { until } from '../support/poll.js';
import { ownerKey, spawnDramatis } from '../support/server.js';

let dataDir: string;
let server: ChildProcess | undefined;
let client: HttpClient;

async function startServer(): Promise<void> {
  const child = spawnDramatis(['serve'], {
    ...process.env,
    DRAMATIS_DATA_DIR: dataDir,
    DRAMATIS_PORT: '0',
    DRAMATIS_OWNER_KEY: ownerKey,
    DRAMATIS_LOG_LEVEL: 'error',
  });
  server = child;
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const url = await until(
    'the server’s address',
    () => {
      if (child.exitCode !== null) throw new Error(`the server ended: ${said}`);
      return /serves at\s+(http:\S+)/.exec(said)?.[1];
    },
    60_000,
  );
  client = httpClient(url, ownerKey);
  await until(
    'readiness',
    async () => (await client.get('//readyz').catch(() => null))?.status === 200,
    30_000,
  );
}

/** Writes until told to stop; every acknowledged slug is in the list. */
function load(): { acknowledged: Set<string>; stop: () => Promise<void> } {
  const acknowledged = new Set<string>();
  const running = { now: true };
  const writer = async (name: string): Promise<void> => {
    for (let n = 0; running.now; n++) {
      const slug = `${name}-${n}`;
      const answer = await client.post('/personas', personaNamed(slug)).catch(() => null);
      if (answer?.status === 201) acknowledged.add(slug);
    }
  };
  const prefix = `w${performance.now().toFixed(0)}`;
  const writers = Array.from({ length: 8 }, (_, n) => writer(`${prefix}-${n}`));
  return {
    acknowledged,
    stop: async () => {
      running.now = false;
      await Promise.all(writers);
    },
  };
}

async function storedSlugs(): Promise<string[]> {
  const { body } = await client.get<string>('/events?types=PersonaRegistered', {
    accept: 'application/x-ndjson',
  });
  const lines = body.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { data: { slug: string } }).data.slug);
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dramatis-kills-'));
  // Everything below has to be reachable by the user that PostgreSQL runs as when this one is root.
  execFileSync('chmod', ['755', dataDir]);
  await startServer();
}, 90_000);

afterAll(async () => {
  if (server && server.exitCode === null && server.signalCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  await rm(dataDir, { recursive: true, force: true });
});

it('loses nothing when the server is killed, and adopts or stops its PostgreSQL', async () => {
  const { acknowledged, stop } = load();
  await until('enough acknowledged writes', () => acknowledged.size >= 200, 60_000);
  server!.kill('SIGKILL');
  await stop();
  await startServer();
  const stored = await storedSlugs();
  expect([...acknowledged].filter((slug) => !stored.includes(slug))).toEqual([]);
  expect(new Set(stored).size).toBe(stored.length);
}, 120_000);

it('loses nothing when PostgreSQL is killed, and is ready again by itself', async () => {
  const { acknowledged, stop } = load();
  await until('enough acknowledged writes', () => acknowledged.size >= 100, 60_000);
  const [pid] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
  const before = acknowledged.size;
  await until('writes after the kill', () => acknowledged.size >= before + 50, 60_000);
  await stop();
  const stored = await storedSlugs();
  expect([...acknowledged].filter((slug) => !stored.includes(slug))).toEqual([]);
  expect(new Set(stored).size).toBe(stored.length);
}, 120_000);

it('stops gracefully within ten seconds, live streams included', async () => {
  const streaming = new AbortController();
  const stream = await fetch(`${client.url}/api/v1/events/stream`, {
    headers: { authorization: `Bearer ${ownerKey}` },
    signal: streaming.signal,
  });
  expect(stream.status).toBe(200);
  const exited = once(server!, 'exit') as Promise<[number | null]>;
  const began = performance.now();
  server!.kill('SIGTERM');
  const [code] = await exited;
  streaming.abort();
  expect(code).toBe(0);
  expect(performance.now() - began).toBeLessThan(10_000);
}, 60_000);
