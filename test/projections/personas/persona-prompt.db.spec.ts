import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentHash } from '../../../src/domain/content-hash.js';
import { builtInPersonas } from '../../../src/domain/personas/built-in-personas.js';
import { countTokens } from '../../../src/domain/personas/prompts/prompt-tokens.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { personaNamed } from '../../support/personas.js';
import { startTestServer, type TestServer } from '../../support/server.js';

let world: AreaWorld;
let id: string;
let between: string;
const abbey = builtInPersonas[1]!;
const slug = 'abbey';

interface Prompt {
  personaId: string;
  versionNo: number | null;
  channel?: string;
  messages: [{ role: string; content: string }];
  hash: string;
  tokens: number;
  variables: { used: string[]; unknown: string[] };
  activeDomains: string[];
}
const render = (input: Record<string, unknown> = {}, as: { asOf?: string; tenantId?: string } = {}) =>
  world.ask<Prompt>('renderPersonaPrompt', { personaId: slug, ...input }, as);
const contentOf = async (input: Record<string, unknown>): Promise<string> =>
  (await render(input)).messages[0].content;
const set = (changes: Record<string, unknown>) =>
  world.send('editPersonaDraft', { personaId: slug, set: changes });
const publish = () => world.send('publishPersonaVersion', { personaId: slug });
const move = (channel: string, versionNo: number) =>
  world.send('movePersonaChannel', { personaId: slug, channel, versionNo, reason: 'because' });

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  id = (await world.send('registerPersona', { ...abbey, systemPromptTemplate: 'One, {{user}}.' })).id;
  await publish();
  await move('production', 1);
  between = world.now();
  await set({ systemPromptTemplate: 'Two.' });
  await publish();
  await move('staging', 2);
  await set({
    systemPromptTemplate: 'Draft {{a}}.',
    identity: { subjectId: 'ada', background: 'Born by the sea.' },
  });
  await world.send('setPlatformAdaptation', {
    personaId: slug,
    platformType: 'linkedin',
    tonalRange: 'calm',
  });
  await world.send('registerPersona', { ...abbey, slug: 'unpublished' });
});
afterAll(() => world.stop());

describe('renderPersonaPrompt', () => {
  it('renders what production points to', async () => {
    const prompt = await render();
    expect(prompt).toMatchObject({
      personaId: id,
      versionNo: 1,
      channel: 'production',
      tokenizer: 'o200k_base',
      rendererVersion: 1,
      parameters: { temperature: 0.7, interactionMode: 'conversational' },
      variables: { used: [], unknown: ['user'] },
      activeDomains: ['emotional support', 'teaching'],
    });
    const { messages, hash, tokens } = prompt;
    expect(messages[0].content).toMatch(/^One, \{\{user\}\}\.\n\n## Traits\n/);
    expect(hash).toBe(contentHash({ rendererVersion: 1, messages }));
    expect(tokens).toBe(await countTokens(messages[0].content));
    expect(personaReadModule.queries['renderPersonaPrompt']!.output.parse(prompt)).toEqual(prompt);
    expect(await render({ personaId: id })).toEqual(prompt);
  });

  it('renders another channel, a version or the draft when asked to, as of any moment', async () => {
    expect(await render({ channel: 'staging' })).toMatchObject({ versionNo: 2, channel: 'staging' });
    const second = await render({ versionNo: 2 });
    expect([second.versionNo, 'channel' in second]).toEqual([2, false]);
    const draft = await render({ draft: true });
    expect([draft.versionNo, 'channel' in draft]).toEqual([null, false]);
    expect(draft.messages[0].content).toContain('Draft {{a}}.');
    const then = await render({ draft: true }, { asOf: between });
    expect(then.messages[0].content).toContain('One, {{user}}.');
  });

  it('inserts variables, minds the context and adds a platform', async () => {
    const vars = JSON.stringify({ user: 'Ada', other: 'x' });
    const prompt = await render({ vars, context: 'Explain it', platform: 'linkedin' });
    expect(prompt).toMatchObject({ variables: { used: ['user'], unknown: [] }, activeDomains: ['teaching'] });
    expect(prompt.messages[0].content).toMatch(/^One, Ada\./);
    expect(prompt.messages[0].content).toContain('## Platform: linkedin\n- Tonal range: calm');
    expect((await render({ context: '' })).activeDomains).toEqual([]);
  });

  it('opens what is personal', async () => {
    expect(await contentOf({ draft: true })).toContain('## Identity\nBorn by the sea.');
  });

  it('never falls back to a draft', async () => {
    const unpublished = { personaId: 'unpublished' };
    expect(await world.refused(render(unpublished))).toBe('channel-not-found');
    expect((await render({ ...unpublished, draft: true })).versionNo).toBe(null);
  });

  it('refuses what is not there', async () => {
    expect(await world.refused(render({ personaId: 'nobody' }))).toBe('persona-not-found');
    expect(await world.refused(render({}, { tenantId: 'other' }))).toBe('persona-not-found');
    expect(await world.refused(render({ channel: 'canary' }))).toBe('channel-not-found');
    expect(await world.refused(render({ versionNo: 9 }))).toBe('version-not-found');
    expect(await world.refused(render({ platform: 'facebook' }))).toBe('platform-not-found');
    expect(await world.refused(render({ platform: 'constructor' }))).toBe('invalid-input');
  });

  it.each([
    { channel: 'staging', versionNo: 1 },
    { channel: 'production', draft: true },
    { versionNo: 1, draft: true },
    { vars: '{"user":1}' },
    { vars: 'user=Ada' },
  ])('refuses %o', async (input) => {
    expect(await world.refused(render(input))).toBe('invalid-input');
  });

  it('refuses a context of more than 4,000 characters', async () => {
    expect((await render({ context: 'x'.repeat(4_000) })).versionNo).toBe(1);
    expect(await world.refused(render({ context: 'x'.repeat(4_001) }))).toBe('invalid-input');
  });

  it('refuses values that would make a prompt without measure', async () => {
    await set({ systemPromptTemplate: '{{a}}'.repeat(1_000) });
    const vars = JSON.stringify({ a: 'x'.repeat(10_000) });
    expect(await world.refused(render({ draft: true, vars }))).toBe('invalid-input');
  });
});

describe('over HTTP', () => {
  let server: TestServer;
  const prompt = '/personas/served/prompt';
  const pointers = async (search: string): Promise<string[]> => {
    const { status, body } = await server.get(`${prompt}?${search}`);
    expect(status).toBe(400);
    return (body.errors as { pointer: string }[]).map(({ pointer }) => pointer);
  };

  beforeAll(async () => {
    server = await startTestServer();
    await server.post('/personas', personaNamed('served'));
    await server.post('/personas/served/versions');
    await server.send('PUT', '/personas/served/channels/production', { versionNo: 1, reason: 'because' });
  });
  afterAll(() => server.stop());

  it('a prompt may be kept for five minutes, and is known again after that', async () => {
    const { headers, status } = await server.get(prompt);
    expect([status, headers.get('cache-control')]).toEqual([200, 'private, max-age=300']);
    const etag = headers.get('etag')!;
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    expect((await server.get(prompt, { 'if-none-match': etag })).status).toBe(304);
    expect((await server.get(`${prompt}?versionNo=1`)).headers.get('etag')).not.toBe(etag);
  });

  it('a draft is asked for again every time', async () => {
    const { headers, body } = await server.get(`${prompt}?draft=true`);
    expect([headers.get('cache-control'), body.versionNo]).toEqual(['private, no-cache', null]);
  });

  it('parameters are read as they are written, and a fault is named', async () => {
    const vars = encodeURIComponent('{"user":"Ada & Bob"}');
    expect((await server.get(`${prompt}?draft=false&context=a+b&vars=${vars}`)).body.versionNo).toBe(1);
    expect(await pointers('vars=user')).toEqual(['/vars']);
    expect(await pointers('draft=yes')).toEqual(['/draft']);
    expect(await pointers('versionNo=0')).toEqual(['/versionNo']);
    expect(await pointers('platform=LinkedIn')).toEqual(['/platform']);
    expect(await pointers('variables=x')).toEqual(['/variables']);
    expect(await pointers('draft=true&versionNo=1')).toEqual(['/draft']);
    expect(await pointers('draft=true&versionNo=1&channel=staging')).toEqual(['/versionNo', '/draft']);
  });
});
