/** What `dramatis backtest policy` makes of a server that answers in pieces, is newer, or is not waited for. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { decidedAt } from '../support/recorded-decisions.js';
import { dramatis, ownerKey } from '../support/server.js';

let folder: string;
let server: Server;
let stream: (response: ServerResponse) => void;

const line = (position: number, more = {}): string => {
  const { data } = decidedAt(position, { facts: { action: 'tool:shell.run' }, more: { subjectId: 'zoë' } });
  return `${JSON.stringify({ position: String(position), schemaVersion: 1, data, ...more })}\n`;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dramatis-backtest-'));
  await writeFile(join(folder, 'candidate.json'), JSON.stringify({ blockedActions: ['tool:shell.*'] }));
  server = createServer((request, response) => {
    if (request.url!.includes('/whoami')) {
      response.setHeader('x-position', '1000').setHeader('content-type', 'application/json').end('{}');
    } else {
      stream(response.setHeader('content-type', 'application/x-ndjson'));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  stream = (response) => response.end();
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

function tested() {
  const { port } = server.address() as AddressInfo;
  const args = ['backtest', 'policy', '--candidate', join(folder, 'candidate.json'), '--json'];
  return dramatis(args, {
    DRAMATIS_URL: `http://127.0.0.1:${port}`,
    DRAMATIS_KEY: ownerKey,
    DRAMATIS_DATA_DIR: folder,
  });
}

it('finds nothing in nothing', async () => {
  const { code, stdout } = await tested();
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ decisions: 0, toPosition: 1_000, notReplayableShare: 0 });
});

it('reads lines however they are cut, within a character too', async () => {
  const bytes = Buffer.from(line(1) + line(2) + line(3));
  const inCharacter = bytes.indexOf(Buffer.from('ë')) + 1;
  const cuts = [0, 5, inCharacter, bytes.indexOf('\n') + 1, bytes.length - 1, bytes.length];
  const pieces = cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
  stream = (response) => {
    const next = (): void => {
      const piece = pieces.shift();
      if (piece) response.write(piece, () => setImmediate(next));
      else response.end();
    };
    next();
  };
  const { affectedSubjects, divergent } = JSON.parse((await tested()).stdout) as Record<string, unknown>;
  expect({ divergent, affectedSubjects }).toEqual({
    divergent: 3,
    affectedSubjects: { count: 1, isExact: true, ids: ['zoë'] },
  });
});

it('takes no answer that was cut off for the whole', async () => {
  stream = (response) => response.write(line(1), () => response.destroy());
  const { code, stdout } = await tested();
  expect(code).not.toBe(0);
  expect(stdout).toBe('');
});

it('guesses at nothing that a newer server wrote', async () => {
  stream = (response) => response.end(line(1, { schemaVersion: 99 }));
  const { code, stderr } = await tested();
  expect(code).toBe(1);
  expect(stderr).toContain('newer');
});

it('ends with 130 when it is interrupted, and prints no result', async () => {
  stream = (response) => {
    response.write(line(1), () => {
      process.emit('SIGINT');
      response.write(line(2));
    });
  };
  const listeners = process.listenerCount('SIGINT');
  const { code, stdout, stderr } = await tested();
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toContain('interrupted');
  expect(process.listenerCount('SIGINT')).toBe(listeners);
});
