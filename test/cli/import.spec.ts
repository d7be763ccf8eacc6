/** What `dramatis import` tells of personas that it could not finish. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { config } from '../support/persona-examples.js';
import { dramatis, ownerKey } from '../support/server.js';

let folder: string;
let server: Server;

/** A server of another version: it knows personas, but nothing that comes after their import. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dramatis-import-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { commands } = JSON.parse(body) as { commands: { type: string }[] };
      const items = commands.map(({ type }) =>
        type === 'importPersona'
          ? { status: 201, body: { id: 'p', version: 1, events: [{}] } }
          : { status: 400, body: { title: 'There is no such operation', code: 'unknown-operation' } },
      );
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ items }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function imported(...options: string[]) {
  const file = join(folder, 'ada.json');
  const persona = { slug: 'ada', ...config };
  const manifest = { capabilities: ['code'] };
  await writeFile(file, JSON.stringify({ format: 'dramatis-persona', formatVersion: 1, persona, manifest }));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ...process.env, DRAMATIS_DATA_DIR: folder };
  return dramatis(['import', file, '--url', url, '--key', ownerKey, ...options], env);
}
const reason = 'it is imported, but setPersonaManifest was refused: There is no such operation';

it('counts a persona as imported though what comes after it was refused, and says so', async () => {
  const { code, stdout } = await imported();
  expect({ code, lines: stdout.trim().split('\n') }).toEqual({
    code: 0,
    lines: [
      '1 records: 1 imported, 0 there already, 0 refused',
      `  record 1 (${JSON.stringify(config.name)}): ${reason}`,
    ],
  });
});

it('lists it in the report', async () => {
  const { stdout } = await imported('--json');
  expect(JSON.parse(stdout)).toMatchObject({
    records: 1,
    imported: 1,
    unchanged: 0,
    refused: [],
    incomplete: [{ record: 1, name: config.name, reason }],
  });
});
