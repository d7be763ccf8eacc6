/** Malformed input of every kind that the contract names: 400 with a pointer, and the log has not grown. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { technicalAssistant } from '../support/personas.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let head: number;
const valid = JSON.stringify(technicalAssistant);
const withMember = (member: string): string => `${valid.slice(0, -1)},${member}}`;
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

interface Raw {
  status: number;
  body: { code: string; errors?: { pointer: string; detail: string }[] };
}

/** Sends bytes as they are: `fetch` would mend some of what is tried here. */
function raw(
  method: string,
  path: string,
  body?: Buffer | string,
  headers: Record<string, string> = {},
): Promise<Raw> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path,
        headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json', ...headers },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: answer.statusCode!, body: JSON.parse(text) as Raw['body'] });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const logHead = async (): Promise<number> => {
  const { body } = await server.get('/events?limit=500');
  return Number((body.items.at(-1) as { position: string }).position);
};

beforeAll(async () => {
  server = await startTestServer();
  await server.post('/personas', { ...technicalAssistant, slug: 'there' });
  head = await logHead();
});
afterAll(() => server.stop());

describe('a body', () => {
  it.each<[string, Buffer | string, string]>([
    ['that is cut off', '{"name": ', '/name'],
    ['that is no JSON', '{name: 1}', ''],
    ['that is empty', '', '/name'],
    ['that is a list', '[]', ''],
    ['that is a text', '"name"', ''],
    ['with a NUL', valid.replace('Technical Assistant', 'Technical\\u0000Assistant'), '/name'],
    ['with a lone surrogate', valid.replace('Technical Assistant', 'Technical\\ud800'), '/name'],
    [
      'with invalid UTF-8',
      Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      '',
    ],
    ['with a duplicate key', withMember('"name":"again"'), '/name'],
    ['with a duplicate key deep inside', withMember('"metadata":{"a":{"b":1,"b":2}}'), '/metadata/a/b'],
    ['with __proto__', withMember('"__proto__":{"x":1}'), '/__proto__'],
    ['with constructor inside', withMember('"metadata":{"constructor":1}'), '/metadata/constructor'],
    ['with 1e400', withMember('"maxTokens":1e400'), '/maxTokens'],
    ['beyond 2^53', withMember('"metadata":{"n":9007199254740993}'), '/metadata/n'],
    ['with digits that are lost', withMember('"metadata":{"n":0.12345678901234567890}'), '/metadata/n'],
    ['with an unknown member', withMember('"colour":"red"'), '/colour'],
    ['with an unknown member inside', valid.replace('"weight":2', '"weigth":2'), '/traits/0/weigth'],
    ['with a sealed value', valid.replace('"Technical Assistant"', '{"$sealed":{}}'), '/name/$sealed'],
    ['with bidi controls in a name', valid.replace('Technical Assistant', 'Tech\\u202enical'), '/name'],
    ['with a slug in capitals', valid.replace('"technical-assistant"', '"Technical"'), '/slug'],
    [
      'with a slug that looks like an id',
      valid.replace('"technical-assistant"', '"01890000-0000-7000-8000-000000000001"'),
      '/slug',
    ],
    ['with a reserved slug', valid.replace('"technical-assistant"', '"import"'), '/slug'],
    ['with a trait above its range', valid.replace('"value":90', '"value":101'), '/traits/0/value'],
    ['without traits', valid.replace(/"traits":\[.*?\]/, '"traits":[]'), '/traits'],
    [
      'with a text of 70 KiB',
      withMember(`"systemPromptTemplate":"${'x'.repeat(70_000)}"`),
      '/systemPromptTemplate',
    ],
    [
      'with 70 KiB of text in a dictionary',
      withMember(`"metadata":{"a":"${'x'.repeat(70_000)}"}`),
      '/metadata',
    ],
    ['with a status, which is ours', withMember('"status":"active"'), '/status'],
  ])('%s is refused', async (_, body, pointer) => {
    const answer = await raw('POST', '/api/v1/personas', body);
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 400 });
    expect(answer.body.errors?.map((error) => error.pointer)).toContain(pointer);
    expect(answer.body.errors?.[0]?.detail.length).toBeGreaterThan(0);
  });

  it('nested too deep is refused, however deep', async () => {
    for (const depth of [33, 5_000, 50_000]) {
      const answer = await raw('POST', '/api/v1/personas', nested(depth));
      expect({ depth, status: answer.status }).toEqual({ depth, status: depth > 40_000 ? 413 : 400 });
    }
  });

  it('suggests what an unknown member may have meant', async () => {
    const { body } = await raw('POST', '/api/v1/personas', valid.replace('"temperature"', '"temprature"'));
    expect(JSON.stringify(body.errors)).toContain('temperature');
  });

  it('larger than 256 kB is 413, of another type 415', async () => {
    expect((await raw('POST', '/api/v1/personas', `"${'x'.repeat(300_000)}"`)).status).toBe(413);
    expect((await raw('POST', '/api/v1/personas', valid, { 'content-type': 'text/plain' })).status).toBe(415);
  });
});

describe('an address', () => {
  it.each([
    ['with NUL', '/api/v1/personas/%00'],
    ['with invalid UTF-8', '/api/v1/personas/%ff'],
    ['with half an escape', '/api/v1/personas/%4'],
    ['with an unknown parameter', '/api/v1/personas?colour=red'],
    ['with a parameter twice', '/api/v1/personas?limit=1&limit=2'],
    ['with a NUL in a parameter', '/api/v1/personas?q=%00'],
    ['with a lone surrogate in a parameter', '/api/v1/personas?q=%ed%a0%80'],
    ['with a limit beyond 500', '/api/v1/personas?limit=501'],
    ['with a forged cursor', '/api/v1/personas?cursor=eyJhIjoxfQ.x'],
    ['as of no moment', '/api/v1/personas?asOf=yesterday'],
    ['as of a year that was not', '/api/v1/personas?asOf=0000-01-01T00:00:00Z'],
    ['as of a moment to come', '/api/v1/personas?asOf=2999-01-01T00:00:00.000Z'],
    ['as of a position to come', '/api/v1/personas?asOf=999999999'],
    ['where asOf does not exist', '/api/v1/audit?asOf=1'],
  ])('%s is refused', async (_, path) => {
    const answer = await raw('GET', path);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.length).toBeGreaterThan(0);
  });
});

describe('a header', () => {
  it.each<Record<string, string>>([
    { 'if-match': 'W/"1"' },
    { 'if-match': '1' },
    { 'if-match': '"one"' },
    { 'idempotency-key': '' },
    { 'idempotency-key': 'x'.repeat(256) },
    { 'idempotency-key': '"un' },
  ])('%j is refused', async (headers) => {
    const answer = await raw('PATCH', '/api/v1/personas/there/draft', '{"set":{"temperature":1}}', headers);
    expect(answer.status).toBe(400);
  });

  it.each(['x', '-1', '1.5', '99999999999999999999'])('X-Min-Position %s is refused', async (value) => {
    expect((await raw('GET', '/api/v1/personas', undefined, { 'x-min-position': value })).status).toBe(400);
  });
});

describe('an edit', () => {
  it.each([
    ['of nothing', {}],
    ['of both kinds', { set: {}, patch: [{ op: 'remove', path: '/tags' }] }],
    ['of the slug', { set: { slug: 'other' } }],
    ['out of range', { set: { temperature: 3 } }],
    ['of the prototype', { patch: [{ op: 'add', path: '/__proto__/x', value: 1 }] }],
    ['by an unknown operation', { patch: [{ op: 'merge', path: '/name', value: 'x' }] }],
    ['that removes what must be there', { set: { name: null } }],
  ])('%s is refused with a pointer', async (_, edit) => {
    const answer = await raw('PATCH', '/api/v1/personas/there/draft', JSON.stringify(edit));
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.length).toBeGreaterThan(0);
  });
});

it('after all of this the log has not grown', async () => expect(await logHead()).toBe(head));
