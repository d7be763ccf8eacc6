import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startServer } from '../../src/api/server.js';
import { handTimers, startSmallApp } from './small-app.js';

const portOf = (url: string): number => Number(new URL(url).port);

/** Sends bytes and answers what comes back until the other side closes. */
async function exchange(url: string, bytes: string): Promise<string> {
  const socket = connect(portOf(url), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

describe('startServer', () => {
  it('tells people when the port is taken', async () => {
    const app = await startSmallApp();
    const port = portOf(app.server.url);
    const second = startServer({
      app: { handler: () => {} } as never,
      host: '127.0.0.1',
      port,
      log: {} as never,
    });
    await expect(second).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
    await app.server.close();
  });

  it.each<[what: string, bytes: string, status: number]>([
    ['what is not HTTP', 'hello\r\n\r\n', 400],
    ['an unknown method', 'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['no Host', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [
      'an unknown expectation',
      'GET /livez HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n',
      400,
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  ])('answers %s with a problem', async (_, bytes, status) => {
    const app = await startSmallApp();
    const [head, body] = (await exchange(app.server.url, bytes)).split('\r\n\r\n') as [string, string];
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('application/problem+json');
    const problem = JSON.parse(body) as Record<string, unknown>;
    expect(problem).toMatchObject({ type: '/problems/malformed-request', code: 'malformed-request', status });
    expect(problem['instance']).toMatch(/^[0-9a-f-]{36}$/);
    expect(head).toContain(`\r\nRequest-Id: ${problem['instance'] as string}\r\n`);
    await app.server.close();
  });

  it.each([
    ['no Host in HTTP/1.0', 'GET /livez HTTP/1.0\r\n\r\n'],
    [
      'Expect: 100-continue',
      'GET /livez HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nConnection: close\r\n\r\n',
    ],
  ])('takes %s', async (_, bytes) => {
    const app = await startSmallApp();
    expect(await exchange(app.server.url, bytes)).toContain('HTTP/1.1 200 OK');
    await app.server.close();
  });
});

describe('close', () => {
  it('answers what is in flight, closes its connections and takes no more', async () => {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const app = await startSmallApp({
      runQuery: async () => {
        await held;
        return { answer: { body: { items: [], next: null } }, position: 0, degraded: [] };
      },
    });
    const inFlight = app.call('GET', '/api/v1/things');
    await expect.poll(() => app.responses.length).toBe(1);
    const closing = app.server.close();
    await expect(fetch(`${app.server.url}/livez`)).rejects.toThrow();
    release!();
    const answer = await inFlight;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('connection')).toBe('close');
    await closing;
    await app.server.close();
  });

  it('does not wait for connections that are idle or were never used', async () => {
    const timers = handTimers();
    const app = await startSmallApp({}, timers);
    const unused = connect(portOf(app.server.url), '127.0.0.1');
    await once(unused, 'connect');
    // An answer tells that the server has seen the connection before.
    await app.call('GET', '/livez');
    const gone = once(unused, 'close');
    const closing = app.server.close();
    timers.advance(500);
    await Promise.all([closing, gone]);
  });

  it('cuts off what takes longer than 8 s', async () => {
    const timers = handTimers();
    const app = await startSmallApp({ runQuery: () => new Promise(() => {}) }, timers);
    const cut = expect(app.call('GET', '/api/v1/things')).rejects.toThrow();
    await expect.poll(() => app.responses.length).toBe(1);
    const closing = app.server.close();
    timers.advance(7_999);
    expect(app.responses[0]!.destroyed).toBe(false);
    timers.advance(1);
    await Promise.all([closing, cut]);
  });
});
