/** The README's first session, step by step, over real HTTP on a real PostgreSQL. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.js';
import { technicalAssistant } from '../support/personas.js';
import { until } from '../support/poll.js';

let server: TestServer;
let between: string;
const id = 'technical-assistant';
const temperature = async (query: string): Promise<number> =>
  (await server.get(`/personas/${id}${query}`)).body.config.temperature;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('a first session', () => {
  it('is ready', async () => {
    const ready = await until('readiness', async () => {
      const answer = await server.get('//readyz');
      return answer.status === 200 && answer;
    });
    expect(ready.body).toMatchObject({ status: 'ok' });
  });

  it('registers a persona as a draft', async () => {
    const { status, headers, body } = await server.post('/personas', technicalAssistant);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/personas/${body.id}`);
    expect(headers.get('etag')).toBe('"1"');
    expect(body).toMatchObject({ version: 1, events: [{ type: 'PersonaRegistered' }] });
    expect(body.position).toMatch(/^\d+$/);
    const read = await server.get(headers.get('location')!.replace('/api/v1', ''));
    expect(read.body).toMatchObject({ slug: id, status: 'draft', head: null, config: { temperature: 0.3 } });
  });

  it('publishes it and points production to it', async () => {
    expect((await server.post(`/personas/${id}/versions`)).body.reply).toMatchObject({ versionNo: 1 });
    const moved = await server.send('PUT', `/personas/${id}/channels/production`, {
      versionNo: 1,
      reason: 'first release',
    });
    expect(moved.status).toBe(200);
    expect(moved.body.events[0].data).toMatchObject({
      channel: 'production',
      to: 1,
      reason: 'first release',
    });
    between = new Date().toISOString();
  });

  it('edits one number, publishes again and moves production again', async () => {
    await server.send('PATCH', `/personas/${id}/draft`, { set: { temperature: 0.9 } });
    expect((await server.post(`/personas/${id}/versions`)).body.reply).toMatchObject({ versionNo: 2 });
    await server.send('PUT', `/personas/${id}/channels/production`, { versionNo: 2, reason: 'warmer' });
    expect(await temperature('')).toBe(0.9);
  });

  it('answers as of the instant between with the first configuration', async () => {
    expect(await temperature(`?asOf=${between}`)).toBe(0.3);
    expect(await temperature('?versionNo=1')).toBe(0.3);
    expect(await temperature('?channel=production')).toBe(0.9);
    const listed = await server.get(`/personas?asOf=${between}`);
    expect(listed.body.items).toHaveLength(1);
    expect(listed.body.items[0].channels).toEqual({ production: 1 });
  });

  it('names in the diff what changed, between versions and between instants', async () => {
    const change = { path: '/temperature', kind: 'changed', before: 0.3, after: 0.9 };
    expect((await server.get(`/personas/${id}/diff?from=1&to=2`)).body.changes).toEqual([change]);
    expect((await server.get(`/personas/${id}/diff?from=${between}&to=production`)).body.changes).toEqual([
      change,
    ]);
  });

  it('tells the story in the timeline', async () => {
    // That it was published without a proposal is put on record a moment later.
    const { body } = await until('the record of the second version', async () => {
      const answer = await server.get(`/personas/${id}/timeline`);
      const told = answer.body.items as { type: string }[];
      return told.some(({ type }) => type === 'RefinementApplied') && answer;
    });
    const types = body.items.map(({ type }: { type: string }) => type);
    expect(types.filter((type: string) => type.startsWith('Persona'))).toEqual([
      'PersonaRegistered',
      'PersonaVersionPublished',
      'PersonaChannelMoved',
      'PersonaDraftEdited',
      'PersonaVersionPublished',
      'PersonaChannelMoved',
    ]);
    expect(JSON.stringify(body)).toContain('first release');
  });

  it('replays everything as NDJSON, personal values sealed', async () => {
    const { body } = await server.get<string>('/events', { accept: 'application/x-ndjson' });
    const events = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { position: string; type: string });
    expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => String(index + 1)));
    expect(events[0]!.type).toBe('TenantCreated');
    expect(body).not.toContain('first release');
    const opened = await server.get('/events?form=open');
    expect(JSON.stringify(opened.body)).toContain('first release');
  });

  it('has all of it in the audit log', async () => {
    const { body } = await server.get('/audit?type=PersonaChannelMoved');
    expect(body.items).toHaveLength(2);
    expect(body.items[0]).toMatchObject({
      actor: { id: 'owner', credential: 'default.owner' },
      outcome: 'accepted',
      log: 'record',
    });
  });
});
