import { z } from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/commands/event-store/port.js';
import { refuse } from '../../src/commands/rejections.js';
import { Rejection } from '../../src/domain/kernel.js';
import type { AppDeps } from '../../src/api/app.js';
import { resourceOf } from '../../src/api/receipt-answer.js';
import type { Query } from '../../src/projections/engine/declaration.js';
import { nextLink } from '../../src/api/query-routes.js';
import { queries, startSmallApp, type Answered, type SmallApp } from './small-app.js';

let app: SmallApp;
beforeAll(async () => {
  app = await startSmallApp();
});
afterAll(() => app.server.close());
beforeEach(() => {
  app.audited.length = 0;
  app.ran.length = 0;
  app.requests.length = 0;
  app.logged.length = 0;
});
const call: SmallApp['call'] = (...all) => app.call(...all);
const create = (body: object = { name: 'x' }, headers: Record<string, string> = {}): Promise<Answered> =>
  call('POST', '/api/v1/things', { body, headers });

describe('who asks', () => {
  it.each<[string, Record<string, string>]>([
    ['nobody', {}],
    ['another scheme', { Authorization: 'Basic b3duZXIta2V5' }],
    ['no token', { Authorization: 'Bearer ' }],
    ['an unknown key', { Authorization: 'Bearer nobody' }],
    ['two tokens', { Authorization: 'Bearer owner-key owner-key' }],
  ])('%s: 401', async (_, headers) => {
    const answer = await call('GET', '/api/v1/whoami', { key: null, headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    expect(answer.json.code).toBe('unauthenticated');
    expect(app.audited).toEqual([]);
  });

  it('whoami tells the principal', async () => {
    const answer = await call('GET', '/api/v1/whoami');
    expect(answer.json).toEqual({
      tenantId: 'acme',
      kind: 'user',
      id: 'olga',
      credential: 'k1',
      roles: ['owner'],
      teams: ['crew'],
    });
    expect(answer.headers.get('x-position')).toMatch(/^\d+$/);
  });

  it('a denial is 403, names the permission and is audited, for commands and queries', async () => {
    const command = await call('POST', '/api/v1/things', { key: 'viewer-key', body: { name: 'x' } });
    const read = await call('GET', '/api/v1/events', { key: 'viewer-key' });
    expect([command.status, read.status]).toEqual([403, 403]);
    expect(read.json).toMatchObject({ code: 'forbidden', permission: 'events:read' });
    expect(app.audited).toMatchObject([
      {
        operationId: 'createThing',
        outcome: 'denied',
        permission: 'things:write',
        principal: { id: 'vera' },
      },
      { operationId: 'readEvents', outcome: 'denied', permission: 'events:read' },
    ]);
  });

  it('a denial that names no permission is audited with that of the operation', async () => {
    const own = await startSmallApp({
      handle: async () => {
        throw new Rejection('thing-protected', { status: 403, title: 'The thing is protected' });
      },
    });
    const item = { type: 'touchThing', input: { thingId: 't' } };
    await own.call('POST', '/api/v1/things/t/touch');
    await own.call('POST', '/api/v1/commands', { body: { commands: [item] } });
    const denied = { operationId: 'touchThing', outcome: 'denied', permission: 'things:write' };
    expect(own.audited).toMatchObject([denied, denied]);
    await own.server.close();
  });
});

describe('a command', () => {
  it('that makes something answers 201 with its receipt, opened', async () => {
    const { status, json, headers } = await create({ name: 'x', note: 'hello' });
    expect(status).toBe(201);
    expect(json).toEqual({
      commandId: expect.any(String) as string,
      id: expect.any(String) as string,
      stream: `thing-acme_${json.id}`,
      version: 1,
      position: expect.stringMatching(/^\d+$/) as string,
      events: [
        { id: json.commandId, type: 'CreateThing', data: { name: 'x', note: 'opened hello', size: 1 } },
      ],
    });
    expect(headers.get('location')).toBe(`/api/v1/things/${json.id}`);
    expect(headers.get('etag')).toBe('"1"');
    expect(headers.get('content-type')).toBe('application/json');
    expect((await call('GET', headers.get('location')!)).status).toBe(200);
  });

  it('that makes something with no address of its own answers without Location', async () => {
    const own = await startSmallApp({ queries: {} });
    const answer = await own.call('POST', '/api/v1/things', { body: { name: 'x' } });
    expect([answer.status, answer.headers.get('location')]).toEqual([201, null]);
    await own.server.close();
  });

  it('that goes on answers 200 without Location', async () => {
    const { json } = await create();
    const answer = await call('PUT', `/api/v1/things/${json.id}/name`, { body: { name: 'y' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.headers.get('etag')).toBe('"2"');
    expect(app.requests.at(-1)).toEqual({
      operationId: 'renameThing',
      input: { name: 'y', thingId: json.id },
      correlationId: answer.headers.get('request-id'),
    });
  });

  it('passes on the conditions, and is refused with what they ran into', async () => {
    const { json } = await create();
    const headers = { 'If-Match': '"1"', 'Idempotency-Key': '"k-1"' };
    const path = `/api/v1/things/${json.id}/name`;
    const first = await call('PUT', path, { body: { name: 'y' }, headers });
    const again = await call('PUT', path, { body: { name: 'y' }, headers });
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.text).toBe(first.text);
    expect(app.requests.at(-1)).toMatchObject({ ifMatch: 1, idempotencyKey: 'k-1' });
    const late = await call('PUT', path, { body: { name: 'z' }, headers: { 'If-Match': '"1"' } });
    expect(late.status).toBe(412);
    expect(late.json.currentVersion).toBe(2);
  });

  it.each([
    ['If-Match', 'W/"1"'],
    ['If-None-Match', '"1"'],
    ['Idempotency-Key', 'a b'],
  ])('refuses a malformed %s', async (name, value) => {
    const answer = await create({ name: 'x' }, { [name]: value });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'malformed-request', header: name });
    expect(app.requests).toEqual([]);
  });

  it.each<[what: string, path: string, body: unknown, pointer: string, detail: RegExp]>([
    ['an unknown field', '/things', { name: 'x', szie: 1 }, '/szie', /"size"/],
    ['a field of the address', '/things/t/name', { name: 'x', thingId: 'u' }, '/thingId', /no such field/],
    ['a query parameter', '/things?dry=1', { name: 'x' }, '/dry', /no such parameter/],
    ['a list', '/things', [], '', /must be a JSON object/],
    ['a text', '/things', 'x', '', /must be a JSON object/],
    ['null', '/things', null, '', /must be a JSON object/],
    ['nothing', '/things', undefined, '/name', /is required/],
  ])('refuses %s', async (_, path, body, pointer, detail) => {
    const answer = await call(path.includes('/name') ? 'PUT' : 'POST', `/api/v1${path}`, { body });
    expect(answer.status).toBe(400);
    expect(answer.json.errors).toContainEqual({ pointer, detail: expect.stringMatching(detail) as string });
  });

  it('answers refusals of its area as they are declared', async () => {
    const answer = await create({ name: 'locked' });
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ code: 'thing-locked', next: 'POST /things/:thingId/touch' });
  });

  it('with a defect answers 500 without a word, and logs it', async () => {
    const answer = await create({ name: 'defect' });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
    expect(app.logged).toContainEqual(
      expect.objectContaining({ msg: 'an operation failed', requestId: answer.json.instance }),
    );
  });

  it('with Prefer: return=representation answers the new state too', async () => {
    const { status, json, headers } = await create({ name: 'x' }, { Prefer: 'return=representation' });
    expect(status).toBe(201);
    expect(json.representation).toEqual({ thingId: json.id, name: 'x', version: 1 });
    expect(headers.get('preference-applied')).toBe('return=representation');
    expect(app.ran[0]).toMatchObject({ operationId: 'getThing', minPosition: Number(json.position) });
  });

  it('that is internal has no address', async () => {
    expect((await call('POST', '/api/v1/sweepThings')).status).toBe(404);
  });
});

describe('a query', () => {
  it('whose answer changes without its version is never answered 304', async () => {
    const own = await startSmallApp({
      runQuery: async () => ({
        answer: { body: { items: [], next: null }, version: 1, changesUnseen: true },
        position: 0,
        degraded: [],
      }),
    });
    const known = await own.call('GET', '/api/v1/things', { headers: { 'If-None-Match': '"1"' } });
    expect([known.status, known.headers.get('etag')]).toEqual([200, '"1"']);
    await own.server.close();
  });

  it('answers with position and ETag, and 304 to who knows it', async () => {
    const { json } = await create();
    const path = `/api/v1/things/${json.id}`;
    const answer = await call('GET', path);
    expect(answer.json).toEqual({ thingId: json.id, name: 'x', version: 1 });
    expect(answer.headers.get('x-position')).toBe(json.position);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('cache-control')).toBe('private, no-cache');
    expect(answer.headers.get('x-degraded')).toBeNull();
    const known = await call('GET', path, { headers: { 'If-None-Match': '"0", W/"1"' } });
    expect(known.status).toBe(304);
    expect(known.text).toBe('');
    expect(known.headers.get('etag')).toBe('"1"');
    const head = await call('HEAD', path);
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('waits for what its principal wrote last, not for the writes of others or of telemetry', async () => {
    const { json } = await create();
    await call('POST', `/api/v1/things/${json.id}/measures`);
    await call('GET', `/api/v1/things/${json.id}`);
    await call('GET', `/api/v1/things/${json.id}`, { key: 'viewer-key' });
    expect(app.ran[0]).toMatchObject({ ownPosition: Number(json.position) });
    expect(app.ran[1]).not.toHaveProperty('ownPosition');
    expect(app.ran[0]!.reader).toEqual({
      tenantId: 'acme',
      memberId: 'olga',
      roles: ['owner'],
      teams: ['crew'],
    });
  });

  it('hands on X-Min-Position and asOf, and refuses both when malformed', async () => {
    const { json } = await create();
    const path = `/api/v1/things/${json.id}`;
    const headers = { 'X-Min-Position': '1' };
    await call('GET', `${path}?asOf=2026-01-31T12:00:00Z`, { headers });
    await call('GET', `${path}?asOf=12`);
    expect(app.ran).toMatchObject([{ minPosition: 1, asOf: '2026-01-31T12:00:00Z' }, { asOf: '12' }]);
    expect((await call('GET', path, { headers: { 'X-Min-Position': 'x' } })).status).toBe(400);
    for (const asOf of [
      '',
      'x',
      '-1',
      '2026-01-31',
      '2026-01-31T12:00:00',
      '2026-13-31T12:00:00Z',
      '1&asOf=2',
    ]) {
      const answer = await call('GET', `${path}?asOf=${asOf}`);
      expect(answer.status).toBe(400);
      expect(answer.json.errors[0].pointer).toBe('/asOf');
    }
  });

  it('without asOf does not know the parameter', async () => {
    const answer = await call('GET', '/api/v1/things?asOf=1');
    expect(answer.status).toBe(400);
    expect(answer.json.errors[0].pointer).toBe('/asOf');
  });

  it('refuses bad parameters before it runs', async () => {
    for (const query of ['limit=501', 'nope=1', 'limit=1&limit=2', 'isSmall=1']) {
      expect((await call('GET', `/api/v1/things?${query}`)).status).toBe(400);
    }
    expect(app.ran).toEqual([]);
  });

  it('shows pages, caches, degradation and opened values as the answer says', async () => {
    const answers: Awaited<ReturnType<AppDeps['runQuery']>>[] = [
      { answer: { body: { items: [], next: 'a/b' } }, position: 9, degraded: ['things', 'others'] },
      {
        answer: { body: { text: { $sealed: { ct: 'x' } } }, maxAge: 300, version: 'h' },
        position: 9,
        degraded: [],
      },
    ];
    const own = await startSmallApp({ runQuery: async () => answers.shift()! });
    const page = await own.call('GET', '/api/v1/things?cursor=old&limit=2');
    expect(page.headers.get('link')).toBe('</api/v1/things?limit=2&cursor=a%2Fb>; rel="next"');
    expect(page.headers.get('x-degraded')).toBe('things, others');
    expect(page.headers.get('cache-control')).toBe('no-store');
    const kept = await own.call('GET', '/api/v1/things');
    expect(kept.headers.get('cache-control')).toBe('private, max-age=300');
    expect(kept.headers.get('etag')).toBe('"h"');
    expect(kept.json).toEqual({ text: 'opened x' });
    await own.server.close();
  });

  it('that cannot be answered now says so', async () => {
    const own = await startSmallApp({
      runQuery: async () => {
        throw new StoreUnavailable('gone');
      },
    });
    const answer = await own.call('GET', '/api/v1/things');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.json).toMatchObject({ code: 'unavailable', retryable: true });
    await own.server.close();
  });

  it('that fails after a command took effect leaves the receipt as it is', async () => {
    const own = await startSmallApp({ runQuery: async () => refuse('unavailable') });
    const { status, json, headers } = await own.call('POST', '/api/v1/things', {
      body: { name: 'x' },
      headers: { Prefer: 'return=representation' },
    });
    expect(status).toBe(201);
    expect(json).not.toHaveProperty('representation');
    expect(headers.get('preference-applied')).toBeNull();
    await own.server.close();
  });
});

describe('addresses', () => {
  it('are exact: case, trailing slash, extra segments', async () => {
    for (const path of [
      '/api/v1/Things',
      '/api/v1/things/',
      '/api/v1/things/a/',
      '/API/v1/things',
      '/api/v1',
    ]) {
      const answer = await call('GET', path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.json.code).toBe('not-found');
    }
  });

  it('answer 405 with Allow to other methods, and OPTIONS', async () => {
    const answer = await call('DELETE', '/api/v1/things');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS');
    expect(answer.json.code).toBe('method-not-allowed');
    const options = await call('OPTIONS', '/api/v1/things/import', { key: null });
    expect(options.status).toBe(204);
    expect(options.headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS');
    expect((await call('PATCH', '/readyz', { key: null })).status).toBe(405);
  });

  it('prefer a fixed segment to a parameter', async () => {
    const answer = await call('POST', '/api/v1/things/import', { body: { name: 'x' } });
    expect(answer.status).toBe(201);
    expect(answer.json.events[0].type).toBe('ImportThing');
  });

  it.each(['/api/v1/things/%00', '/api/v1/things/%ED%A0%80', '/api/v1/things/%E0%A4', '/api/v1/%'])(
    'refuse %s',
    async (path) => {
      const answer = await call('GET', path);
      expect(answer.status).toBe(400);
      expect(answer.json.code).toBe('malformed-request');
    },
  );

  it('give no way out of their place', async () => {
    for (const path of [
      '/docs/..%2f..%2fpackage.json',
      '/docs/%2e%2e%2fpackage.json',
      '/docs/swagger-ui.js',
    ]) {
      expect((await call('GET', path, { key: null })).status).toBe(404);
    }
  });
});

describe('every answer', () => {
  it('carries a Request-Id, a given one if it is sane', async () => {
    const taken = await call('GET', '/livez', { headers: { 'Request-Id': 'abc-1.2:3' } });
    expect(taken.headers.get('request-id')).toBe('abc-1.2:3');
    const drawn = await call('GET', '/api/v1/nothing', { headers: { 'Request-Id': 'a b' } });
    expect(drawn.headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(drawn.json.instance).toBe(drawn.headers.get('request-id'));
  });

  it('is safe to show in a browser and does not say what made it', async () => {
    const { headers } = await call('GET', '/api/v1/whoami');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('is logged without address, input or key', async () => {
    await create({ name: 'a private name' });
    await call('GET', '/api/v1/things?cursor=private-cursor');
    const text = JSON.stringify(app.logged);
    expect(text).not.toMatch(/private|owner-key|api\/v1/);
    expect(app.logged).toContainEqual(
      expect.objectContaining({ operationId: 'createThing', status: 201, tenant: 'acme', member: 'olga' }),
    );
  });
});

describe('the resource of a command', () => {
  const read = (http: string): Query => ({ ...Object.values(queries)[0]!, http: `GET ${http}` as 'GET /' });
  const all = {
    getThing: read('/things/:thingId'),
    listThings: read('/things'),
    getLid: read('/things/:thingId/lid'),
    getOptions: { ...read('/options'), output: z.strictObject({ isOn: z.boolean() }) },
    listBoxes: { ...read('/boxes'), output: z.strictObject({ items: z.array(z.string()) }) },
    getLook: read('/looks/:lookId'),
  };
  it.each([
    ['what is read at its own address', 'PATCH /options', 'optionsId', 'getOptions'],
    ['what is read at its own address', 'PUT /things/:thingId/lid', 'thingId', 'getLid'],
    ['what it is an action on', 'POST /things/:thingId/lid/open', 'thingId', 'getLid'],
    ['what it is an action on', 'POST /options/activate', 'optionsId', 'getOptions'],
    ['no list', 'POST /boxes/import', 'boxId', undefined],
    ['what it is an action on', 'PUT /things/:thingId/name', 'thingId', 'getThing'],
    ['the thing that it makes', 'POST /things', 'thingId', 'getThing'],
    ['the thing that it makes, read elsewhere', 'POST /things/:thingId/look-at', 'lookId', 'getLook'],
    ['of the last collection in its address', 'POST /boxes/:boxId/things', 'tenantId', 'getThing'],
    ['nothing', 'POST /boxes/:boxId/open', 'boxId', undefined],
  ])('is %s: %s', (_, http, id, operationId) => {
    expect(resourceOf(http, all, id)?.operationId).toBe(operationId);
  });
});

it('a next link replaces the cursor and keeps the rest', () => {
  const link = (target: string, body: unknown) => nextLink(target, 'cursor', { cursor: 1 }, body)['Link'];
  expect(link('/x', { next: 'n' })).toBe('</x?cursor=n>; rel="next"');
  expect(link('/x?a=1&cursor=o&b=%2C', { next: 'n' })).toBe('</x?a=1&b=%2C&cursor=n>; rel="next"');
  expect(link('/x', { next: null })).toBeUndefined();
  expect(link('/x', [])).toBeUndefined();
  expect(nextLink('/x', 'cursor', {}, { next: 'n' })).toEqual({});
});
