import { afterEach, describe, expect, it } from 'vitest';
import type { HealthCheck } from '../../src/api/health.js';
import { handTimers, startSmallApp, type SmallApp } from './small-app.js';

let app: SmallApp | undefined;
afterEach(() => app?.server.close());

const check = (isRequired: boolean, run: HealthCheck['run']): HealthCheck => ({ isRequired, run });
const never = (): Promise<never> => new Promise(() => {});

describe('/livez', () => {
  it('asks nobody', async () => {
    app = await startSmallApp({ checks: { database: check(true, never) } });
    const answer = await app.call('GET', '/livez', { key: null });
    expect([answer.status, answer.json]).toEqual([200, { status: 'ok' }]);
  });
});

describe('/readyz', () => {
  const ok = async () => ({ status: 'ok' as const, detail: { head: 3 } });
  it.each<[what: string, checks: Record<string, HealthCheck>, code: number, status: string]>([
    ['all is well', { database: check(true, ok), lag: check(false, ok) }, 200, 'ok'],
    ['there is nothing to ask', {}, 200, 'ok'],
    [
      'something limps',
      { database: check(true, ok), lag: check(false, async () => ({ status: 'degraded' })) },
      200,
      'degraded',
    ],
    ['something optional is down', { lag: check(false, async () => ({ status: 'down' })) }, 200, 'degraded'],
    [
      'something needed limps',
      { database: check(true, async () => ({ status: 'degraded' })) },
      200,
      'degraded',
    ],
    [
      'something needed is down',
      { database: check(true, async () => ({ status: 'down' })) },
      503,
      'unavailable',
    ],
    [
      'a check fails',
      {
        database: check(true, async () => {
          throw new Error('password=secret');
        }),
      },
      503,
      'unavailable',
    ],
  ])('when %s', async (_, checks, code, status) => {
    app = await startSmallApp({ checks });
    const answer = await app.call('GET', '/readyz', { key: null });
    expect([answer.status, answer.json.status]).toEqual([code, status]);
    expect(Object.keys(answer.json.checks)).toEqual(Object.keys(checks));
    expect(answer.text).not.toContain('secret');
  });

  it('answers within 5 s when the database hangs, and asks it once only', async () => {
    const timers = handTimers();
    let asked = 0;
    let answerIt: (() => void) | undefined;
    const hanging = check(true, () => {
      asked++;
      return new Promise((resolve) => {
        answerIt = () => resolve({ status: 'ok' });
      });
    });
    app = await startSmallApp({ timers, checks: { database: hanging } });
    const probe = async () => {
      const pending = timers.pending();
      const answer = app!.call('GET', '/readyz', { key: null });
      await expect.poll(timers.pending).toBeGreaterThan(pending);
      timers.advance(5_000);
      return (await answer).status;
    };
    expect([await probe(), await probe(), asked]).toEqual([503, 503, 1]);
    answerIt!();
    hanging.run = async () => ({ status: 'ok' });
    await new Promise((resolve) => setImmediate(resolve));
    expect((await app.call('GET', '/readyz', { key: null })).status).toBe(200);
  });

  it('is 503 once the server stops, and closes its connection', async () => {
    app = await startSmallApp();
    app.beginShutdown();
    const answer = await app.call('GET', '/readyz', { key: null });
    expect([answer.status, answer.json]).toEqual([503, { status: 'stopping' }]);
    expect(answer.headers.get('connection')).toBe('close');
  });
});
