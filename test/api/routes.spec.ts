import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSmallApp, type SmallApp } from './small-app.js';

let app: SmallApp;
beforeAll(async () => {
  app = await startSmallApp();
});
afterAll(() => app.server.close());
const call: SmallApp['call'] = (...all) => app.call(...all);

it('smoke', async () => {
  const a = await call('POST', '/api/v1/things', { body: { name: 'x', note: 'hello' } });
  console.log(a.status, Object.fromEntries(a.headers), a.json);
  for (const p of [
    '/',
    '/docs',
    '/openapi.json',
    '/readyz',
    '/livez',
    '/metrics',
    '/problems/thing-locked',
    '/api/v1/whoami',
    '/api/v1/events',
    '/api/v1/things?lmit=3',
    `/api/v1/things/${a.json.id}`,
    '/api/v1/nothing',
  ]) {
    const r = await call('GET', p);
    console.log(p, r.status, r.text.slice(0, 300));
  }
});
