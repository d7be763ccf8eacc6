import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importRecords, importSource, type ImportSource } from '../../src/cli/import-source.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'dramatis-source-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const card = (name: string): string => JSON.stringify({ name, description: 'x' });
/** The names of the records, or why they are refused, with the bytes that were read at the end. */
async function read(source: ImportSource): Promise<{ found: unknown[]; bytes: number }> {
  const found: unknown[] = [];
  let bytes = 0;
  for await (const record of importRecords(source, (done) => (bytes = done))) {
    found.push('refused' in record ? [record.file, record.refused] : record.name);
  }
  return { found, bytes };
}

const unreadable = 'it is no file that can be read';

describe('a folder', () => {
  it('is read file by file, links to files among them, however they are spelt', async () => {
    await writeFile(at('b.JSON'), card('B'));
    await writeFile(at('a.ndjson'), `${card('A1')}\n${card('A2')}`);
    await writeFile(at('notes.txt'), 'x');
    await symlink(at('b.JSON'), at('c.json'));
    const source = importSource(folder);
    expect(await read(source)).toEqual({ found: ['A1', 'A2', 'B', 'B'], bytes: source.bytes });
  });

  it.each<[string, (path: string) => unknown]>([
    ['a folder', (path) => mkdir(path)],
    ['a link to a folder', (path) => symlink(tmpdir(), path)],
    ['a link that leads nowhere', (path) => symlink(at('gone'), path)],
    ['a link to itself', (path) => symlink(path, path)],
    ['a pipe', (path) => execFileSync('sh', ['-c', 'mkfifo "$0"', path])],
  ])('refuses %s alone, and nobody waits for it', async (_, make) => {
    await writeFile(at('a.json'), card('A'));
    await make(at('b.json'));
    await make(at('c.csv'));
    await writeFile(at('d.json'), card('D'));
    const source = importSource(folder);
    expect(await read(source)).toEqual({
      found: ['A', [at('b.json'), unreadable], [at('c.csv'), unreadable], 'D'],
      bytes: source.bytes,
    });
  });

  it.each(['.csv', '.json', '.ndjson', '.png'])(
    'refuses alone what fails while it is read: %s',
    async (kind) => {
      await writeFile(at(`a${kind}`), '{');
      await writeFile(at('b.json'), card('B'));
      const { found } = await read(importSource(folder));
      expect(found).toEqual([[at(`a${kind}`), expect.any(String)], 'B']);
    },
  );

  it('refuses a file alone that is gone when its turn comes', async () => {
    await writeFile(at('b.json'), card('B'));
    const source = { files: [at('a.json'), at('b.json')], bytes: 0, isFolder: true };
    expect((await read(source)).found).toEqual([[at('a.json'), unreadable], 'B']);
  });
});

describe('a file', () => {
  it('that cannot be read ends the import', async () => {
    const source = { files: [at('gone.json')], bytes: 0, isFolder: false };
    await expect(read(source)).rejects.toThrow('ENOENT');
  });

  it('that is not there, or of a kind that cannot be imported, is a mistake', async () => {
    await writeFile(at('notes.txt'), 'x');
    for (const path of [at('gone.json'), at('notes.txt'), join(folder, 'none')]) {
      expect(() => importSource(path)).toThrow(expect.objectContaining({ exitCode: 2 }));
    }
  });
});
