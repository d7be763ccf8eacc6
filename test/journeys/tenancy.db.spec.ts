/** Tenants, members, keys and who sees what, over HTTP; and what an empty installation begins with. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { start } from '../../src/main.js';
import { httpClient, type HttpClient } from '../support/http.js';
import { technicalAssistant } from '../support/personas.js';
import { until } from '../support/poll.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
const log = pino({ level: 'silent' });

async function member(id: string, ...roles: string[]): Promise<HttpClient> {
  await server.post('/members', { memberId: id, displayName: `${id}'s name`, roles });
  const { body } = await server.post('/api-keys', { memberId: id, label: 'test' });
  return server.as(body.reply.key);
}

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('members and keys', () => {
  it('answer 200, since the tenant’s stream is there', async () => {
    const added = await server.post('/members', {
      memberId: 'ada',
      displayName: 'Ada L.',
      roles: ['viewer'],
    });
    expect(added.status).toBe(200);
    expect(added.body.events[0].data.displayName).toBe('Ada L.');
    expect((await server.post('/api-keys', { memberId: 'ada', label: 'x' })).status).toBe(200);
  });

  it('are listed now and as of before', async () => {
    const { headers } = await server.get('/members');
    await server.send('PUT', '/members/ada/roles', { roles: ['editor'] });
    const now = await server.get('/members?role=editor');
    expect(now.body.items).toMatchObject([{ memberId: 'ada', displayName: 'Ada L.', roles: ['editor'] }]);
    const then = await server.get(`/members?asOf=${headers.get('x-position')}`);
    expect(then.body.items.find((one: { memberId: string }) => one.memberId === 'ada').roles).toEqual([
      'viewer',
    ]);
  });

  it('show a key once: a repeated request gives null in its place', async () => {
    const send = () =>
      server.post('/api-keys', { memberId: 'ada', label: 'once' }, { 'idempotency-key': 'k' });
    const [first, second] = [await send(), await send()];
    expect(first.body.reply.key).toMatch(/^dk_default\./);
    expect(second.body.reply).toEqual({ keyId: first.body.reply.keyId, key: null });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    const keys = await server.get('/api-keys?memberId=ada&state=live');
    expect(keys.body.items.filter(({ label }: { label: string }) => label === 'once')).toHaveLength(1);
  });

  it('end with their member', async () => {
    const gone = await member('gone', 'viewer');
    expect((await gone.get('/whoami')).status).toBe(200);
    await server.send('DELETE', '/members/gone');
    expect((await gone.get('/whoami')).status).toBe(401);
  });

  it('do not let an admin become an owner', async () => {
    const admin = await member('addy', 'admin');
    const refused = [
      await admin.send('PUT', '/members/addy/roles', { roles: ['owner'] }),
      await admin.post('/api-keys', { memberId: 'owner', label: 'x' }),
      await admin.post('/members', { displayName: 'X', roles: ['owner'] }),
      await admin.send('DELETE', '/members/owner'),
    ];
    for (const { status, body } of refused)
      expect({ status, code: body.code }).toEqual({ status: 403, code: 'owners-only' });
  });
});

describe('another tenant', () => {
  it('has its own personas, slugs, events and members, and sees none of ours', async () => {
    await server.post('/personas', technicalAssistant);
    const { body } = await server.post('/tenants', { name: 'Other' });
    const other = server.as(body.reply.key);
    expect((await other.get('/personas/technical-assistant')).status).toBe(404);
    expect((await other.post('/personas', technicalAssistant)).status).toBe(201);
    const ours = (await server.get('/personas')).body.items[0].personaId as string;
    expect((await other.get(`/personas/${ours}`)).status).toBe(404);
    expect((await other.send('PATCH', `/personas/${ours}/draft`, { set: { temperature: 1 } })).status).toBe(
      404,
    );
    expect((await other.get(`/streams/persona-default_${ours}`)).status).toBe(404);
    const events = (await other.get('/events?limit=500')).body.items as { tenant: string }[];
    expect(new Set(events.map(({ tenant }) => tenant))).toEqual(new Set(['other']));
    expect(
      (await other.get('/audit')).body.items.every((one: { stream: string }) =>
        one.stream.includes('-other_'),
      ),
    ).toBe(true);
    expect((await other.post('/tenants', { name: 'Third' })).status).toBe(403);
  });
});

describe('what is looked at', () => {
  it('and refused is in the audit log, with who and how', async () => {
    const viewer = await member('vera', 'viewer');
    expect((await viewer.get('/events')).status).toBe(403);
    const auditor = await member('audrey', 'auditor');
    expect((await auditor.get('/events')).status).toBe(200);
    expect((await auditor.post('/personas', technicalAssistant)).status).toBe(403);
    expect((await auditor.get('/events?form=open')).status).toBe(403);
    const denied = await until('the denial', async () => {
      const { body } = await auditor.get('/audit?outcome=denied&actor=vera');
      return body.items.length > 0 && body.items;
    });
    expect(denied[0]).toMatchObject({ log: 'telemetry', type: 'AccessDenied', actor: { id: 'vera' } });
    const read = await auditor.get('/audit?type=EventsRead&actor=audrey');
    expect(read.body.items[0]).toMatchObject({ outcome: 'read' });
  });
});

describe('an empty installation', () => {
  it('draws the owner’s key into a file for its user only, and keeps it', async () => {
    const fresh = await startTestServer();
    await fresh.running.stop();
    const dataDir = await mkdtemp(join(tmpdir(), 'dramatis-owner-'));
    const { ownerKey: _, ...config } = { ...fresh.config, dataDir };
    // The tenant is there already: no key is drawn, and none is pretended.
    const again = await start(config, { role: 'api', log, port: 0, claim: false });
    expect(again.ownerKeyFile).toBeUndefined();
    await again.stop();
    await fresh.stop();
    await rm(dataDir, { recursive: true });
  });

  it('of two that begin at once, one makes the tenant', async () => {
    const { freshDatabase } = await import('../support/database.js');
    const database = await freshDatabase();
    const folders = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), 'dramatis-first-'))));
    const base = { ...server.config };
    delete base.ownerKey;
    const running = await Promise.all(
      folders.map((dataDir) =>
        start(
          {
            ...base,
            dataDir,
            database: { ...base.database!, url: database.urls.app, keysUrl: database.urls.keys },
          },
          { role: 'all', log, port: 0, claim: false },
        ),
      ),
    );
    const files = running.map(({ ownerKeyFile }) => ownerKeyFile).filter((file) => file !== undefined);
    expect(files).toHaveLength(1);
    expect((await stat(files[0]!)).mode & 0o777).toBe(0o600);
    const key = (await readFile(files[0]!, 'utf8')).trim();
    for (const { url } of running) {
      expect((await httpClient(url, key).get('/whoami')).body).toMatchObject({
        id: 'owner',
        roles: ['owner'],
      });
    }
    await Promise.all(running.map(({ stop }) => stop()));
    await database.drop();
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
  });
});
