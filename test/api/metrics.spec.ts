import { afterEach, describe, expect, it } from 'vitest';
import type { Reading } from '../../src/api/metrics.js';
import { handTimers, startSmallApp, type SmallApp } from './small-app.js';

let app: SmallApp | undefined;
afterEach(() => app?.server.close());
const scrape = async (): Promise<string> => (await app!.call('GET', '/metrics', { key: null })).text;

describe('/metrics', () => {
  it('counts requests by operation and status, never by address', async () => {
    app = await startSmallApp();
    await app.call('POST', '/api/v1/things', { body: { name: 'x' } });
    await app.call('POST', '/api/v1/things', { body: {} });
    await app.call('GET', '/api/v1/whoami', { key: null });
    await app.call('GET', '/somewhere/private');
    const text = await scrape();
    const count = (labels: string) => `dramatis_http_request_duration_seconds_count{${labels}} 1`;
    expect(text).toContain(count('operation="createThing",status="201"'));
    expect(text).toContain(count('operation="createThing",status="400"'));
    expect(text).toContain(count('operation="whoami",status="401"'));
    expect(text).toContain(count('operation="none",status="404"'));
    expect(text).not.toContain('private');
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toContain('dramatis_http_open_streams{kind="live"} 0');
  });

  it('shows the readings of this scrape, and forgets those that are gone', async () => {
    let readings: Reading[] = [
      { name: 'lag_events', help: 'h', kind: 'gauge', value: 3, labels: { projection: 'a' } },
      { name: 'lag_events', help: 'h', kind: 'gauge', value: 4, labels: { projection: 'b' } },
      { name: 'appends_total', help: 'h', kind: 'counter', value: 10 },
    ];
    app = await startSmallApp({ collect: async () => readings });
    await scrape();
    const text = await scrape();
    expect(text).toContain('lag_events{projection="a"} 3');
    expect(text).toContain('lag_events{projection="b"} 4');
    expect(text).toContain('appends_total 10');
    readings = [{ name: 'lag_events', help: 'h', kind: 'gauge', value: 5, labels: { projection: 'b' } }];
    const later = await scrape();
    expect(later).not.toContain('projection="a"');
    expect(later).toContain('lag_events{projection="b"} 5');
  });

  it('shows the rest when the readings fail or hang', async () => {
    const timers = handTimers();
    app = await startSmallApp({
      timers,
      collect: async () => {
        throw new Error('gone');
      },
    });
    expect(await scrape()).toContain('process_');
    await app.server.close();
    app = await startSmallApp({ timers, collect: () => new Promise(() => {}) });
    const text = scrape();
    await expect.poll(timers.pending).toBeGreaterThan(0);
    timers.advance(2_000);
    expect(await text).toContain('process_');
  });
});
