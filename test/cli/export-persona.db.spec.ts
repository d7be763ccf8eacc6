/** `dramatis export persona`: what was imported comes out again, edited where it was edited. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cardInPng, pngWithCards } from '../../src/cli/card-png.js';
import { dramatis, environmentOf, startTestServer, type TestServer } from '../support/server.js';

const example = join(import.meta.dirname, '../../docs/examples/ada-card.json');
let server: TestServer;
let folder: string;
let card: any;

const cli = (...args: string[]) => dramatis(args, { ...environmentOf(server), DRAMATIS_URL: server.url });
const exported = async (...options: string[]) =>
  JSON.parse((await cli('export', 'persona', 'ada-lovelace', ...options)).stdout);

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'dramatis-export-'));
  card = JSON.parse(await readFile(example, 'utf8'));
  await cli('import', example);
  await server.post('/personas/ada-lovelace/versions', {});
  await server.send('PATCH', '/personas/ada-lovelace/draft', { set: { name: 'Countess of Lovelace' } });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('dramatis export persona', () => {
  it('prints the persona as it is in force, in Dramatis’ own JSON', async () => {
    expect(await exported()).toMatchObject({
      format: 'dramatis-persona',
      persona: { slug: 'ada-lovelace', name: 'Ada Lovelace' },
      exportedFrom: { versionNo: 1 },
    });
    expect((await cli('export', 'persona', 'ada-lovelace', '--json')).stdout.split('\n')).toHaveLength(2);
  });

  it('gives the very card that came in, and the one field that was edited', async () => {
    expect(await exported('--format', 'v2', '--version', '1')).toEqual(card);
    const edited = await exported('--format', 'v2', '--draft');
    expect(edited).toEqual({ ...card, data: { ...card.data, name: 'Countess of Lovelace' } });
    await server.post('/personas/ada-lovelace/versions', {});
    const move = { versionNo: 2, reason: 'a title' };
    await server.send('PUT', '/personas/ada-lovelace/channels/staging', move);
    expect(await exported('--format', 'v2', '--channel', 'staging')).toEqual(edited);
  });

  it('writes files', async () => {
    const output = join(folder, 'ada.json');
    const { code, stdout } = await cli(
      'export',
      'persona',
      'ada-lovelace',
      '--format',
      'v3',
      '--output',
      output,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: `wrote ${output}\n` });
    expect(JSON.parse(await readFile(output, 'utf8'))).toMatchObject({ spec: 'chara_card_v3' });
  });

  it('writes images that can be imported, into one of one’s own', async () => {
    const [base, output] = [join(folder, 'base.png'), join(folder, 'ada.png')];
    await writeFile(base, pngWithCards({ v2: { name: 'Eve' }, v3: { name: 'Eve' } }));
    const args = ['export', 'persona', 'ada-lovelace', '--output', output, '--json', '--image'];
    const { code, stdout } = await cli(...args, base);
    expect({ code, stdout: JSON.parse(stdout) }).toEqual({
      code: 0,
      stdout: { persona: 'ada-lovelace', file: output },
    });
    const found = JSON.parse(cardInPng(await readFile(output)).toString());
    expect(found).toMatchObject({ spec: 'chara_card_v3', data: { first_mes: card.data.first_mes } });
    expect((await cli('import', output, '--json')).stdout).toContain('"imported":1');
    expect((await cli(...args, import.meta.filename)).code).toBe(1);
  });

  it.each([
    ['--output', 'ada.txt'],
    ['--image', 'x.png'],
    ['--output', 'x.png', '--format', 'v2'],
    ['--output', 'x.png', '--image', 'nowhere.png'],
    ['--version', '1', '--draft'],
    ['--version', '1', '--channel', 'staging'],
    ['--channel', 'staging', '--draft'],
    ['--version', 'x'],
    ['--format', 'v1'],
  ])('refuses options that make no sense: %s %s %s %s', async (...options) => {
    const { code, stdout } = await cli('export', 'persona', 'ada-lovelace', ...options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('says when there is nothing to export, and writes nothing', async () => {
    const output = join(folder, 'nobody.json');
    const { code, stderr } = await cli('export', 'persona', 'nobody', '--output', output);
    expect(code).toBe(1);
    expect(stderr).toContain('404');
    await expect(readFile(output)).rejects.toThrow('ENOENT');
  });
});
