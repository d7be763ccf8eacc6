import autocannon from 'autocannon';
import { httpClient } from './support/http.js';
import { personaNamed } from './support/personas.js';
const url = process.argv[2]!,
  key = process.argv[3]!;
const client = httpClient(url, key);
const tag = Date.now().toString(36);
const ids = (
  await Promise.all(
    Array.from({ length: 256 }, (_, n) => client.post('/personas', personaNamed(`b-${tag}-${n}`))),
  )
).map((a) => a.body.id);
let sent = 0;
const r = await autocannon({
  url,
  connections: Number(process.argv[4] ?? 64),
  duration: 5,
  requests: [
    {
      method: 'PATCH',
      setupRequest: (q) => {
        const id = ids[sent % 256];
        const t = (sent++ % 1999) / 1000;
        return {
          ...q,
          path: `/api/v1/personas/${id}/draft`,
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ set: { temperature: t } }),
        };
      },
    },
  ],
});
console.log(
  'req/s',
  r.requests.total / r.duration,
  'p50',
  r.latency.p50,
  'p99',
  r.latency.p99,
  'non2xx',
  r.non2xx,
);
process.exit(0);
