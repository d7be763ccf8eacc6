/** The key in the data directory stays one that works. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { dramatis, environmentOf, startTestServer, type TestServer } from '../support/server.js';

interface Issued {
  keyId: string;
  key: string;
}

let server: TestServer;
let file: string;
let kept: Issued;
const cli = (...args: string[]) =>
  dramatis([...args, '--json'], {
    ...environmentOf(server),
    DRAMATIS_URL: server.url,
    DRAMATIS_OWNER_KEY: '',
  });
const content = async (): Promise<string> => (await readFile(file, 'utf8')).trim();
async function issued(): Promise<Issued> {
  const { body } = await server.post('/api-keys', { memberId: 'owner', label: 'test' });
  return (body as { reply: Issued }).reply;
}

beforeAll(async () => {
  server = await startTestServer();
  file = join(server.config.dataDir, 'owner.key');
});
afterAll(() => server.stop());
beforeEach(async () => {
  kept = await issued();
  await writeFile(file, `${kept.key}\n`, { mode: 0o600 });
});

it('is replaced by the one that it was rotated to', async () => {
  const { code, stdout, stderr } = await cli('api-keys', 'rotate', kept.keyId);
  expect(code).toBe(0);
  expect(await content()).toBe((JSON.parse(stdout) as Issued).key);
  expect(stderr).toContain(file);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(server.config.dataDir)).filter((name) => name.startsWith('owner.key'))).toHaveLength(
    1,
  );
  expect((await cli('api-keys', 'list')).code).toBe(0);
});

it('stays when another key was rotated', async () => {
  expect((await cli('api-keys', 'rotate', (await issued()).keyId)).code).toBe(0);
  expect(await content()).toBe(kept.key);
});

it('stays when the key that was shown is not from there', async () => {
  const other = await issued();
  expect((await cli('api-keys', 'rotate', other.keyId, '--key', other.key)).code).toBe(0);
  expect(await content()).toBe(kept.key);
});
