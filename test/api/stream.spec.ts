import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { append, handTimers, startSmallApp, type SmallApp } from './small-app.js';

const open: SmallApp[] = [];
const start: typeof startSmallApp = async (overrides) => {
  const app = await startSmallApp(overrides);
  open.push(app);
  return app;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.server.close()));
});

const add = (app: SmallApp, { tenantId = 'acme', type = 'ThingMade', data = {} } = {}) =>
  append(app.store, { tenantId, stream: `thing-${tenantId}_${type.toLowerCase()}`, type, data });

interface Received {
  id: string;
  event?: string;
  data?: string;
}

/** A live stream as a client sees it: blocks as they come, and the end. */
function listen(app: SmallApp, query = '', headers: Record<string, string> = {}) {
  const controller = new AbortController();
  const blocks: Received[] = [];
  const state = { status: 0, isEnded: false, headers: new Headers() };
  const done = (async () => {
    const response = await fetch(`${app.server.url}/api/v1/events/stream${query}`, {
      headers: { Authorization: 'Bearer owner-key', ...headers },
      signal: controller.signal,
    });
    state.status = response.status;
    state.headers = response.headers;
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const parts = text.split('\n\n');
      text = parts.pop()!;
      for (const part of parts) {
        const fields = part
          .split('\n')
          .map((line) => /^([a-z]*): ?(.*)$/.exec(line)!.slice(1) as [string, string]);
        blocks.push(Object.fromEntries(fields) as unknown as Received);
      }
    }
    state.isEnded = true;
  })().catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
  const events = (): Received[] => blocks.filter(({ data }) => data !== undefined);
  return {
    state,
    blocks,
    events,
    ids: () => events().map(({ id }) => Number(id)),
    done,
    leave: async () => {
      controller.abort();
      await done;
    },
  };
}

describe('GET /events/stream', () => {
  it('gives what is there, then what comes, of the own tenant only', async () => {
    const app = await start();
    await add(app);
    await add(app, { tenantId: 'other' });
    const client = listen(app);
    await expect.poll(client.ids).toEqual([1]);
    await add(app, { tenantId: 'other' });
    await add(app, { type: 'ThingLost', data: { why: 'a\nb' } });
    await expect.poll(client.ids).toEqual([1, 4]);
    expect(client.state.headers.get('content-type')).toBe('text/event-stream');
    expect(client.state.headers.get('cache-control')).toBe('no-store');
    const [, last] = client.events();
    expect(last).toMatchObject({ id: '4', event: 'ThingLost' });
    expect(JSON.parse(last!.data!)).toMatchObject({ position: '4', tenant: 'acme', data: { why: 'a\nb' } });
    expect(client.blocks[0]).toEqual({ retry: '1000' });
    expect(app.audited).toMatchObject([{ operationId: 'streamEvents', outcome: 'read' }]);
    await client.leave();
  });

  it('begins after a position; Last-Event-ID wins over it', async () => {
    const app = await start();
    for (let count = 0; count < 5; count++) await add(app);
    const after = listen(app, '?after=3');
    const resumed = listen(app, '?after=1', { 'Last-Event-ID': '4' });
    const atHead = listen(app, '?after=5', { 'Last-Event-ID': '' });
    await expect.poll(() => [after.ids(), resumed.ids(), atHead.state.status]).toEqual([[4, 5], [5], 200]);
    await Promise.all([after.leave(), resumed.leave(), atHead.leave()]);
  });

  it('selects by type, category and stream', async () => {
    const app = await start();
    await add(app);
    await add(app, { type: 'ThingLost' });
    const byType = listen(app, '?types=ThingLost');
    const byStream = listen(app, '?stream=thing-acme_thingmade&categories=thing');
    await expect.poll(() => [byType.ids(), byStream.ids()]).toEqual([[2], [1]]);
    await Promise.all([byType.leave(), byStream.leave()]);
  });

  it('misses and repeats nothing for a client that is cut off again and again', async () => {
    const app = await start();
    const total = 120;
    const seen: number[] = [];
    const writing = (async () => {
      for (let count = 0; count < total; count++) await add(app, { data: { count } });
    })();
    while (seen.length < total) {
      const client = listen(app, '', seen.length > 0 ? { 'Last-Event-ID': String(seen.at(-1)) } : {});
      const enough = Math.min(total - seen.length, 7);
      await expect.poll(() => client.ids().length, { interval: 2 }).toBeGreaterThanOrEqual(enough);
      await client.leave();
      seen.push(...client.ids());
    }
    await writing;
    expect(seen).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  });

  it('shows life every 15 s with the position it has looked up to', async () => {
    const timers = handTimers();
    const app = await start({ timers });
    await add(app);
    const client = listen(app);
    await expect.poll(client.ids).toEqual([1]);
    timers.advance(15_000);
    timers.advance(15_000);
    await expect
      .poll(() => client.blocks.slice(2))
      .toEqual([
        { '': 'heartbeat', id: '1' },
        { '': 'heartbeat', id: '1' },
      ]);
    await client.leave();
    // The request is over: nothing of it is left behind, neither heartbeat nor key watch.
    await expect.poll(timers.pending).toBe(0);
  });

  it('shows the last position looked at, also where nothing was selected', async () => {
    const timers = handTimers();
    const app = await start({ timers });
    await add(app);
    const client = listen(app, '?types=ThingLost');
    await expect.poll(() => client.blocks.length).toBe(1);
    await add(app, { tenantId: 'other', type: 'ThingLost' });
    timers.advance(15_000);
    await expect.poll(() => client.blocks.slice(1)).toEqual([{ '': 'heartbeat', id: '2' }]);
    await client.leave();
  });

  it('shows the last position sent while an event waits behind it or the log cannot answer', async () => {
    const timers = handTimers();
    const app = await start({ timers });
    const { readAll } = app.store;
    app.store.subscribe = (_log, _after, signal) => ({
      async *[Symbol.asyncIterator]() {
        yield* [];
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
    await add(app, { tenantId: 'other' });
    await add(app);
    const client = listen(app);
    await expect.poll(() => client.blocks.length).toBe(1);
    timers.advance(15_000);
    await expect.poll(() => client.blocks.length).toBe(2);
    app.store.readAll = async () => Promise.reject(new Error('the store is away'));
    timers.advance(15_000);
    await expect.poll(() => client.blocks.length).toBe(3);
    app.store.readAll = () => new Promise(() => {});
    timers.advance(16_000);
    await expect.poll(() => client.blocks.length).toBe(4);
    expect(client.blocks.slice(1).map(({ id }) => id)).toEqual(['0', '0', '0']);
    app.store.readAll = readAll;
    await client.leave();
  });

  it('ends within 5 s of the end of its key, and only then', async () => {
    const timers = handTimers();
    const app = await start({ timers });
    const [owner, admin] = [listen(app), listen(app, '', { Authorization: 'Bearer admin-key' })];
    await expect.poll(() => [owner.state.status, admin.state.status]).toEqual([200, 200]);
    timers.advance(4_000);
    await new Promise((resolve) => setImmediate(resolve));
    app.revoked.add('owner-key');
    timers.advance(4_000);
    await owner.done;
    expect(owner.state.isEnded).toBe(true);
    expect(admin.state.isEnded).toBe(false);
    expect((await app.call('GET', '/api/v1/events/stream')).status).toBe(401);
    await admin.leave();
  });

  it('ends when the permission goes, and stays while nobody can tell', async () => {
    const timers = handTimers();
    let answer: 'allow' | 'deny' | 'unknown' = 'allow';
    const app = await start({
      timers,
      authenticate: async () => {
        if (answer === 'unknown') throw new Error('the store is away');
        return {
          tenantId: 'acme',
          kind: 'user',
          id: 'x',
          roles: [answer === 'allow' ? 'owner' : 'viewer'],
          teams: [],
        };
      },
    });
    const client = listen(app);
    await expect.poll(() => client.state.status).toBe(200);
    answer = 'unknown';
    timers.advance(10_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.state.isEnded).toBe(false);
    answer = 'deny';
    timers.advance(4_000);
    await client.done;
    expect(client.state.isEnded).toBe(true);
  });

  it('ends when the server stops', async () => {
    const app = await start();
    const client = listen(app);
    await expect.poll(() => client.state.status).toBe(200);
    await app.server.close();
    await client.done;
    expect(client.state.isEnded).toBe(true);
  });

  it('has room for so many per principal, and takes back a place that is left', async () => {
    const limits = { perPrincipal: { live: 2, export: 1 }, total: { live: 3, export: 1 } };
    const app = await start({ limits });
    const clients = [listen(app), listen(app)];
    await expect.poll(() => clients.map(({ state }) => state.status)).toEqual([200, 200]);
    const third = await app.call('GET', '/api/v1/events/stream');
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '1']);
    const admin = listen(app, '', { Authorization: 'Bearer admin-key' });
    await expect.poll(() => admin.state.status).toBe(200);
    expect((await app.call('GET', '/api/v1/events/stream', { key: 'other-key' })).status).toBe(429);
    await clients[0]!.leave();
    await expect
      .poll(async () => {
        const next = listen(app, '', { Authorization: 'Bearer other-key' });
        await expect.poll(() => next.state.status).not.toBe(0);
        await next.leave();
        return next.state.status;
      })
      .toBe(200);
    await Promise.all([clients[1]!.leave(), admin.leave()]);
  });

  it('refuses what it cannot begin with', async () => {
    const app = await start();
    await add(app);
    const ahead = await app.call('GET', '/api/v1/events/stream?after=2');
    expect([ahead.status, ahead.json.errors[0].pointer]).toEqual([400, '/after']);
    for (const id of ['x', '-1', '1.5', '99']) {
      const answer = await app.call('GET', '/api/v1/events/stream', { headers: { 'Last-Event-ID': id } });
      expect(answer.status).toBe(400);
    }
    const viewer = await app.call('GET', '/api/v1/events/stream', { key: 'viewer-key' });
    expect(viewer.status).toBe(403);
    const head = await app.call('HEAD', '/api/v1/events/stream');
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  });

  it('holds one chunk for a reader that stalls, however much there is', async () => {
    const timers = handTimers();
    const app = await start({ timers });
    const text = 'x'.repeat(50_000);
    for (let count = 0; count < 400; count++) await add(app, { data: { text } });
    const socket = connect(Number(new URL(app.server.url).port), '127.0.0.1');
    socket.pause();
    socket.write('GET /api/v1/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer owner-key\r\n\r\n');
    await expect.poll(() => app.responses[0]?.writableNeedDrain).toBe(true);
    const held = app.responses[0]!;
    const sent = (): number => held.socket!.bytesWritten;
    let before = -1;
    await expect
      .poll(() => {
        const isStill = sent() === before;
        before = sent();
        return isStill;
      })
      .toBe(true);
    // Heartbeats do not pile up behind it either.
    timers.advance(600_000);
    expect(held.writableLength).toBeLessThan(256 * 1024);
    expect(sent()).toBeLessThan(15_000_000);
    // It reads on: everything comes, once and in order.
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    socket.resume();
    await expect.poll(() => received.includes('\nid: 400\n'), { timeout: 5_000 }).toBe(true);
    const ids = [...received.matchAll(/\nid: (\d+)\nevent:/g)].map((match) => Number(match[1]));
    expect(ids).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
    socket.destroy();
  });
});
