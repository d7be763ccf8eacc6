import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openPool, withTransaction } from '../../src/database/pool.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import { ask, eventually } from './own-server.js';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase({ migrated: false });
  await ask(database.urls.owner, 'CREATE TABLE t (n int)');
});
afterAll(() => database.drop());

function pool(options: Partial<Parameters<typeof openPool>[0]> = {}): Pool {
  const opened = openPool({ url: database.urls.owner, max: 2, applicationName: 'pool-spec', ...options });
  onTestFinished(() => opened.end());
  return opened;
}

const terminate = (): Promise<unknown> =>
  ask(
    database.urls.superuser,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pool-spec'`,
  );
const rows = (): Promise<unknown[]> => ask(database.urls.owner, 'SELECT n FROM t ORDER BY n');

it('commits what work returns and rolls back what it throws', async () => {
  const both = pool();
  expect(await withTransaction(both, (client) => client.query('INSERT INTO t VALUES (1)'))).toMatchObject({
    rowCount: 1,
  });
  const failing = withTransaction(both, async (client) => {
    await client.query('INSERT INTO t VALUES (2)');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  await expect(withTransaction(both, (client) => client.query('SELECT 1/0'))).rejects.toThrow(/division/);
  expect(await rows()).toEqual([1]);
  expect([both.totalCount, both.idleCount]).toEqual([1, 1]);
});

it('replaces idle connections that broke, and says so', async () => {
  const warnings: unknown[] = [];
  const log = { info() {}, error() {}, warn: (said: unknown) => void warnings.push(said) };
  const one = pool({ log });
  await one.query('SELECT 1');
  await terminate();
  await eventually(() => one.totalCount === 0);
  expect(warnings).toHaveLength(1);
  expect((await one.query<{ n: number }>('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
});

it('survives a connection that breaks between two queries of a transaction', async () => {
  const one = pool();
  const broken = withTransaction(one, async (client) => {
    await client.query('INSERT INTO t VALUES (3)');
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    await terminate();
    await ended;
    await client.query('INSERT INTO t VALUES (4)');
  });
  await expect(broken).rejects.toThrow();
  expect(one.totalCount).toBe(0);
  expect(await rows()).toEqual([1]);
});

it('limits statements on the server and queries here', async () => {
  await expect(pool({ statementTimeoutMs: 50 }).query('SELECT pg_sleep(5)')).rejects.toThrow(
    /statement timeout/,
  );
  const impatient = pool({ queryTimeoutMs: 50 });
  await expect(withTransaction(impatient, (client) => client.query('SELECT pg_sleep(1)'))).rejects.toThrow(
    /timeout/,
  );
  expect(impatient.totalCount).toBe(0);
});

it('gives up on a server that takes connections and says nothing', async () => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy());
    mute.close();
  });
  const { port } = mute.address() as AddressInfo;
  const waiting = pool({ url: `postgresql://a:b@127.0.0.1:${port}/c` });
  const before = performance.now();
  await expect(waiting.query('SELECT 1')).rejects.toThrow(/timeout/);
  expect(performance.now() - before).toBeLessThan(6_000);
});
