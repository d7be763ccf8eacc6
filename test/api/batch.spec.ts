import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { maxCommandBytes } from '../../src/api/json-body.js';
import { StoreUnavailable } from '../../src/commands/event-store/port.js';
import { refuse } from '../../src/commands/rejections.js';
import { startSmallApp, type SmallApp } from './small-app.js';

let app: SmallApp;
beforeAll(async () => {
  app = await startSmallApp();
});
afterAll(() => app.server.close());
beforeEach(() => {
  app.audited.length = 0;
  app.requests.length = 0;
});
const run = (commands: unknown, key = 'owner-key') =>
  app.call('POST', '/api/v1/commands', { key, body: { commands } });

describe('POST /commands', () => {
  it('answers each command on its own, in order; a failed one does not stop the rest', async () => {
    const { status, json } = await run([
      { type: 'createThing', input: { name: 'a', note: 'n' } },
      { type: 'createThing', input: { name: 'b', szie: 1 } },
      { type: 'creatThing', input: { name: 'c' } },
      { type: 'sweepThings' },
      { type: 'createThing', inputs: {} },
      'x',
      { type: 'createThing', input: { name: 'defect' } },
      { type: 'touchThing', input: { thingId: 'unknown' } },
      { type: 'createThing', input: { name: 'd' } },
    ]);
    expect(status).toBe(200);
    expect(json.items.map((item: { status: number }) => item.status)).toEqual([
      201, 400, 400, 400, 400, 400, 500, 404, 201,
    ]);
    expect(json.items[0].body).toMatchObject({
      version: 1,
      events: [{ type: 'CreateThing', data: { note: 'opened n' } }],
    });
    expect(json.items[1].body.errors).toEqual([
      { pointer: '/commands/1/input/szie', detail: 'there is no such field; did you mean "size"?' },
    ]);
    expect(json.items[2].body).toMatchObject({
      code: 'unknown-operation',
      errors: [
        { pointer: '/commands/2/type', detail: 'there is no such operation; did you mean "createThing"?' },
      ],
    });
    expect(json.items[3].body.code).toBe('unknown-operation');
    expect(json.items[4].body.errors[0].pointer).toBe('/commands/4/inputs');
    expect(json.items[5].body.errors[0].pointer).toBe('/commands/5');
    expect(JSON.stringify(json.items[6])).not.toContain('secret');
    expect(app.requests.map(({ input }) => (input as { name?: string }).name)).toEqual([
      'a',
      'b',
      'defect',
      undefined,
      'd',
    ]);
  });

  it('leaves what is not begun when the server stops, and says so: it can be sent again', async () => {
    const own = await startSmallApp({
      handle: async () => {
        own.beginShutdown();
        return refuse('unavailable', 'decided while it stops');
      },
    });
    const create = { type: 'createThing', input: { name: 'a' } };
    const { json } = await own.call('POST', '/api/v1/commands', {
      body: { commands: [create, create, create] },
    });
    const details = json.items.map((one: { body: { detail: string } }) => one.body.detail);
    expect(details).toEqual([
      'decided while it stops',
      'the server is stopping; nothing of this was done',
      'the server is stopping; nothing of this was done',
    ]);
    expect(json.items[2]).toMatchObject({ status: 503, body: { retryable: true } });
    await own.server.close();
  });

  it('hands on conditions', async () => {
    const first = await run([{ type: 'createThing', input: { name: 'a' }, idempotencyKey: '"k1"' }]);
    const { id } = first.json.items[0].body as { id: string };
    const { json } = await run([
      { type: 'createThing', input: { name: 'a' }, idempotencyKey: 'k1' },
      { type: 'touchThing', input: { thingId: id }, ifMatch: 7 },
      { type: 'touchThing', input: { thingId: id }, ifMatch: 1 },
      { type: 'createThing', input: { name: 'a' }, idempotencyKey: 'a b' },
    ]);
    expect(json.items[0]).toMatchObject({ status: 201, replayed: true, body: { id } });
    expect(json.items[1]).toMatchObject({ status: 412, body: { currentVersion: 1 } });
    expect(json.items[2]).toMatchObject({ status: 200, body: { version: 2 } });
    expect(json.items[3]).toMatchObject({ status: 400, body: { code: 'malformed-request' } });
  });

  it.each(['Idempotency-Key', 'If-Match', 'If-None-Match'])(
    'refuses %s: items have members',
    async (name) => {
      const body = { commands: [{ type: 'createThing', input: { name: 'a' } }] };
      const answer = await app.call('POST', '/api/v1/commands', { body, headers: { [name]: '*' } });
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ code: 'malformed-request', header: name });
      expect(answer.json.detail).toContain('each item');
      expect(app.requests).toEqual([]);
    },
  );

  it('lets others be answered between its items', async () => {
    let turns = 0;
    const turnsAt: number[] = [];
    const own = await startSmallApp({
      handle: async () => {
        turnsAt.push(turns);
        setImmediate(() => turns++);
        return refuse('forbidden');
      },
    });
    const commands = Array.from({ length: 5 }, () => ({ type: 'touchThing' }));
    await own.call('POST', '/api/v1/commands', { body: { commands } });
    expect(turnsAt).toEqual([0, 1, 2, 3, 4]);
    await own.server.close();
  });

  it('authorises each item and audits each denial', async () => {
    const { status, json } = await run([{ type: 'createThing', input: { name: 'a' } }], 'viewer-key');
    expect(status).toBe(200);
    expect(json.items[0].status).toBe(403);
    expect(app.audited).toMatchObject([{ operationId: 'createThing', outcome: 'denied' }]);
  });

  it('takes 500 items and bodies of megabytes, but no item beyond 256 kB', async () => {
    const many = await run(
      Array.from({ length: 500 }, () => ({ type: 'createThing', input: { name: 'a' } })),
    );
    expect(many.json.items).toHaveLength(500);
    const text = (length: number) => ({ type: 'createThing', input: { name: 'a'.repeat(length) } });
    const large = await run([text(200_000), text(200_000), text(maxCommandBytes), text(1)]);
    expect(large.json.items.map((item: { status: number }) => item.status)).toEqual([201, 201, 413, 201]);
  });

  it.each([
    ['no body', undefined],
    ['no list', { commands: {} }],
    ['an empty list', { commands: [] }],
    ['501 items', { commands: Array.from({ length: 501 }, () => ({ type: 'createThing' })) }],
    ['an unknown member', { commands: [{ type: 'createThing' }], atomic: true }],
  ])('refuses %s as a whole', async (_, body) => {
    const answer = await app.call('POST', '/api/v1/commands', { body });
    expect(answer.status).toBe(400);
    expect(answer.json.code).toBe('invalid-input');
    expect(app.requests).toEqual([]);
  });

  it('tells for each item when the store is away', async () => {
    const outcomes = ['unknown', 'not-applied'] as const;
    let calls = 0;
    const own = await startSmallApp({
      handle: async () => {
        throw new StoreUnavailable('gone', outcomes[calls++]);
      },
    });
    const { json } = await own.call('POST', '/api/v1/commands', {
      body: { commands: [{ type: 'createThing' }, { type: 'createThing' }] },
    });
    expect(json.items.map(({ body }: { body: { code: string } }) => body.code)).toEqual([
      'outcome-unknown',
      'unavailable',
    ]);
    await own.server.close();
  });
});
