/** What is read while nobody folds the read models: never a 404 for what was just written. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import pg from 'pg';
import { personaNamed } from '../support/personas.js';
import { until } from '../support/poll.js';
import { startTestServer, type TestServer } from '../support/server.js';

let one: TestServer;
let two: TestServer;
let holder: pg.Client;

beforeAll(async () => {
  one = await startTestServer();
  two = await one.twin();
  await until('readiness', async () => (await two.get('//readyz')).status === 200);
  holder = new pg.Client({ connectionString: one.config.database!.url });
  await holder.connect();
  await holder.query('BEGIN; SELECT * FROM rm.checkpoints FOR UPDATE');
});
afterAll(async () => {
  await holder.end();
  await one.stop();
});

it('answers 503 through the process that wrote and through any other, and 404 for what was never there', async () => {
  const { body } = await one.post('/personas', personaNamed('just-written'));
  for (const server of [one, two]) {
    const read = await server.get(`/personas/${body.id}`);
    expect({ status: read.status, code: read.body.code }).toEqual({ status: 503, code: 'unavailable' });
    expect(read.headers.get('retry-after')).toBeTruthy();
  }
  await holder.query('ROLLBACK');
  expect(
    (
      await until('the persona', async () => {
        const read = await two.get(`/personas/${body.id}`);
        return read.status === 200 && read;
      })
    ).body.slug,
  ).toBe('just-written');
  expect((await two.get('/personas/nowhere')).status).toBe(404);
  expect((await two.get(`/personas/${String(body.id).toUpperCase()}`)).status).toBe(200);
});
