import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { personaNamed } from '../test/support/personas.js';
import { httpClient } from '../test/support/http.js';
import { compared, interleaved, median, type BenchContext, type BenchResult } from './context.js';

const connections = 64;
/** More streams than connections: commands on one stream run one after the other. */
const personas = 256;
const ownerKey = `dk_default.bench_${randomBytes(32).toString('hex')}`;

interface Served {
  url: string;
  stop(): Promise<void>;
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

/** A whole command over HTTP — auth, validation, fold, decide, durable append — against an echo of its body. */
export async function commandBench({ freshDatabase, progress }: BenchContext): Promise<BenchResult[]> {
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
  const latencies: number[] = [];
  try {
    const ids = await registered(dramatis.url);
    progress(`command: ${connections} connections`);
    const rates = await interleaved(
      {
        command: (forMs) => load(dramatis.url, ids, forMs, (p99) => latencies.push(p99)),
        echo: (forMs) => load(echo.url, ids, forMs),
      },
      { rounds: 5, forMs: 3_000 },
    );
    const p99 = median(latencies.slice(1));
    return [
      compared(
        { name: 'command', unit: 'commands/s', bar: 0.45, note: `against a lean echo; p99 ${p99} ms` },
        rates.command,
        rates.echo,
      ),
      {
        name: 'command p99',
        figure: p99,
        unit: 'ms',
        limit: 50,
        ratio: Math.round((p99 / 50) * 1_000) / 1_000,
        bar: 1,
        met: p99 < 50,
        note: 'less is better',
      },
    ];
  } finally {
    await Promise.all([dramatis.stop(), echo.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function registered(url: string): Promise<string[]> {
  const client = httpClient(url, ownerKey);
  const answers = await Promise.all(
    Array.from({ length: personas }, (_, n) => client.post('/personas', personaNamed(`bench-${n}`))),
  );
  return answers.map(({ body }) => (body as { id: string }).id);
}

/** Sends edits that each change the draft, and returns the answers per second. @throws for any that is not 200 */
async function load(
  url: string,
  ids: string[],
  forMs: number,
  onLatency: (p99: number) => void = () => {},
): Promise<number> {
  let sent = 0;
  const result = await autocannon({
    url,
    connections,
    duration: forMs / 1_000,
    requests: [
      {
        method: 'PATCH',
        setupRequest: (request) => {
          const id = ids[sent % ids.length]!;
          const temperature = (sent++ % 1_999) / 1_000;
          return {
            ...request,
            path: `/api/v1/personas/${id}/draft`,
            headers: { authorization: `Bearer ${ownerKey}`, 'content-type': 'application/json' },
            body: JSON.stringify({ set: { temperature } }),
          };
        },
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} refused, ${result.errors} failed`);
  }
  onLatency(result.latency.p99);
  return result.requests.total / result.duration;
}
