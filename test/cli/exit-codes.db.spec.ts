/** What the exit codes of the command line tell apart: usage 2, configuration 4, unavailable 5. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresProxy } from '../support/postgres-proxy.js';
import { dramatis, environmentOf, startTestServer, type TestServer } from '../support/server.js';

const nowhere = 'postgres://nobody:secret@127.0.0.1:9/none';
let server: TestServer;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  server = await startTestServer();
  env = environmentOf(server);
});
afterAll(() => server.stop());

describe('a database that does not answer', () => {
  it.each([
    ['migrate', 'DRAMATIS_MIGRATE_URL'],
    ['migrate', 'DRAMATIS_KEYS_URL'],
    ['rebuild personas', 'DRAMATIS_DATABASE_URL'],
    ['rebuild personas', 'DRAMATIS_KEYS_URL'],
    ['parked list', 'DRAMATIS_DATABASE_URL'],
    ['parked retry personas', 'DRAMATIS_KEYS_URL'],
  ])('ends %s with 5 and one line that names %s', async (command, variable) => {
    const { code, stdout, stderr } = await dramatis(command.split(' '), { ...env, [variable]: nowhere });
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^dramatis: the database of ${variable} does not answer: .*\\n$`));
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).not.toContain('secret');
  });

  it('ends a command with 5 also when it goes away under it', async () => {
    const proxy = await postgresProxy(server.config.database!.migrateUrl!);
    try {
      proxy.fail('cut', /migration/i, 1);
      const { code, stderr } = await dramatis(['migrate'], { ...env, DRAMATIS_MIGRATE_URL: proxy.url });
      expect({ code, fired: proxy.fired }).toEqual({ code: 5, fired: 1 });
      expect(stderr).not.toContain('    at ');
    } finally {
      await proxy.close();
    }
  });
});

it.each(['parked list', 'rebuild personas'])('ends %s with 4 under another KEK', async (command) => {
  const { code, stderr } = await dramatis(command.split(' '), { ...env, DRAMATIS_KEK: 'ab'.repeat(32) });
  expect(code).toBe(4);
  expect(stderr).toMatch(/^dramatis: .+\n$/);
});

it('migrates what answers', async () => {
  expect(await dramatis(['migrate', '--json'], env)).toMatchObject({ code: 0, stdout: '{"applied":[]}\n' });
});

it('lists the problems of the configuration as JSON', async () => {
  const bad = { ...env, DRAMATIS_PORT: 'high', DRAMATIS_OWNER_KEY: 'secret' };
  const { code, stdout } = await dramatis(['config', 'check', '--json'], bad);
  expect(code).toBe(4);
  const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: string[] };
  expect(ok).toBe(false);
  for (const name of ['DRAMATIS_PORT', 'DRAMATIS_OWNER_KEY']) expect(problems.join()).toContain(name);
  expect((await dramatis(['config', 'check'], bad)).stdout).toBe('');
});

it.each([
  ['replay', '--url', 'nope'],
  ['replay', '--url', 'localhost:4000'],
  ['replay', '--after', 'x'],
  ['replay', '--to', '-1'],
  ['replay', '--log', 'x'],
  ['replay', '--form', 'x'],
  ['import', '--url', 'nope', 'file.csv'],
  ['seed', '--url', ''],
])('ends %s %s %s with 2 and names the option', async (...args) => {
  const { code, stdout, stderr } = await dramatis(args, env);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^error: option '${args[1]} `));
});
