/** `dramatis import` of character cards and of Dramatis' own JSON, from files of every kind and from folders. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngWithCards } from '../../src/cli/card-png.js';
import { dramatis, environmentOf, startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let folder: string;
let runs = 0;

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'dramatis-cards-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Listed {
  file?: string;
  record: number;
  name: string;
  reason: string;
}
interface Report {
  records: number;
  imported: number;
  unchanged: number;
  refused: Listed[];
  incomplete: Listed[];
}
/** Of whom the command line works for; the owner where nobody is named. */
let key: string | undefined;
const run = async (path: string, ...options: string[]) => {
  const env = { ...environmentOf(server), DRAMATIS_URL: server.url, ...(key && { DRAMATIS_KEY: key }) };
  const { code, stdout, stderr } = await dramatis(['import', path, '--json', ...options], env);
  return { code, stderr, report: (stdout ? JSON.parse(stdout) : null) as Report | null };
};
async function imported(extension: string, content: string | Buffer, ...options: string[]) {
  const file = join(folder, `file-${runs++}${extension}`);
  await writeFile(file, content);
  return run(file, ...options);
}
const stored = async (): Promise<number> => (await server.get('/personas?limit=500')).body.items.length;
const card = (name: string, more: object = {}) => ({
  spec: 'chara_card_v2',
  spec_version: '2.0',
  fav: true,
  data: { name, first_mes: 'Hello', ...more },
});
/** Does something as a member who is an editor. */
async function asEditor<T>(memberId: string, work: () => Promise<T>): Promise<T> {
  await server.post('/members', { memberId, displayName: memberId, roles: ['editor'] });
  key = (await server.post('/api-keys', { memberId, label: 'import' })).body.reply.key as string;
  return work().finally(() => (key = undefined));
}
const exported = async (slug: string, format: string) =>
  (await server.get(`/personas/${slug}/card?format=${format}`)).body;

describe('cards', () => {
  it('are imported once, private, and come out as they came in', async () => {
    const { code, report } = await imported('.json', JSON.stringify(card('Ada One')));
    expect({ code, ...report }).toMatchObject({ code: 0, records: 1, imported: 1, refused: [] });
    expect(await exported('ada-one', 'v2')).toEqual(card('Ada One'));
    const again = await imported('.JSON', JSON.stringify(card('Ada One')));
    expect(again.report).toMatchObject({ imported: 0, unchanged: 1 });
    expect((await server.get('/personas/ada-one')).body).toMatchObject({
      isPublic: false,
      origin: 'import',
      originRef: { source: 'card' },
    });
  });

  it('are public when that is asked for, and so are prompts', async () => {
    await imported('.json', JSON.stringify(card('Ada Public')), '--public');
    await imported('.csv', 'act,prompt\nPublic prompt,Be public\n', '--public');
    for (const slug of ['ada-public', 'public-prompt']) {
      expect((await server.get(`/personas/${slug}`)).body).toMatchObject({ isPublic: true });
    }
  });

  it.each(['.ndjson', '.jsonl'])('come one per line (%s); a bad line is refused alone', async (extension) => {
    const lines = [
      JSON.stringify(card(`Line one ${extension}`)),
      '{"name":',
      '',
      JSON.stringify({ fav: true }),
      `"${'x'.repeat(1_000_000)}"`,
      JSON.stringify(card(`Line two ${extension}`, { greetings: Array(5).fill('x'.repeat(60_000)) })),
      JSON.stringify({ name: `Line three ${extension}`, description: 'V1' }),
    ];
    const { code, report } = await imported(extension, lines.join('\n'));
    expect({ code, ...report }).toMatchObject({ code: 0, records: 6, imported: 2, unchanged: 0 });
    expect(report!.refused.map(({ record, reason }) => [record, reason])).toEqual([
      [2, expect.stringContaining('line 1, column 9')],
      [3, '/ is no character card: it has neither a name nor a text'],
      [4, 'the line is longer than 1 MB'],
      [5, '/ makes a configuration that is larger than 256 KiB'],
    ]);
  });

  it('come in a list, many at a time', async () => {
    const many = Array.from({ length: 120 }, (_, n) => card(`Many ${n}`, { x: 'x'.repeat(30_000) }));
    const foretold = await imported('.json', JSON.stringify(many), '--dry-run');
    expect(foretold.report).toMatchObject({ records: 120, imported: 120 });
    const before = await stored();
    const { report } = await imported('.json', JSON.stringify(many));
    expect(report).toMatchObject({ records: 120, imported: 120, unchanged: 0, refused: [] });
    expect(await stored()).toBe(before + 120);
  });

  it('come in images', async () => {
    const image = pngWithCards({ v2: card('Not this one'), v3: card('Ada Painted') });
    expect((await imported('.png', image)).report).toMatchObject({ imported: 1 });
    expect((await server.get('/personas/ada-painted')).status).toBe(200);
  });

  it('are refused when they tell of a real person', async () => {
    const extensions = { dramatis: { config: { identity: { subjectId: 'ada' } } } };
    const { code, report } = await imported('.json', JSON.stringify(card('Ada Real', { extensions })));
    expect({ code, imported: report!.imported }).toEqual({ code: 1, imported: 0 });
    expect(report!.refused[0]!.reason).toContain('/data/extensions/dramatis/config/identity/subjectId');
    const { status, body } = await server.post('/personas/import', {
      source: 'card',
      sourceId: 'x',
      card: card('Ada Real', { extensions }),
    });
    expect([status, body.errors[0].pointer]).toEqual([
      400,
      '/card/data/extensions/dramatis/config/identity/subjectId',
    ]);
  });
});

describe('Dramatis’ own JSON', () => {
  it('brings everything along, once', async () => {
    const assistant = (await server.post('/personas/import', {
      source: 'card',
      sourceId: 'origin',
      card: card('Origin'),
    })) as { body: { id: string } };
    const id = assistant.body.id;
    await server.send('PUT', `/personas/${id}/manifest`, { capabilities: ['code'] });
    await server.send('PUT', `/personas/${id}/platforms/linkedin`, { tonalRange: 'dry' });
    const document = await exported('origin', 'dramatis');
    const { report } = await imported('.json', JSON.stringify(document));
    expect(report).toMatchObject({ imported: 1, refused: [], incomplete: [] });
    const copy = await exported('origin-2', 'dramatis');
    expect(copy).toEqual({
      ...document,
      persona: { ...document.persona, slug: 'origin-2' },
      exportedFrom: { ...document.exportedFrom, personaId: copy.exportedFrom.personaId },
    });
    await server.send('PUT', `/personas/origin-2/manifest`, { capabilities: ['art'] });
    expect((await imported('.json', JSON.stringify(document))).report).toMatchObject({ unchanged: 1 });
    expect((await exported('origin-2', 'dramatis')).manifest.capabilities).toEqual(['art']);
  });
});

describe('Dramatis’ own JSON that comes again', () => {
  const document = (slug: string, more: object = {}) => ({
    format: 'dramatis-persona',
    formatVersion: 1,
    persona: {
      slug,
      name: slug,
      description: 'd',
      traits: [{ name: 't', category: 'cognitive', value: 1 }],
      responseStyle: { type: 'formal', tone: 'x', formalityLevel: 1, verbosity: 1 },
    },
    ...more,
  });
  const beside = {
    manifest: { capabilities: ['file'] },
    platforms: { linkedin: { contentTypes: ['by the file'] }, facebook: {} },
  };
  const platformsOf = async (slug: string) =>
    (await server.get(`/personas/${slug}`)).body.platforms as Record<string, { contentTypes?: unknown }>;

  it('leaves what people did to the persona as it is', async () => {
    await imported('.json', JSON.stringify(document('again')));
    await server.send('PUT', '/personas/again/platforms/linkedin', { contentTypes: ['by a human'] });
    const { report } = await imported('.json', JSON.stringify(document('again', beside)));
    expect(report).toMatchObject({ imported: 0, unchanged: 1, refused: [], incomplete: [] });
    expect(await platformsOf('again')).toMatchObject({ linkedin: { contentTypes: ['by a human'] } });
    expect((await server.get('/personas/again')).body).toMatchObject({ version: 2 });
  });

  it('goes on where it was interrupted', async () => {
    await imported('.json', JSON.stringify(document('halfway')));
    await server.send('PUT', '/personas/halfway/manifest', beside.manifest);
    const { report } = await imported('.json', JSON.stringify(document('halfway', beside)));
    expect(report).toMatchObject({ imported: 0, unchanged: 1, refused: [], incomplete: [] });
    expect(Object.keys(await platformsOf('halfway')).sort()).toEqual(['facebook', 'linkedin']);
  });

  it('is brought along once, also when it comes twice in a file', async () => {
    const twice = document('twice', beside);
    const { report } = await imported('.json', JSON.stringify([twice, twice]));
    expect(report).toMatchObject({ imported: 1, unchanged: 1, refused: [], incomplete: [] });
    expect((await server.get('/personas/twice')).body).toMatchObject({ version: 4 });
  });

  it('is refused with more platforms than a persona has, before anything is stored', async () => {
    const platforms = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`p${n}`, {}]));
    const before = await stored();
    const { code, report } = await imported('.json', JSON.stringify(document('many', { platforms })));
    expect({ code, reason: report!.refused[0]!.reason }).toEqual({
      code: 1,
      reason: '/platforms are more than a persona has: 20 at most',
    });
    expect(await stored()).toBe(before);
  });
});

it('what somebody else keeps private is refused, and imported from another source', async () => {
  const content = JSON.stringify(card('Not for everybody'));
  await imported('.json', content);
  await asEditor('eve', async () => {
    const { code, report } = await imported('.json', content);
    expect({ code, imported: report!.imported }).toEqual({ code: 1, imported: 0 });
    expect(report!.refused[0]!.reason).toContain('--source NAME');
    expect((await imported('.json', content, '--dry-run')).report).toMatchObject({ imported: 1 });
    expect((await imported('.json', content, '--source', 'eve')).report).toMatchObject({ imported: 1 });
    expect((await imported('.json', content, '--source', 'eve')).report).toMatchObject({ unchanged: 1 });
  });
});

describe('a folder', () => {
  it('is imported file by file; what cannot be read is refused alone, and other files do not count', async () => {
    const path = join(folder, 'many');
    await mkdir(join(path, 'inner.json'), { recursive: true });
    await writeFile(join(path, 'b.json'), JSON.stringify([card('Folder B'), card('Folder C')]));
    await writeFile(join(path, 'a.png'), 'no image');
    await writeFile(join(path, 'c.ndjson'), JSON.stringify(card('Folder D')));
    await writeFile(join(path, 'd.csv'), 'act,prompt\nFolder E,prompt\n');
    await writeFile(join(path, 'e.json'), '{');
    await writeFile(join(path, 'readme.txt'), 'text');
    const { code, report } = await run(path);
    expect({ code, ...report }).toMatchObject({ code: 0, records: 7, imported: 4 });
    expect(report!.refused).toEqual([
      { file: join(path, 'a.png'), record: 1, name: '', reason: 'the image is no PNG' },
      { file: join(path, 'e.json'), record: 1, name: '', reason: expect.stringContaining('no JSON') },
      { file: join(path, 'inner.json'), record: 1, name: '', reason: 'it is no file that can be read' },
    ]);
    expect((await run(path, '--dry-run')).report).toMatchObject({ imported: 0, unchanged: 4 });
  });

  it('without a file that can be imported is a mistake, and so is a file of another kind', async () => {
    const path = join(folder, 'empty');
    await mkdir(path);
    for (const wrong of [path, join(import.meta.dirname, '../../package.xml'), import.meta.filename]) {
      const { code, report, stderr } = await run(wrong);
      expect({ code, report }).toEqual({ code: 2, report: null });
      expect(stderr).toMatch(/\.csv, \.json, \.ndjson, \.jsonl, \.png|there is no file/);
    }
  });
});

describe('a file that holds no card', () => {
  const v2 = card('Hidden');
  it.each([
    ['.png', Buffer.from('not an image'), 'is no PNG'],
    ['.png', pngWithCards({ v2, v3: v2 }).subarray(0, 600), 'is cut off'],
    ['.json', '{"name":"Ada"', 'no JSON'],
    ['.json', '{"name":"Ada","name":"Eve"}', 'appears twice'],
  ])('ends the import with 1: %s (%#)', async (extension, content, message) => {
    const before = await stored();
    const { code, report, stderr } = await imported(extension, content);
    expect({ code, report }).toEqual({ code: 1, report: null });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(await stored()).toBe(before);
  });
});
