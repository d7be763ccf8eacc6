import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { identityOf, isAlive } from '../../src/database/process-identity.js';
import {
  ask,
  eventually,
  killed,
  processesOf,
  startHere,
  startInChild,
  temporaryFolder,
} from './own-server.js';

/** A process that has nothing to do with PostgreSQL. */
function bystander(): { pid: number; lives: () => boolean } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const identity = identityOf(child.pid ?? 0);
  if (identity === null) throw new Error('no bystander');
  return { pid: identity.pid, lives: () => isAlive(identity) };
}

describe('a server that outlived its parent', () => {
  it('is adopted, supervised and stopped', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const left = await startInChild(dataDir);
    await killed(left.child);
    const server = await startHere({ dataDir });
    expect(server).toMatchObject({ adopted: true, pid: left.pid, urls: left.urls, state: 'running' });
    process.kill(server.pid, 'SIGKILL');
    await eventually(() => server.pid !== left.pid && server.state === 'running');
    expect(await ask(server.urls.app, 'SELECT 1')).toEqual([1]);
    await server.stop();
    expect(processesOf(dataDir)).toEqual([]);
  });

  it('is replaced when it does not answer', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const left = await startInChild(dataDir);
    await killed(left.child);
    process.kill(left.pid, 'SIGSTOP');
    const server = await startHere({ dataDir });
    expect(server.adopted).toBe(false);
    expect(identityOf(left.pid)).toBeNull();
    expect(await ask(server.urls.app, 'SELECT 1')).toEqual([1]);
  });

  it('does not hinder a start by the pid it left, even when that runs something else now', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const left = await startInChild(dataDir);
    await killed(left.child);
    const pidFile = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
    processesOf(dataDir).forEach((pid) => process.kill(pid, 'SIGKILL'));
    await eventually(() => processesOf(dataDir).length === 0);
    const other = bystander();
    writeFileSync(
      join(dataDir, 'postgres', 'postmaster.pid'),
      pidFile.replace(String(left.pid), String(other.pid)),
    );
    const server = await startHere({ dataDir });
    expect(server.adopted).toBe(false);
    expect(other.lives()).toBe(true);
  });

  it('may be dead while one of its backends still works: that one is ended first', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const left = await startInChild(dataDir);
    await killed(left.child);
    const busy = ask(left.urls.owner, 'DO $$ BEGIN LOOP END LOOP; END $$').catch((error: Error) => error);
    await eventually(
      async () =>
        (await ask(left.urls.superuser, `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'DO %'`)).length ===
        1,
    );
    process.kill(left.pid, 'SIGKILL');
    const server = await startHere({ dataDir });
    expect(await busy).toBeInstanceOf(Error);
    expect(await ask(server.urls.app, 'SELECT 1')).toEqual([1]);
  });
});

describe('a data directory copied while its server runs', () => {
  it('starts on its own, leaving the original alone', async () => {
    const folder = temporaryFolder();
    const original = await startHere({ dataDir: join(folder, 'data') });
    execFileSync('cp', ['-a', join(folder, 'data'), join(folder, 'copy')]);
    const copy = await startHere({ dataDir: join(folder, 'copy') });
    expect(copy.adopted).toBe(false);
    expect(copy.port).not.toBe(original.port);
    await copy.stop();
    expect(processesOf(join(folder, 'copy'))).toEqual([]);
    expect(await ask(original.urls.app, 'SELECT 1')).toEqual([1]);
  });
});
