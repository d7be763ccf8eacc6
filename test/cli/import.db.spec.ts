/** `dramatis import` of files that are not as they should be, and what `--dry-run` foretells. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dramatis, environmentOf, startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'dramatis-import-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function imported(content: string | Buffer, ...options: string[]) {
  const file = join(folder, 'prompts.csv');
  await writeFile(file, content);
  const env = { ...environmentOf(server), DRAMATIS_URL: server.url };
  const { code, stdout, stderr } = await dramatis(['import', file, '--json', ...options], env);
  return { code, stderr, report: (stdout ? JSON.parse(stdout) : null) as Record<string, unknown> | null };
}
const stored = async (): Promise<number> => (await server.get('/personas?limit=500')).body.items.length;

it('refuses a record that cannot be stored alone', async () => {
  const { code, report } = await imported('act,prompt\nOne,first\nTwo,se\0cond\nThree,third\n');
  expect(code).toBe(0);
  expect(report).toMatchObject({ records: 3, imported: 2, unchanged: 0 });
  expect(report!['refused']).toEqual([{ record: 2, name: 'Two', reason: expect.stringContaining('NUL') }]);
});

it('foretells with --dry-run what an import then does, and stores nothing', async () => {
  const lines = Array.from({ length: 20 }, (_, n) => `New ${n},prompt ${n}`);
  const content = ['act,prompt', 'One,first', ...lines, lines[0], 'Empty,', 'Three,third', ''].join('\n');
  const before = await stored();
  const foretold = await imported(content, '--dry-run');
  expect(foretold.code).toBe(0);
  expect(await stored()).toBe(before);
  const done = await imported(content);
  expect(done.report).toMatchObject({ records: 24, imported: 20, unchanged: 3 });
  expect(foretold.report).toEqual({ ...done.report, dryRun: true });
  expect((await imported(content, '--dry-run')).report).toMatchObject({ imported: 0, unchanged: 23 });
});

it('never imports a guess at bytes that are not UTF-8', async () => {
  const before = await stored();
  const { code, stderr } = await imported(Buffer.from('act,prompt\nCaf\xe9,prompt\n', 'latin1'));
  expect(code).toBe(1);
  expect(stderr).toContain('not UTF-8: line 2, byte 15');
  expect(await stored()).toBe(before);
});
