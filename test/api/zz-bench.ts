import express from 'express';
import autocannon from 'autocannon';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { createApp } from '../../src/api/app.js';
import { startServer } from '../../src/api/server.js';
import { commands, queries, principals, allowed, open, thingRejections } from './small-app.js';
import { MemoryStore } from '../../src/commands/event-store/memory.js';
import { engineRejections } from '../../src/commands/rejections.js';
import { createWriteStream } from 'node:fs';
const store = new MemoryStore();
const log = pino({ level: process.argv[2] ?? 'info' }, createWriteStream('/dev/null') as never);
const extra = Object.fromEntries(
  Array.from({ length: Number(process.argv[4] ?? 0) }, (_, i) => [
    'op' + i,
    { ...commands['touchThing']!, http: `POST /a${i % 20}/:thingId/verb${i}` as const },
  ]),
);
const app = createApp({
  handle: async (_p, r) => {
    const input = r.input as never;
    return {
      commandId: randomUUID(),
      id: 'abc',
      stream: 'thing-acme_abc',
      version: 1,
      position: 5,
      events: [{ id: randomUUID(), type: 'X', data: input }],
      created: true,
      replayed: false,
    };
  },
  commands: { ...extra, ...commands } as never,
  queries,
  runQuery: async () => ({
    answer: { body: { thingId: 'abc', name: 'x', version: 1 }, version: 1 },
    position: 1,
    degraded: [],
  }),
  store,
  authenticate: async (t) => principals[t] ?? null,
  allowed,
  open,
  audit: () => {},
  logOf: () => 'record',
  rejections: { ...engineRejections, ...thingRejections },
  checks: {},
  log,
  version: '0',
});
const ours = await startServer({ app, host: '127.0.0.1', port: 0, log });
const lean = express();
lean.disable('x-powered-by').set('etag', false).set('query parser', false);
lean.post('/echo', (req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (c) => chunks.push(c));
  req.on('end', () => {
    const v = JSON.parse(Buffer.concat(chunks).toString());
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(v));
  });
});
lean.get('/cpu', (_req, res) => {
  const c = process.cpuUsage();
  res.end(String(c.user + c.system));
});
const ls = lean.listen(0);
const lport = (ls.address() as { port: number }).port;
const body = JSON.stringify({
  name: 'x',
  anything: {
    description: 'x'.repeat(200),
    traits: Array.from({ length: 4 }, (_, i) => ({
      name: 't' + i,
      category: 'expertise',
      value: 'some text',
      weight: 0.5,
    })),
  },
});
if (process.argv[3] === 'serve') {
  console.log(JSON.stringify({ ours: ours.url, lean: lport }));
  process.on('SIGTERM', () => process.exit(0));
  await new Promise(() => {});
}
const run = async (url: string, method: 'POST' | 'GET') => {
  const r = await autocannon({
    url,
    method,
    connections: 64,
    duration: 2,
    headers: { 'content-type': 'application/json', authorization: 'Bearer owner-key' },
    ...(method === 'POST' ? { body } : {}),
  });
  return `${r.requests.average} ok=${r['2xx']} other=${r.non2xx}`;
};
for (let i = 0; i < 2; i++) {
  console.log('lean', await run(`http://127.0.0.1:${lport}/echo`, 'POST'));
  console.log('ours', await run(`${ours.url}/api/v1/things`, 'POST'));
  console.log('get', await run(`${ours.url}/api/v1/things/abc`, 'GET'));
}
process.exit(0);
