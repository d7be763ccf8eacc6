/**
 * `npm run bench [-- NAME …]`: runs the benchmarks, all of them by default, on an embedded PostgreSQL with fsync
 * on, writes bench/results.json and prints a table. Rows of benchmarks that did not run are kept.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { withClient } from '../src/database/client.js';
import type { EmbeddedUrls } from '../src/database/credentials.js';
import { startEmbedded, type Embedded } from '../src/database/embedded.js';
import { migrate } from '../src/database/migrate.js';
import { appRole, ensureDatabase, keysRole, ownerRole } from '../src/database/roles.js';
import type { BenchContext, BenchResult } from './context.js';

type Bench = (context: BenchContext) => Promise<BenchResult[]>;

const benches: Record<string, () => Promise<Bench>> = {
  append: async () => (await import('./append.js')).appendBench,
  command: async () => (await import('./command.js')).commandBench,
  decide: async () => (await import('./decide.js')).decideBench,
  query: async () => (await import('./query.js')).queryBench,
  import: async () => (await import('./import.js')).importBench,
  backtest: async () => (await import('./backtest.js')).backtestBench,
};

const resultsFile = join(import.meta.dirname, 'results.json');
const log = { info: () => {}, warn: console.warn, error: console.error };

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`no benchmark called ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
const results = await withServer(async (server) => {
  const found: BenchResult[] = [];
  for (const name of names) {
    const bench = await benches[name]!();
    found.push(...(await bench({ freshDatabase: () => freshDatabase(server), progress })));
  }
  return found;
});
const machine = await facts();
writeFileSync(
  resultsFile,
  `${JSON.stringify({ machine, at: new Date().toISOString(), results: merged(results) }, null, 2)}\n`,
);
print(results);
process.exit(0);

async function withServer<T>(work: (server: Embedded) => Promise<T>): Promise<T> {
  const dataDir = join(tmpdir(), `dramatis-bench-${process.pid}`);
  const server = await startEmbedded({ dataDir, log });
  try {
    return await work(server);
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function freshDatabase({ urls }: Embedded): Promise<EmbeddedUrls> {
  const name = `bench_${randomBytes(4).toString('hex')}`;
  await withClient({ url: urls.superuser, applicationName: 'bench' }, async (client) => {
    await ensureDatabase(client, { name, owner: ownerRole, users: [appRole] });
    await ensureDatabase(client, { name: `${name}_keys`, owner: keysRole, users: [] });
  });
  const within = (url: string, database: string): string =>
    Object.assign(new URL(url), { pathname: `/${database}` }).href;
  const fresh = {
    owner: within(urls.owner, name),
    app: within(urls.app, name),
    superuser: within(urls.superuser, name),
    keys: within(urls.keys, `${name}_keys`),
  };
  const infra = resolve(import.meta.dirname, '../infra');
  await migrate({ ownerUrl: fresh.owner, appRole, dir: join(infra, 'migrations'), log });
  await migrate({ ownerUrl: fresh.keys, appRole: keysRole, dir: join(infra, 'migrations-keys'), log });
  return fresh;
}

/** New rows in the place of old ones of the same name; the others as they were. */
function merged(fresh: BenchResult[]): BenchResult[] {
  const known = existsSync(resultsFile)
    ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as { results: BenchResult[] }).results
    : [];
  const names = new Set(fresh.map(({ name }) => name));
  return [...known.filter(({ name }) => !names.has(name)), ...fresh];
}

async function facts(): Promise<Record<string, string | number>> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

function progress(text: string): void {
  console.error(`… ${text}`);
}

function print(rows: BenchResult[]): void {
  const lines = rows.map(({ name, figure, unit, limit, ratio, bar, met, note }) => [
    name,
    `${figure} ${unit}`,
    String(limit),
    ratio.toFixed(2),
    bar.toFixed(2),
    met ? 'met' : 'MISSED',
    note ?? '',
  ]);
  const table = [['bench', 'figure', 'against', 'ratio', 'bar', '', ''], ...lines];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
}
