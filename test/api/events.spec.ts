import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventSchema } from '../../src/api/event-selection.js';
import { append, handTimers, sealed, startSmallApp, type SmallApp } from './small-app.js';

let app: SmallApp;
const lines = { Accept: 'application/x-ndjson' };
/** Twelve events: 1–10 of acme (things a and b, one box), 11 of another tenant, 12 of acme. */
beforeAll(async () => {
  app = await startSmallApp();
  const of = (tenantId: string, stream: string, type: string, data: object = {}) =>
    append(app.store, {
      tenantId,
      stream: `${stream.split(' ')[0]}-${tenantId}_${stream.split(' ')[1]}`,
      type,
      data,
    });
  for (let version = 1; version <= 4; version++) await of('acme', 'thing a', 'ThingRenamed', { version });
  for (let version = 1; version <= 5; version++)
    await of('acme', 'thing b', 'ThingRenamed', { note: sealed('n') });
  await of('acme', 'box c', 'BoxOpened', { note: sealed('secret') });
  await of('other', 'thing d', 'ThingRenamed');
  await of('acme', 'thing a', 'ThingLost');
});
afterAll(() => app.server.close());
beforeEach(() => void (app.audited.length = 0));
const get = (path: string, headers: Record<string, string> = {}, key = 'admin-key') =>
  app.call('GET', `/api/v1${path}`, { headers, key });
const positions = (text: string): number[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => Number((JSON.parse(line) as { position: string }).position));

describe('GET /events', () => {
  it('answers events as the contract has them, in order, of the own tenant only', async () => {
    const { json, headers } = await get('/events');
    expect(json.next).toBeNull();
    expect(json.items.map((event: { position: string }) => event.position)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12].map(String),
    );
    for (const event of json.items as unknown[]) eventSchema.parse(event);
    expect(json.items[0]).toMatchObject({
      position: '1',
      type: 'ThingRenamed',
      tenant: 'acme',
      stream: 'thing-acme_a',
      version: 1,
      data: { version: 1 },
      meta: { causationId: null, subjects: [] },
    });
    expect(headers.get('x-position')).toBe('12');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(app.audited).toMatchObject([
      { operationId: 'readEvents', outcome: 'read', principal: { id: 'adam' } },
    ]);
  });

  it('pages without skipping or repeating', async () => {
    const seen: string[] = [];
    let path: string | undefined = '/events?limit=3&categories=thing';
    while (path !== undefined) {
      const { json, headers } = await get(path);
      seen.push(...json.items.map((event: { position: string }) => event.position));
      const link = /^<\/api\/v1(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      expect(link !== undefined).toBe(json.next !== null);
      path = link;
    }
    expect(seen).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '12']);
  });

  it('selects by type, category, stream and range', async () => {
    const found = async (query: string): Promise<string> =>
      (await get(`/events?${query}`)).json.items
        .map((event: { position: string }) => event.position)
        .join(' ');
    expect(await found('types=BoxOpened,ThingLost')).toBe('10 12');
    expect(await found('types=BoxOpened&types=ThingLost')).toBe('10 12');
    expect(await found('categories=box')).toBe('10');
    expect(await found('stream=thing-acme_a')).toBe('1 2 3 4 12');
    expect(await found('after=3&to=5')).toBe('4 5');
    expect(await found('after=5&to=3')).toBe('');
    expect(await found('after=12')).toBe('');
    expect(await found('log=telemetry')).toBe('');
  });

  it.each([{}, lines])('never goes beyond the head: %j', async (accept: Record<string, string>) => {
    for (const path of ['/events?after=13', '/events?after=13&to=20', '/events?after=1&log=telemetry']) {
      const answer = await get(path, accept);
      expect([answer.status, answer.json.code]).toEqual([400, 'invalid-input']);
      expect(answer.json.errors[0].pointer).toBe('/after');
    }
    for (const path of ['/events', '/events?to=99', '/events?after=12', '/events?limit=2', '/events?to=5']) {
      const answer = await get(path, accept);
      expect([path, answer.status, answer.headers.get('x-position')]).toEqual([path, 200, '12']);
    }
  });

  it('reflects the log up to the head that it names', async () => {
    const own = await startSmallApp();
    const add = () => append(own.store, { tenantId: 'acme', stream: 'thing-acme_a', type: 'ThingRenamed' });
    await add();
    const { readAll } = own.store;
    own.store.readAll = async (...all) => {
      await add();
      return readAll.apply(own.store, all);
    };
    const { json, headers } = await own.call('GET', '/api/v1/events');
    expect([headers.get('x-position'), json.items.length, json.next]).toEqual(['1', 1, null]);
    await own.server.close();
  });

  it('says that a range has ended, also when more lies behind it', async () => {
    expect((await get('/events?after=3&to=5&limit=2')).json.next).toBeNull();
    expect((await get('/events?after=3&to=5&limit=1')).json.next).toBe('4');
  });

  it.each([
    '/events?after=-1',
    '/events?after=1.5',
    '/events?after=x',
    '/events?limit=501',
    '/events?limit=0',
    '/events?types=a%20b',
    '/events?types=',
    '/events?log=other',
    '/events?form=both',
    '/events?cursor=1',
    '/streams/thing-acme_a?after=x',
    '/events/stream?limit=5',
  ])('refuses %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(400);
    expect(answer.json.errors[0].pointer).toMatch(/^\/[a-z]+(\/0)?$/);
  });

  it('shows sealed values sealed, and opens them for who may', async () => {
    const stored = await get('/events?categories=box');
    expect(stored.json.items[0].data.note).toHaveProperty('$sealed');
    const opened = await get('/events?categories=box&form=open', {}, 'owner-key');
    expect(opened.json.items[0].data).toEqual({ note: 'opened secret' });
    expect(app.audited.map(({ outcome }) => outcome)).toEqual(['read', 'opened']);
  });

  it('opens nothing for who may only read', async () => {
    for (const path of ['/events?form=open', '/streams/thing-acme_b?form=open']) {
      const answer = await get(path);
      expect(answer.status).toBe(403);
      expect(answer.json.permission).toBe('events:open');
    }
    expect(app.audited.map(({ outcome }) => outcome)).toEqual(['denied', 'denied']);
  });

  it('demands X-Min-Position of the log', async () => {
    expect((await get('/events', { 'X-Min-Position': '12' })).status).toBe(200);
    expect((await get('/events', { 'X-Min-Position': '13' })).status).toBe(400);
  });

  it('knows no stream of another tenant', async () => {
    for (const path of [
      '/events?stream=thing-other_d',
      '/streams/thing-other_d',
      '/events/stream?stream=thing-other_d',
    ]) {
      expect((await get(path)).status).toBe(404);
    }
    expect((await get('/streams/thing-other_d', {}, 'no-key')).status).toBe(401);
    expect((await app.call('GET', '/api/v1/streams/thing-other_d', { key: 'other-key' })).status).toBe(200);
  });
});

describe('GET /events as lines', () => {
  it('streams the whole range as stored, whatever the limit', async () => {
    const { text, headers, status } = await get('/events?limit=2', lines);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(headers.get('x-position')).toBe('12');
    expect(positions(text)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]);
    const page = await get('/events');
    expect(`{"items":[${text.trimEnd().split('\n').join(',')}],"next":null}`).toBe(page.text.trimEnd());
  });

  it.each([
    ['APPLICATION/X-NDJSON', true],
    ['application/x-ndjson, */*', true],
    ['application/x-ndjson, application/json;q=0.5', true],
    ['application/x-ndjson;q=0', false],
    ['application/x-ndjson;q=0.1, application/json', false],
    ['application/x-ndjson-not', false],
    ['*/*', false],
    ['text/plain', false],
  ])('Accept: %s', async (accept, isLines) => {
    const { headers } = await get('/events', { Accept: accept });
    expect(headers.get('content-type')).toBe(isLines ? 'application/x-ndjson' : 'application/json');
    expect(headers.get('vary')).toBe('Accept');
  });

  it('keeps to range and selection', async () => {
    expect(positions((await get('/events?after=2&to=6&stream=thing-acme_a', lines)).text)).toEqual([3, 4]);
    expect((await get('/events?after=12', lines)).text).toBe('');
  });

  it('opens values, and never more than the range', async () => {
    const { text } = await get('/events?form=open&to=10', lines, 'owner-key');
    expect(positions(text)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(text).not.toContain('$sealed');
    expect(text).toContain('opened secret');
  });

  it('breaks off when the store fails on the way, so that nobody takes the part for the whole', async () => {
    const own = await startSmallApp();
    await append(own.store, { tenantId: 'acme', stream: 'thing-acme_a', type: 'ThingRenamed' });
    own.store.exportLines = async function* () {
      yield Buffer.from('{}\n');
      throw new Error('gone');
    };
    await expect(own.call('GET', '/api/v1/events', { headers: lines })).rejects.toThrow();
    own.store.exportLines = async function* () {
      yield* [];
      throw new Error('gone at once');
    };
    const answer = await own.call('GET', '/api/v1/events', { headers: lines });
    expect([answer.status, answer.json.code]).toEqual([500, 'internal-error']);
    await own.server.close();
  });

  it('holds one chunk for a reader that stalls, and gives it up after a minute', async () => {
    const timers = handTimers();
    const own = await startSmallApp({ timers });
    await append(own.store, { tenantId: 'acme', stream: 'thing-acme_a', type: 'ThingRenamed' });
    let chunks = 0;
    let isReleased = false;
    own.store.exportLines = async function* () {
      try {
        for (; chunks < 1_000; chunks++) yield Buffer.alloc(256 * 1024, 0x20);
      } finally {
        isReleased = true;
      }
    };
    const socket = connect(Number(new URL(own.server.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      'GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer owner-key\r\nAccept: application/x-ndjson\r\n\r\n',
    );
    socket.pause();
    await expect.poll(() => own.responses[0]?.writableNeedDrain).toBe(true);
    let before = -1;
    await expect
      .poll(() => {
        const isStill = chunks === before;
        before = chunks;
        return isStill;
      })
      .toBe(true);
    expect(chunks).toBeLessThan(100);
    expect(own.responses[0]!.writableLength).toBeLessThan(600 * 1024);
    timers.advance(60_000);
    await expect.poll(() => isReleased).toBe(true);
    expect(own.responses[0]!.destroyed).toBe(true);
    socket.destroy();
    await own.server.close();
  });

  it('ends with the server, broken', async () => {
    const own = await startSmallApp();
    await append(own.store, { tenantId: 'acme', stream: 'thing-acme_a', type: 'ThingRenamed' });
    own.store.exportLines = async function* () {
      for (;;) {
        yield Buffer.from('{}\n');
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const response = await fetch(`${own.server.url}/api/v1/events`, {
      headers: { Authorization: 'Bearer owner-key', ...lines },
    });
    const reading = response.text();
    const broken = expect(reading).rejects.toThrow();
    await own.server.close();
    await broken;
  });
});

describe('GET /streams/:stream', () => {
  it('answers one stream, paged by version', async () => {
    const first = await get('/streams/thing-acme_b?limit=3');
    expect(first.json.items.map((event: { version: number }) => event.version)).toEqual([1, 2, 3]);
    expect(first.json.next).toBe('3');
    expect(first.headers.get('x-position')).toBe('12');
    const second = await get('/streams/thing-acme_b?limit=3&after=3');
    expect(second.json.items.map((event: { version: number }) => event.version)).toEqual([4, 5]);
    expect(second.json.next).toBeNull();
    expect((await get('/streams/thing-acme_b?after=5')).json).toEqual({ items: [], next: null });
  });

  it('opens values for who may', async () => {
    const { json } = await get('/streams/thing-acme_b?form=open&limit=1', {}, 'owner-key');
    expect(json.items[0].data).toEqual({ note: 'opened n' });
  });

  it.each(['thing-acme_zzz', 'thing-other_d', 'nonsense', 'thing-acme', '..'])(
    'does not know %s',
    async (name) => {
      expect((await get(`/streams/${encodeURIComponent(name)}`)).status).toBe(404);
    },
  );
});

it('a client that leaves an export frees its place', async () => {
  const limits = { perPrincipal: { live: 1, export: 1 }, total: { live: 1, export: 1 } };
  const own = await startSmallApp({ limits });
  await append(own.store, { tenantId: 'acme', stream: 'thing-acme_a', type: 'ThingRenamed' });
  own.store.exportLines = async function* () {
    for (;;) {
      yield Buffer.from('{}\n');
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const socket = connect(Number(new URL(own.server.url).port), '127.0.0.1');
  const ask =
    'GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer owner-key\r\nAccept: application/x-ndjson\r\n\r\n';
  socket.write(ask);
  await once(socket, 'data');
  const refused = await own.call('GET', '/api/v1/events', { headers: lines });
  expect([refused.status, refused.json.code]).toEqual([429, 'too-many-requests']);
  socket.destroy();
  await expect.poll(() => own.responses[0]!.destroyed).toBe(true);
  own.store.exportLines = async function* () {
    yield Buffer.from('{}\n');
  };
  expect((await own.call('GET', '/api/v1/events', { headers: lines })).status).toBe(200);
  await own.server.close();
});
