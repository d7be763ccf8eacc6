import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toProblem } from '../../src/api/problem.js';
import { StoreUnavailable } from '../../src/commands/event-store/port.js';
import { Rejection } from '../../src/domain/kernel.js';
import { startSmallApp, type SmallApp } from './small-app.js';

describe('toProblem', () => {
  it('shows a rejection with all that it says', () => {
    const row = { status: 409, title: 'It is locked', next: 'POST /unlock' } as const;
    const more = { errors: [{ pointer: '/a', detail: 'b' }], currentVersion: 7, status: 200, code: 'other' };
    const { status, problem, headers, isDefect } = toProblem(
      new Rejection('locked', row, 'since noon', more),
      'r1',
    );
    expect({ status, headers, isDefect }).toEqual({ status: 409, headers: {}, isDefect: false });
    expect(problem).toEqual({
      type: '/problems/locked',
      title: 'It is locked',
      status: 409,
      detail: 'since noon',
      instance: 'r1',
      code: 'locked',
      retryable: false,
      next: 'POST /unlock',
      errors: [{ pointer: '/a', detail: 'b' }],
      currentVersion: 7,
    });
    expect(Object.keys(problem).slice(0, 3)).toEqual(['type', 'title', 'status']);
  });

  it.each([
    ['not-applied', 'unavailable'],
    ['unknown', 'outcome-unknown'],
  ] as const)('tells an outcome that is %s as %s', (outcome, code) => {
    const { problem, headers } = toProblem(new StoreUnavailable('host db-7 is gone', outcome), 'r');
    expect(problem).toMatchObject({ status: 503, code, retryable: true });
    expect(headers).toEqual({ 'Retry-After': '1' });
    expect(JSON.stringify(problem)).not.toContain('db-7');
  });

  it('keeps to itself what a defect says', () => {
    const { status, problem, isDefect } = toProblem(new Error('secret'), 'r');
    expect({ status, isDefect }).toEqual({ status: 500, isDefect: true });
    expect(problem).toMatchObject({ code: 'internal-error', instance: 'r' });
    expect(JSON.stringify(problem)).not.toContain('secret');
    expect(toProblem(undefined, 'r').status).toBe(500);
  });

  it('asks for a key with 401 and for patience with 429', () => {
    const of = (status: 401 | 429) => toProblem(new Rejection('c', { status, title: 't' }), 'r').headers;
    expect(of(401)).toEqual({ 'WWW-Authenticate': 'Bearer realm="dramatis"' });
    expect(of(429)).toEqual({ 'Retry-After': '1' });
  });
});

describe('GET /problems', () => {
  let app: SmallApp;
  beforeAll(async () => {
    app = await startSmallApp();
  });
  afterAll(() => app.server.close());

  it('explains every refusal, without a key', async () => {
    const { status, json } = await app.call('GET', '/problems', { key: null });
    expect(status).toBe(200);
    const codes = json.items.map(({ code }: { code: string }) => code) as string[];
    expect(codes).toEqual(expect.arrayContaining(['invalid-input', 'thing-locked', 'internal-error']));
    for (const code of codes) {
      expect((await app.call('GET', `/problems/${code}`, { key: null })).json.code).toBe(code);
    }
  });

  it('shows people a page', async () => {
    const headers = { Accept: 'text/html,*/*' };
    const page = await app.call('GET', '/problems/thing-locked', { key: null, headers });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).toContain('<h1>thing-locked</h1>');
    expect(page.text).toContain('POST /things/:thingId/touch');
  });

  it('knows no other', async () => {
    for (const code of ['no-such', 'constructor', '__proto__', '%00']) {
      const { status } = await app.call('GET', `/problems/${code}`, { key: null });
      expect(status).toBe(code === '%00' ? 400 : 404);
    }
  });
});
