/** `dramatis backtest policy`: what the server’s own back-test says, worked out on the client’s side. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaNamed } from '../support/personas.js';
import { dramatis, environmentOf, ownerKey, startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let folder: string;
let adminKey: string;
/** The head of the log after everything was checked, and an instant before that. */
let head: string;
let between: string;

const noShell = { blockedActions: ['tool:shell.*', 'tool:payment.*'] };
const nightingale = {
  outputFilters: [{ name: 'project', pattern: '(?i)nightingale', action: 'block' }],
};

async function fileOf(candidate: unknown): Promise<string> {
  const file = join(folder, 'candidate.json');
  await writeFile(file, typeof candidate === 'string' ? candidate : JSON.stringify(candidate));
  return file;
}
async function cli(candidate: unknown, options: string[] = [], key = ownerKey) {
  const env = { ...environmentOf(server), DRAMATIS_URL: server.url, DRAMATIS_KEY: key };
  return dramatis(['backtest', 'policy', '--candidate', await fileOf(candidate), ...options], env);
}
async function report(candidate: unknown, ...options: string[]) {
  const { code, stdout, stderr } = await cli(candidate, [...options, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}
/** The server's, without what it adds: where it is recorded, and the candidate. */
async function servers(path: string, candidate: unknown, range = {}): Promise<Record<string, unknown>> {
  const { status, body } = await server.post(`${path}/backtest`, { candidate, ...range });
  expect(status).toBe(201);
  const { backtestId: _, candidate: __, ...rest } = body.reply;
  return rest;
}
const check = async (persona: string, asked: object): Promise<void> => {
  expect((await server.post(`/personas/${persona}/check-action`, asked)).status).toBe(201);
};

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'dramatis-backtest-'));
  for (const slug of ['clerk', 'writer']) await server.post('/personas', personaNamed(slug));
  await check('clerk', { action: 'tool:shell.run' });
  await server.send('PUT', '/personas/clerk/policy', { seed: 'code' });
  await server.post('/personas/clerk/policy/activate', {});
  await check('clerk', { action: 'tool:payment.refund', subjectId: 'kim' });
  await server.send('PUT', '/policy', { seed: 'strict' });
  await server.post('/policy/activate', { mode: 'shadow' });
  const { body } = await server.get('/events?types=PolicyActivated');
  between = body.items.at(-1).recordedAt;
  await check('clerk', { action: 'tool:docs.read' });
  const content = { direction: 'output', text: 'Project Nightingale' };
  await check('writer', { action: 'say', content, subjectId: 'lee' });
  await check('writer', { action: 'tool:notes.read', args: { query: 'nightingale' }, subjectId: 'lee' });
  await server.post('/members', { memberId: 'adam', roles: ['admin'], displayName: 'Adam' });
  adminKey = (await server.post('/api-keys', { memberId: 'adam', label: 'cli' })).body.reply.key;
  head = (await server.get('/whoami')).headers.get('x-position')!;
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('says what the server’s own back-test says, digest and all', () => {
  it.each([
    ['one that blocks', noShell, 2],
    ['one that looks into texts', nightingale, 0],
    ['a seed policy', { seed: 'strict' }, 2],
  ])('of a persona: %s', async (_, candidate, divergent) => {
    const found = await report(candidate, '--persona', 'clerk', '--to', head);
    expect(found).toEqual(await servers('/personas/clerk/policy', candidate, { to: head }));
    expect(found).toMatchObject({ decisions: 3, divergent });
  });

  it.each([
    ['one that blocks', noShell, 2],
    ['one that looks into texts', nightingale, 2],
  ])('of the floor: %s', async (_, candidate, divergent) => {
    const found = await report(candidate, '--to', head);
    expect(found).toEqual(await servers('/policy', candidate, { to: head }));
    expect(found).toMatchObject({ decisions: 5, divergent, notReplayableShare: 0 });
  });

  it('of a range between instants', async () => {
    const { recordedAt: end } = (await server.get('/events?types=ActionChecked')).body.items.at(-1);
    const offset = between.replace('Z', '+00:00');
    const found = await report(noShell, '--from', offset, '--to', end);
    const { fromPosition, toPosition, ...rest } = await servers('/policy', noShell, {
      from: between,
      to: end,
    });
    expect(found).toMatchObject(rest);
    expect(found).toMatchObject({ fromPosition, toPosition, decisions: 3 });
  });

  it('of the same range the same, each time', async () => {
    const [first, second] = [await report(noShell, '--to', head), await report(noShell, '--to', head)];
    expect(second).toEqual(first);
    expect(first['digest']).not.toBe((await report({ seed: 'general' }, '--to', head))['digest']);
  });
});

describe('prints', () => {
  it('a table of the decisions, those that differ, whom they affect, and the digest', async () => {
    const { code, stdout } = await cli(noShell, ['--persona', 'clerk', '--to', head]);
    expect(code).toBe(0);
    const { digest, firstDivergences } = await report(noShell, '--persona', 'clerk', '--to', head);
    const [shell, refund] = firstDivergences as { position: string; checkId: string }[];
    expect(stdout.split('\n')).toEqual([
      `3 decisions (positions 0 to ${head}): 2 differ, 0 cannot be taken again (0.0 %)`,
      '',
      'recorded ╲ candidate  deny  require_approval  allow',
      'deny                     0                 0      0',
      expect.stringMatching(/^require_approval /),
      expect.stringMatching(/^allow .* 1$/),
      '',
      expect.stringContaining(`${shell!.position}  tool:shell.run: `),
      expect.stringContaining(`→ deny  (blockedActions/tool:payment.*`),
      'affected: 1 personas, 1 subjects',
      `digest ${digest as string}`,
      '',
    ]);
    expect(stdout).toContain(refund!.checkId);
  });

  it('and fails where it is asked to: any divergence exits with 3', async () => {
    const failing = await cli(noShell, ['--fail-on-divergence', '--to', head]);
    expect(failing).toMatchObject({ code: 3, stderr: 'dramatis: 2 of 5 decisions differ\n' });
    expect(failing.stdout).toContain('digest ');
    const options = ['--fail-on-divergence', '--persona', 'clerk', '--from', between];
    expect(await cli({ seed: 'code' }, options)).toMatchObject({ code: 0, stderr: '' });
  });
});

it('counts what a key may not open, and says so once', async () => {
  const { code, stdout, stderr } = await cli(nightingale, ['--json', '--to', head], adminKey);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ divergent: 0, notReplayable: { 'content-sealed': 2 } });
  expect(stderr.match(/may not open/g)).toHaveLength(1);
  expect((await cli(noShell, ['--json', '--to', head], adminKey)).stderr).toBe('');
});

describe('refuses', () => {
  it.each([
    ['what is no JSON', '{', 1, 'no JSON'],
    ['a member that there is not', { blocked: [] }, 1, '/blocked: '],
    [
      'a policy that contradicts itself',
      { riskThreshold: 1, autoEscalationThreshold: 0.5 },
      1,
      '/riskThreshold: ',
    ],
  ])('%s', async (_, candidate, code, says) => {
    const failed = await cli(candidate);
    expect(failed.code).toBe(code);
    expect(failed.stderr).toContain(says);
  });

  it('a file that is not there', async () => {
    const env = { ...environmentOf(server), DRAMATIS_URL: server.url };
    expect(
      await dramatis(['backtest', 'policy', '--candidate', join(folder, 'nowhere.json')], env),
    ).toMatchObject({
      code: 2,
    });
    expect((await dramatis(['backtest', 'policy'], env)).code).toBe(2);
  });

  it.each([
    [['--persona', 'nobody'], 1, 'no such persona'],
    [['--from', '3', '--to', '2'], 2, 'ends before it begins'],
    [['--to', '999999'], 2, 'beyond the head'],
    [['--from', 'yesterday'], 2, 'no position and no instant'],
  ])('%j', async (options, code, says) => {
    const failed = await cli(noShell, options);
    expect(failed.code).toBe(code);
    expect(failed.stderr).toContain(says);
  });
});
