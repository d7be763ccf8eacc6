import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { ask, eventually, processesOf, startHere, temporaryFolder } from './own-server.js';

describe('a running server', () => {
  it('that is killed runs again within 10 s on its port, with every acknowledged write', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const server = await startHere({ dataDir, settings: {} });
    const states: string[] = [];
    server.onState((state) => states.push(state));
    await ask(server.urls.owner, 'CREATE TABLE acks (n int PRIMARY KEY)');
    let written = 0;
    for (let kill = 1; kill <= 3; kill += 1) {
      const { pid } = server;
      const client = new Client({ connectionString: server.urls.owner });
      client.on('error', () => {});
      await client.connect();
      const until = written + 50;
      const writing = (async () => {
        for (;;) {
          await client.query('INSERT INTO acks VALUES ($1)', [written + 1]);
          written += 1;
          if (written === until) process.kill(pid, 'SIGKILL');
        }
      })();
      await expect(writing).rejects.toThrow();
      await client.end().catch(() => {});
      await eventually(() => server.pid !== pid && server.state === 'running');
      const [count] = (await ask(server.urls.owner, 'SELECT max(n) FROM acks')) as [number];
      // The write under way at the kill may have been committed without its answer.
      expect([written, written + 1]).toContain(count);
      expect(await ask(server.urls.owner, 'SELECT count(*)::int FROM acks')).toEqual([count]);
      written = count;
    }
    expect(states).toEqual(['down', 'running', 'down', 'running', 'down', 'running']);
  });

  it('can be stopped while it is down', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const server = await startHere({ dataDir });
    const down = new Promise<void>((resolve) => server.onState((state) => state === 'down' && resolve()));
    process.kill(server.pid, 'SIGKILL');
    await down;
    await server.stop();
    expect(processesOf(dataDir)).toEqual([]);
    expect(server.state).toBe('stopped');
  });
});
