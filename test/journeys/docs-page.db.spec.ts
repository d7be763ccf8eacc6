/** The documentation in a real browser: it comes up offline, from this server alone. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.js';

const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!browser) console.info('skipped: no Chromium here; `apt-get install chromium` and run this again');

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer('api');
});
afterAll(() => server.stop());

it.skipIf(!browser)('shows every operation of the OpenAPI document', async () => {
  const profile = await mkdtemp(join(tmpdir(), 'dramatis-browser-'));
  const { stdout } = await promisify(execFile)(
    browser!,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--user-data-dir=${profile}`,
      '--virtual-time-budget=15000',
      '--dump-dom',
      `${server.url}/docs`,
    ],
    { maxBuffer: 64 * 1024 * 1024, timeout: 50_000 },
  );
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  const { body } = await server.get<{ paths: Record<string, Record<string, { operationId: string }>> }>(
    '//openapi.json',
  );
  const declared = Object.values(body.paths).flatMap((path) => Object.values(path));
  for (const { operationId } of declared) expect(stdout).toContain(`-${operationId}"`);
});
