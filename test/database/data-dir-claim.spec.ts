import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { claimDataDir } from '../../src/database/data-dir-claim.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dramatis-spec-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('has one holder, who tells the others where it serves', async () => {
  const dataDir = join(folder, 'new', 'data');
  const first = await claimDataDir({ dataDir, url: 'http://127.0.0.1:4000' });
  if (!first.ok) throw new Error('not claimed');
  const { pid } = process;
  expect(await claimDataDir({ dataDir, url: '' })).toEqual({ ok: false, url: 'http://127.0.0.1:4000', pid });
  await first.setUrl('http://127.0.0.1:4711');
  expect(await claimDataDir({ dataDir, url: '' })).toEqual({ ok: false, url: 'http://127.0.0.1:4711', pid });
  await first.release();
  expect(await claimDataDir({ dataDir, url: '' })).toMatchObject({ ok: true });
});

it('does not outlive its process', async () => {
  const claim = resolve(import.meta.dirname, '../../src/database/data-dir-claim.ts');
  const script = `import { claimDataDir } from ${JSON.stringify(claim)};
    const { ok } = await claimDataDir({ dataDir: ${JSON.stringify(folder)}, url: '' });
    if (ok) process.kill(process.pid, 'SIGKILL');`;
  const { signal } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: resolve(import.meta.dirname, '../..'),
  });
  expect(signal).toBe('SIGKILL');
  expect(statSync(join(folder, 'serve.lock.1')).mode & 0o777).toBe(0o600);
  expect(await claimDataDir({ dataDir: folder, url: '' })).toMatchObject({ ok: true });
});
