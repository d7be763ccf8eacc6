/** Laws of every route there is, taken from the declarations: what is added tomorrow obeys them too. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsOf, modules } from '../../src/commands/registry.js';
import { kindOf, unwrapped } from '../../src/domain/schema-walk.js';
import { role } from '../../src/domain/tenancy/events.js';
import { allowed } from '../../src/domain/tenancy/permissions.js';
import { queriesOf, readModules } from '../../src/projections/engine/registry.js';
import { arbitraryOf } from '../support/arbitrary.js';
import type { Answer, HttpClient } from '../support/http.js';
import { personaNamed } from '../support/personas.js';
import { seedFor } from '../support/seed.js';
import { startTestServer, type TestServer } from '../support/server.js';

const seed = seedFor('the HTTP laws');
let server: TestServer;
let head: string;
const byRole: Partial<Record<string, HttpClient>> = {};
let stranger: HttpClient;
const thing = '01890000-0000-7000-8000-000000000001';

const commands = [...commandsOf(modules).values()].filter(({ command }) => command.http !== 'internal');
const operations = [
  ...commands.map(({ operationId, command }) => ({ operationId, ...command })),
  ...[...queriesOf(readModules)].map(([operationId, query]) => ({ operationId, ...query })),
].map((operation) => {
  const [method, path] = operation.http.split(' ') as [string, string];
  return { ...operation, method, path };
});
const names = operations.map((operation): [string, (typeof operations)[number]] => [
  operation.operationId,
  operation,
]);

/** A value for a path member that its schema accepts. */
const filled = (path: string): string =>
  path.replace(/:(\w+)/g, (_, name: string) => {
    const values: Record<string, string> = {
      versionNo: '1',
      channel: 'production',
      platformType: 'linkedin',
      flag: 'beta',
    };
    return values[name] ?? thing;
  });

/** An input that the schema accepts, less what stands in the path. */
function bodyOf({ path, input }: (typeof operations)[number]): Record<string, unknown> {
  const picks = { parentPersonaId: fc.constant(undefined), personaId: fc.constant(thing) };
  const [value] = fc.sample(arbitraryOf(input, { picks }), { seed, numRuns: 1 }) as Record<string, unknown>[];
  const inPath = new Set([...path.matchAll(/:(\w+)/g)].map((match) => match[1]!));
  return Object.fromEntries(Object.entries(value!).filter(([name]) => !inPath.has(name)));
}

const call = (
  client: HttpClient,
  operation: (typeof operations)[number],
  body: unknown = operation.method === 'GET' ? undefined : bodyOf(operation),
): Promise<Answer> => client.send(operation.method, filled(operation.path), body);

async function position(): Promise<string> {
  const { body } = await server.get('/events?limit=500&after=0');
  return (body.items.at(-1) as { position: string }).position;
}

function expectProblem({ headers, body, status }: Answer, expected: number, code?: string): void {
  expect({ status, code: body.code }).toEqual({ status: expected, code: code ?? body.code });
  expect(headers.get('content-type')).toContain('application/problem+json');
  expect(body).toMatchObject({
    type: `/problems/${body.code}`,
    title: expect.any(String),
    status: expected,
    instance: headers.get('request-id'),
    retryable: expect.any(Boolean),
  });
}

beforeAll(async () => {
  server = await startTestServer();
  for (const name of role.options) {
    await server.post('/members', { memberId: name, displayName: name, roles: [name] });
    const { body } = await server.post('/api-keys', { memberId: name, label: 'law' });
    byRole[name] = server.as(body.reply.key);
  }
  const { body } = await server.post('/tenants', { name: 'Elsewhere' });
  stranger = server.as(body.reply.key);
  await server.post('/personas', personaNamed('here'));
  await server.send('PUT', '/feature-flags/beta', { enabled: true });
  head = await position();
});
afterAll(() => server.stop());

describe.each(names)('%s', (_, operation) => {
  it('needs a key', async () => {
    for (const key of ['', 'nonsense', 'dk_default.owner_wrong', 'dk_nowhere.1_x']) {
      const answer = await call(server.as(key), operation);
      expectProblem(answer, 401, 'unauthenticated');
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  it('is refused to roles without its permission, and to no others', async () => {
    for (const name of role.options) {
      const may = allowed({ tenantId: 'default', roles: [name] }, operation.permission);
      // What may be done is not done here: a query, or a malformed command, tells as much.
      const answer =
        operation.method === 'GET'
          ? await call(byRole[name]!, operation)
          : await call(byRole[name]!, operation, may ? { surely: 'unknown' } : bodyOf(operation));
      if (may) expect(answer.status).not.toBe(403);
      else expectProblem(answer, 403, 'forbidden');
    }
  });

  it('refuses what it does not know, with a pointer', async () => {
    const isGet = operation.method === 'GET';
    const answer = isGet
      ? await server.get(`${filled(operation.path)}?surely=unknown`)
      : await call(server, operation, { ...bodyOf(operation), surely: 'unknown' });
    expectProblem(answer, 400);
    const pointers = answer.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(pointers).toContain('/surely');
  });

  it('shows nothing of another tenant', async () => {
    if (!operation.path.includes(':')) return;
    // A tenant names its flags itself: a command under a name in use elsewhere is about a flag of its own.
    if (operation.path.includes(':flag') && operation.method !== 'GET') return;
    for (const path of [
      filled(operation.path),
      operation.path.replace(':personaId', 'here').replace(/:\w+/g, '1'),
    ]) {
      const body = operation.method === 'GET' ? undefined : bodyOf(operation);
      const answer = await stranger.send(operation.method, path, body);
      expect([400, 404]).toContain(answer.status);
    }
  });

  it('knows its other methods as 405 and nothing of addresses beside it', async () => {
    const wrong = await server.send('PATCH', '/whoami');
    expectProblem(wrong, 405, 'method-not-allowed');
    expect(wrong.headers.get('allow')).toContain('GET');
    expectProblem(await server.get(`${filled(operation.path)}/surely/nothing`), 404, 'not-found');
  });
});

describe('a number in the query', () => {
  const lists = operations.filter(
    ({ method, input }) =>
      method === 'GET' &&
      'limit' in input.shape &&
      kindOf(unwrapped(input.shape['limit'] as never)) === 'number',
  );
  it.each(lists.map(({ path }) => path))('of %s is held to its range', async (path) => {
    for (const limit of ['0', '501', '-1', '1.5', 'many', '']) {
      expectProblem(await server.get(`${filled(path)}?limit=${limit}`), 400, 'invalid-input');
    }
  });
});

describe('after all of this', () => {
  it('the log has not grown by a single event', async () => {
    expect(await position()).toBe(head);
  });
});
