import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpClient } from '../test/support/http.js';
import type { BenchContext, BenchResult } from './context.js';
import { startServers } from './served.js';

const personas = 10_000;
/** What is good enough: an import of this size is a matter of a minute. */
const leastPerSecond = 150;
const mostMb = { client: 300, server: 700 };

/** A card as they are met with, a few kilobytes with its lorebook. */
function cardNo(n: number): unknown {
  const entries = Array.from({ length: 5 }, (_, entry) => ({
    keys: [`key ${entry}`, `place ${n % 100}`],
    content: `What is known of place ${entry}. `.repeat(8),
    extensions: {},
    enabled: true,
    insertion_order: entry,
  }));
  const data = {
    name: `Character ${n}`,
    description: `{{char}} is number ${n}. `.repeat(40),
    personality: 'Calm, exact, curious',
    scenario: '',
    first_mes: 'Hello, {{user}}.',
    mes_example: '',
    creator_notes: '',
    system_prompt: '{{original}} Stay in character.',
    post_history_instructions: '',
    alternate_greetings: [],
    character_book: { entries, extensions: {} },
    tags: ['bench', `group ${n % 50}`],
    creator: 'bench',
    character_version: '1',
    extensions: { talkativeness: 0.5 },
  };
  return { spec: 'chara_card_v2', spec_version: '2.0', data };
}

async function writeCards(file: string): Promise<void> {
  const output = createWriteStream(file);
  for (let n = 0; n < personas; n++) {
    if (!output.write(`${JSON.stringify(cardNo(n))}\n`)) await once(output, 'drain');
  }
  output.end();
  await once(output, 'finish');
}

/** Says at its end how much memory a process has had, in kilobytes. */
const sayMemory =
  'data:text/javascript,process.on("exit",()=>console.error("maxRSS="+process.resourceUsage().maxRSS))';

interface Imported {
  seconds: number;
  peakMb: number;
  report: { imported: number; refused: unknown[] };
}

/** Runs `dramatis import` in a process of its own. */
async function imported(file: string, { url, key }: HttpClient): Promise<Imported> {
  const main = join(import.meta.dirname, '../src/cli/main.ts');
  const args = ['--import', 'tsx', '--import', sayMemory, main, 'import', file, '--json'];
  const env = { ...process.env, DRAMATIS_URL: url, DRAMATIS_KEY: key };
  const start = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: 'pipe' });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(said.stderr);
  const kilobytes = Number(/maxRSS=(\d+)/.exec(said.stderr)?.[1]);
  const report = JSON.parse(said.stdout) as Imported['report'];
  return { seconds: (performance.now() - start) / 1_000, peakMb: Math.round(kilobytes / 1_024), report };
}

/** The most memory that a server says it has while `work` goes on. */
async function peakMemory<T>(client: HttpClient, work: Promise<T>): Promise<{ result: T; peakMb: number }> {
  let most = 0;
  const watch = setInterval(() => {
    void client.get<string>('//metrics').then(({ body }) => {
      const bytes = /^process_resident_memory_bytes (\S+)$/m.exec(body)?.[1];
      most = Math.max(most, Number(bytes));
    });
  }, 200);
  try {
    return { result: await work, peakMb: Math.round(most / 1_048_576) };
  } finally {
    clearInterval(watch);
  }
}

const memoryRow = (name: string, figure: number, limit: number): BenchResult => ({
  name,
  figure,
  unit: 'MB',
  limit,
  ratio: Math.round((figure / limit) * 1_000) / 1_000,
  bar: 1,
  met: figure < limit,
  note: 'less is better',
});

/** An import of many character cards from one file: how fast, and in how much memory on both sides. */
export async function importBench(context: BenchContext): Promise<BenchResult[]> {
  const servers = await startServers(context);
  const folder = await mkdtemp(join(tmpdir(), 'dramatis-bench-cards-'));
  try {
    const file = join(folder, 'cards.ndjson');
    await writeCards(file);
    context.progress(`import: ${personas} cards`);
    const { result, peakMb: serverMb } = await peakMemory(servers.client, imported(file, servers.client));
    const { seconds, peakMb, report } = result;
    if (report.imported !== personas) throw new Error(`${report.imported} imported of ${personas}`);
    const figure = Math.round(personas / seconds);
    const ratio = Math.round((figure / leastPerSecond) * 1_000) / 1_000;
    return [
      {
        name: 'import: 10,000 cards',
        figure,
        unit: 'personas/s',
        limit: leastPerSecond,
        ratio,
        bar: 1,
        met: figure >= leastPerSecond,
      },
      memoryRow('import: peak memory of the command', peakMb, mostMb.client),
      memoryRow('import: peak memory of the server', serverMb, mostMb.server),
    ];
  } finally {
    await servers.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
