/** The command line as a user has it: processes of their own beside a server. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dramatis, environmentOf, ownerKey, startTestServer, type TestServer } from '../support/server.js';

const sample = join(import.meta.dirname, '../fixtures/prompts.csv');
let server: TestServer;
let folder: string;
let env: NodeJS.ProcessEnv;
const cli = (...args: string[]) => dramatis(args, { ...env, DRAMATIS_URL: server.url });

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'dramatis-cli-'));
  env = environmentOf(server);
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('dramatis import', () => {
  it('says with --dry-run what it would do, and does nothing', async () => {
    const { code, stdout } = await cli('import', sample, '--dry-run', '--json');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as { records: number; imported: number; refused: unknown[] };
    expect(report.imported + report.refused.length).toBe(report.records);
    expect((await server.get('/personas')).body.items).toEqual([]);
  });

  it('imports what has a prompt, reports the rest, and adds nothing the second time', async () => {
    const first = JSON.parse((await cli('import', sample, '--json')).stdout) as Record<string, number>;
    expect(first['imported']).toBeGreaterThan(0);
    const again = JSON.parse((await cli('import', sample, '--json')).stdout) as Record<string, number>;
    expect(again).toMatchObject({ imported: 0, unchanged: first['imported'] });
    expect((await server.get('/personas?limit=500')).body.items).toHaveLength(first['imported']!);
  });

  it('gives colliding slugs a number', async () => {
    const file = join(folder, 'twins.csv');
    await writeFile(file, 'act,prompt\n"The Twin","one"\n"The twin!","two"\n');
    await cli('import', file);
    const { body } = await server.get('/personas?q=twin');
    expect(body.items.map(({ slug }: { slug: string }) => slug).toSorted()).toEqual([
      'the-twin',
      'the-twin-2',
    ]);
  });

  it.each([
    ['a missing file', 'nowhere.csv', undefined, 2],
    ['other columns', 'columns.csv', 'a,b\n1,2\n', 1],
    ['broken quotes', 'quotes.csv', 'act,prompt\n"x,y\n', 1],
  ])('refuses %s clearly', async (_, name, content, expected) => {
    const file = join(folder, name);
    if (content) await writeFile(file, content);
    const { code, stderr } = await cli('import', file);
    expect({ code, says: /dramatis: .+/.test(stderr) }).toEqual({ code: expected, says: true });
    expect(stderr).not.toContain('    at ');
  });
});

describe('dramatis seed', () => {
  it('makes Abi, Abbey and Aviva once, and members with keys', async () => {
    const first = await cli('seed', '--demo', '--json');
    expect(first.code).toBe(0);
    const { personas, members } = JSON.parse(first.stdout) as {
      personas: { slug: string; made: boolean }[];
      members: { memberId: string; key: string | null }[];
    };
    expect(personas.map(({ slug, made }) => [slug, made])).toEqual([
      ['abi', true],
      ['abbey', true],
      ['aviva', true],
    ]);
    for (const { memberId, key } of members) {
      expect((await server.as(key!).get('/whoami')).body.id).toBe(memberId);
    }
    expect((await server.get('/personas/abbey')).body).toMatchObject({
      status: 'active',
      channels: { production: 1 },
    });
    const again = JSON.parse((await cli('seed', '--demo', '--json')).stdout) as typeof first & {
      personas: { made: boolean }[];
      members: { key: string | null }[];
    };
    expect(again.personas.some(({ made }) => made)).toBe(false);
    expect(again.members.every(({ key }) => key === null)).toBe(true);
  });
});

describe('dramatis replay', () => {
  it('prints the log as NDJSON, the same bytes twice', async () => {
    const first = await cli('replay');
    expect(first.code).toBe(0);
    const events = first.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { position: string });
    expect(events.map(({ position }) => position)).toEqual(events.map((_, n) => String(n + 1)));
    const again = await cli('replay', '--to', String(events.length));
    expect(again.stdout).toBe(first.stdout);
  });
});

describe('dramatis tenants and api-keys', () => {
  it('create a tenant whose owner sees nothing of others', async () => {
    const created = JSON.parse((await cli('tenants', 'create', 'Acme Corp', '--json')).stdout) as {
      tenantId: string;
      key: string;
    };
    expect(created.tenantId).toBe('acme-corp');
    const acme = server.as(created.key);
    expect((await acme.get('/personas')).body.items).toEqual([]);
    expect((await acme.get('/personas/abbey')).status).toBe(404);
    const own = await acme.get<string>('/events', { accept: 'application/x-ndjson' });
    expect(own.body.trim().split('\n')).toHaveLength(1);
    const again = await cli('tenants', 'create', 'Acme Corp');
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toContain('409');
  });

  it('issue, rotate, list and revoke keys', async () => {
    const issued = JSON.parse((await cli('api-keys', 'issue', 'owner', '--json')).stdout) as {
      keyId: string;
      key: string;
    };
    expect((await server.as(issued.key).get('/whoami')).status).toBe(200);
    const rotated = JSON.parse(
      (await cli('api-keys', 'rotate', issued.keyId, '--json')).stdout,
    ) as typeof issued;
    expect((await server.as(issued.key).get('/whoami')).status).toBe(401);
    expect((await cli('api-keys', 'revoke', rotated.keyId)).code).toBe(0);
    const listed = (await cli('api-keys', 'list', '--json')).stdout;
    expect(listed).toContain(rotated.keyId);
    expect(listed).not.toContain(issued.key.split('_')[2]);
  });
});

describe('dramatis rebuild and parked', () => {
  it('rebuilds a read model beside the server that serves it', async () => {
    const before = (await server.get('/personas?limit=500')).body.items;
    const { code, stdout } = await cli('rebuild', 'personas', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ projection: 'personas', state: 'live' });
    expect((await server.get('/personas?limit=500')).body.items).toEqual(before);
  });

  it('names the projections there are', async () => {
    const { code, stderr } = await cli('rebuild', 'everything');
    expect(code).toBe(2);
    expect(stderr).toContain('personas');
  });

  it('has nothing parked', async () => {
    expect(await cli('parked', 'list')).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('dramatis without a server', () => {
  it('does the same on the databases themselves', async () => {
    const { code, stdout } = await dramatis(['replay', '--to', '1'], { ...env, DRAMATIS_URL: '' });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { type: string }).type).toBe('TenantCreated');
  });

  it('says 5 when the named server does not answer', async () => {
    const { code, stderr } = await dramatis(['replay'], { ...env, DRAMATIS_URL: 'http://127.0.0.1:9' });
    expect(code).toBe(5);
    expect(stderr).toContain('does not answer');
  });
});

describe('dramatis config check', () => {
  it('is content with a good environment', async () => {
    expect(await dramatis(['config', 'check', '--json'], env)).toMatchObject({ code: 0 });
  });

  it('lists every problem and ends with 4', async () => {
    const { code, stderr } = await dramatis(['config', 'check'], {
      ...env,
      DRAMATIS_PORT: 'high',
      DRAMATIS_KEK: '',
      DRAMATIS_OWNER_KEY: 'secret',
    });
    expect(code).toBe(4);
    for (const name of ['DRAMATIS_PORT', 'DRAMATIS_OWNER_KEY']) expect(stderr).toContain(name);
  });

  it('warns of variables that nothing reads, and takes secrets from files', async () => {
    const file = join(folder, 'key');
    await writeFile(file, `${ownerKey}\n`);
    const { code, stderr } = await dramatis(['config', 'check'], {
      ...env,
      DRAMATIS_OWNER_KEY: '',
      DRAMATIS_OWNER_KEY_FILE: file,
      DRAMATIS_PRT: '1',
    });
    expect(code).toBe(0);
    expect(stderr).toContain('DRAMATIS_PRT');
  });

  it('serve ends with 4 when the schema is behind', async () => {
    const { code, stderr } = await dramatis(['serve'], {
      ...env,
      DRAMATIS_PORT: '0',
      DRAMATIS_DATABASE_URL: server.config.database!.keysUrl,
    });
    expect(code).toBe(4);
    expect(stderr).toContain('dramatis migrate');
  });
});

it('has help for every command, and 2 for a wrong one', async () => {
  const help = await cli('--help');
  expect(help.code).toBe(0);
  for (const name of [
    'serve',
    'migrate',
    'seed',
    'tenants',
    'api-keys',
    'import',
    'replay',
    'rebuild',
    'parked',
    'config',
  ]) {
    expect(help.stdout).toContain(name);
  }
  expect((await cli('frobnicate')).code).toBe(2);
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  expect((await cli('--version')).stdout.trim()).toBe(version);
});
