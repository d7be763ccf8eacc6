/** Two API processes on one database: what only one may win, what has one effect, what both must see. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaNamed } from '../support/personas.js';
import { startTestServer, type TestServer } from '../support/server.js';

let one: TestServer;
let two: TestServer;
const either = (n: number): TestServer => (n % 2 ? one : two);
const times = <T>(count: number, run: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => run(n)));

beforeAll(async () => {
  one = await startTestServer();
  two = await one.twin();
});
afterAll(() => one.stop());

describe('of many at once', () => {
  it('200 creates of one slug, exactly one wins', async () => {
    const answers = await times(200, (n) => either(n).post('/personas', personaNamed('contended')));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(new Set(refused.map(({ body }) => body.code))).toEqual(new Set(['slug-taken']));
  });

  it('64 writers with one If-Match, exactly one wins', async () => {
    await one.post('/personas', personaNamed('matched'));
    const answers = await times(64, (n) =>
      either(n).send(
        'PATCH',
        '/personas/matched/draft',
        { set: { temperature: (n + 1) / 100 } },
        { 'if-match': '"1"' },
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => answer.status !== 200)) {
      expect({ status, code: body.code, currentVersion: body.currentVersion }).toEqual({
        status: 412,
        code: 'precondition-failed',
        currentVersion: 2,
      });
    }
  });

  it('one idempotency key 50 times has one effect and one answer', async () => {
    const before = Number((await one.get('/whoami')).headers.get('x-position') ?? 0);
    const answers = await times(50, (n) =>
      either(n).post('/personas', personaNamed('once'), { 'idempotency-key': 'the-one' }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
    expect(replayed).toHaveLength(49);
    const events = await one.get(`/events?after=${before}&types=PersonaRegistered&limit=500`);
    const slugs = events.body.items.map(({ data }: { data: { slug: string } }) => data.slug);
    expect(slugs.filter((slug: string) => slug === 'once')).toHaveLength(1);
  });

  it('64 writers without If-Match all get through, each on what the others wrote', async () => {
    await one.post('/personas', personaNamed('free-for-all'));
    const answers = await times(64, (n) =>
      either(n).send('PATCH', '/personas/free-for-all/draft', { set: { temperature: (n + 1) / 100 } }),
    );
    const versions = answers.filter(({ status }) => status === 200).map(({ body }) => body.version as number);
    expect(versions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, n) => n + 2));
  });
});

describe('whoever writes through one process', () => {
  it('reads it through the other at once, 100 times', async () => {
    for (let n = 0; n < 100; n++) {
      const { body } = await either(n).post('/personas', personaNamed(`seen-${n}`));
      const read = await either(n + 1).get(`/personas/${body.id}`);
      expect({ n, status: read.status }).toEqual({ n, status: 200 });
      expect(read.body.version).toBe(1);
    }
  });

  it('uses a new key through the other at once, and a revoked one no longer', async () => {
    await one.post('/members', { memberId: 'eve', displayName: 'Eve', roles: ['viewer'] });
    const { body } = await one.post('/api-keys', { memberId: 'eve', label: 'test' });
    const eve = two.as(body.reply.key);
    expect((await eve.get('/whoami')).body).toMatchObject({ id: 'eve', roles: ['viewer'] });
    await two.send('DELETE', `/api-keys/${body.reply.keyId}`);
    expect((await eve.get('/whoami')).status).toBe(401);
  });

  it('may name the position that another one has to have come to', async () => {
    const { body } = await one.post('/personas', personaNamed('positioned'));
    const read = await two.get('/personas/positioned', { 'x-min-position': body.position });
    expect(Number(read.headers.get('x-position'))).toBeGreaterThanOrEqual(Number(body.position));
    const beyond = await two.get('/personas/positioned', { 'x-min-position': '999999999' });
    expect(beyond.status).toBe(400);
  });
});
