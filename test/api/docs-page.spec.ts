import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSmallApp, type SmallApp } from './small-app.js';

let app: SmallApp;
beforeAll(async () => {
  app = await startSmallApp();
});
afterAll(() => app.server.close());
const get = (path: string, headers: Record<string, string> = {}) =>
  app.call('GET', path, { key: null, headers });

describe('/docs', () => {
  it('is complete: every file that the page names is there', async () => {
    const page = await get('/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const named = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(named).toHaveLength(4);
    for (const path of named) {
      const file = await get(path);
      expect([path, file.status]).toEqual([path, 200]);
      expect(file.headers.get('content-type')).toMatch(/^(text\/(css|javascript)|image\/png)/);
    }
    const start = (await get('/docs/start.js')).text;
    expect((await get(/url: '([^']+)'/.exec(start)![1]!)).json.openapi).toBe('3.1.0');
  });

  it('works without any other server', async () => {
    const own = (await get('/docs')).text + (await get('/docs/start.js')).text;
    expect(own).not.toMatch(/https?:|\/\/[a-z]/);
    expect(own).toContain('validatorUrl: null');
    const css = (await get('/docs/swagger-ui.css')).text.replaceAll('http://www.w3.org/2000/svg', '');
    expect(css).not.toMatch(/url\(["']?(https?:)?\/\//);
    expect(css).not.toContain('@import');
  });

  it('may run its own scripts and nothing else', async () => {
    const policy = (await get('/docs')).headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe-eval|https?:|\*/);
    const page = (await get('/docs')).text;
    expect(page).not.toMatch(/<script(?![^>]*src=)|\son[a-z]+=/);
  });
});

describe('/', () => {
  it('leads people to the documentation and machines to the addresses', async () => {
    const person = await get('/', { Accept: 'text/html' });
    expect([person.status, person.headers.get('location')]).toEqual([302, '/docs']);
    const machine = await get('/');
    expect(machine.json).toMatchObject({ name: 'dramatis', openapi: '/openapi.json', docs: '/docs' });
  });
});
