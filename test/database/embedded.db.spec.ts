import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attachEmbedded } from '../../src/database/embedded.js';
import {
  ask,
  childArguments,
  eventually,
  hasty,
  killed,
  processesOf,
  repository,
  silent,
  startHere,
  startInChild,
  temporaryFolder,
} from './own-server.js';

describe('a start in a new directory', () => {
  it('makes three roles and two databases, keeps port and passwords, and is open to nobody else', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const first = await startHere({ dataDir, settings: {} });
    expect(first.adopted).toBe(false);
    for (const [role, database] of [
      ['owner', 'dramatis'],
      ['app', 'dramatis'],
      ['keys', 'dramatis_keys'],
    ] as const) {
      expect(await ask(first.urls[role], 'SELECT current_user || current_database()')).toEqual([
        `dramatis_${role}${database}`,
      ]);
      expect(
        await ask(first.urls[role], 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user'),
      ).toEqual([false]);
    }
    await expect(ask(first.urls.app, 'CREATE TABLE public.t ()')).rejects.toThrow(/permission denied/);
    await expect(ask(first.urls.app, 'CREATE SCHEMA s')).rejects.toThrow(/permission denied/);
    await expect(ask(first.urls.app.replace(/dramatis$/, 'dramatis_keys'), 'SELECT 1')).rejects.toThrow(
      /permission/,
    );
    await expect(ask(first.urls.keys.replace(/_keys$/, ''), 'SELECT 1')).rejects.toThrow(/permission denied/);
    await expect(ask(first.urls.app.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/);
    const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'TimeZone'];
    expect(
      await ask(first.urls.app, 'SELECT current_setting(s) FROM unnest($1::text[]) s', [settings]),
    ).toEqual(['on', 'on', 'on', 'on', 'UTC']);
    expect(await ask(first.urls.superuser, 'SHOW listen_addresses')).toEqual(['127.0.0.1']);
    expect(statSync(join(dataDir, 'embedded.json')).mode & 0o777).toBe(0o600);

    await ask(first.urls.owner, 'CREATE TABLE kept AS SELECT 42 AS n');
    await first.stop();
    expect(processesOf(dataDir)).toEqual([]);
    expect(first.state).toBe('stopped');

    const second = await startHere({ dataDir });
    expect(second.urls).toEqual(first.urls);
    expect(await ask(second.urls.owner, 'SELECT n FROM kept')).toEqual([42]);
  });

  it('completes what a start left that was killed at any moment', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    for (const stage of [/^start\.lock\./, /^postgres\.init-/, /^postgres$/, /^postgres\.log$/]) {
      const child = spawn(process.execPath, childArguments(dataDir), {
        cwd: repository,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      await eventually(() => existsSync(dataDir) && readdirSync(dataDir).some((name) => stage.test(name)));
      await killed(child);
    }
    const server = await startHere({ dataDir });
    expect(await ask(server.urls.app, 'SELECT 1')).toEqual([1]);
    expect(await ask(server.urls.keys, 'SELECT 1')).toEqual([1]);
    await eventually(() => !readdirSync(dataDir).some((name) => name.startsWith('postgres.init-')));
  });

  it('says what to do when the password file is gone or damaged', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    await (await startHere({ dataDir })).stop();
    writeFileSync(join(dataDir, 'embedded.json'), '{');
    await expect(startHere({ dataDir })).rejects.toThrow(/embedded\.json is damaged/);
    rmSync(join(dataDir, 'embedded.json'));
    await expect(startHere({ dataDir })).rejects.toThrow(/embedded\.json is missing/);
  });

  it('takes another port when the saved one is taken', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const first = await startHere({ dataDir });
    await first.stop();
    const squatter = createServer().listen(first.port, '127.0.0.1');
    await once(squatter, 'listening');
    onTestFinished(() => void squatter.close());
    const second = await startHere({ dataDir });
    expect(second.port).not.toBe(first.port);
    expect(await ask(second.urls.app, 'SELECT 1')).toEqual([1]);
    await second.stop();
    expect((await startHere({ dataDir })).port).toBe(second.port);
  });
});

describe('a running server', () => {
  it('stays down once stopped, and stopping twice is one stop', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const server = await startHere({ dataDir });
    await Promise.all([server.stop(), server.stop()]);
    expect(processesOf(dataDir)).toEqual([]);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('is shared by a command that attaches, and stopped by whoever leaves last', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const serving = await startInChild(dataDir);
    const command = await attachEmbedded({ dataDir, log: silent, settings: hasty });
    expect(command).toMatchObject({ adopted: true, pid: serving.pid, urls: serving.urls });
    await command.stop();
    expect(await ask(serving.urls.app, 'SELECT 1')).toEqual([1]);
    const other = await attachEmbedded({ dataDir, log: silent, settings: hasty });
    serving.child.stdin?.end();
    await once(serving.child, 'exit');
    expect(await ask(other.urls.app, 'SELECT 1')).toEqual([1]);
    await other.stop();
    expect(processesOf(dataDir)).toEqual([]);
  });

  it('is one, however many processes start it at once', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const servers = await Promise.all([startInChild(dataDir), startInChild(dataDir), startHere({ dataDir })]);
    expect(new Set(servers.map(({ pid }) => pid)).size).toBe(1);
    expect(servers.filter(({ adopted }) => !adopted)).toHaveLength(1);
    await killed(servers[0].child);
    await killed(servers[1].child);
    await servers[2].stop();
    expect(processesOf(dataDir)).toEqual([]);
  });
});
