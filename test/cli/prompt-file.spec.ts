import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promptRecords } from '../../src/cli/prompt-file.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'dramatis-csv-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function recordsOf(content: string | Buffer): Promise<unknown[]> {
  const file = join(folder, 'prompts.csv');
  await writeFile(file, content);
  const found: unknown[] = [];
  for await (const record of promptRecords(file, () => {})) found.push(record);
  return found;
}

const head = 'act,prompt\n';

describe('a file of prompts', () => {
  it('is read with or without a byte order mark, whatever its characters', async () => {
    const record = { act: 'é€😀\uFFFD', prompt: 'p' };
    const text = `${head}${record.act},p\n`;
    expect(await recordsOf(text)).toEqual([record]);
    expect(await recordsOf(`\uFEFF${text}`)).toEqual([record]);
  });

  it.each([0, 1, 2, 3])('keeps characters whole that chunks cut (%i)', async (shift) => {
    const prompt = 'x'.repeat(shift) + '😀'.repeat(60_000);
    expect(await recordsOf(`${head}a,${prompt}\n`)).toEqual([{ act: 'a', prompt }]);
  });

  it.each([
    ['a byte of Latin-1', [0xe9], 'a'],
    ['an overlong form', [0xc0, 0xaf], 'a'],
    ['a surrogate', [0xed, 0xa0, 0x80], 'a,b'],
    ['a character without its end', [0xe2, 0x82], ''],
  ])('ends at %s, and says where', async (_, bytes, after) => {
    const content = Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(after)]);
    await expect(recordsOf(content)).rejects.toThrow('the file is not UTF-8: line 2, byte 12');
  });

  it('says where also behind many chunks', async () => {
    const content = Buffer.from(head + 'é,p\n'.repeat(50_000));
    await expect(recordsOf(Buffer.concat([content, Buffer.from([0xff])]))).rejects.toThrow(
      `the file is not UTF-8: line 50002, byte ${content.length + 1}`,
    );
  });

  it('is refused when it is no CSV, names other columns or cannot be read', async () => {
    await expect(recordsOf(`${head}"x,y\n`)).rejects.toMatchObject({ exitCode: 1 });
    await expect(recordsOf('a,b\n1,2\n')).rejects.toThrow('act and prompt');
    await expect(async () => {
      for await (const _ of promptRecords(folder, () => {}));
    }).rejects.toThrow('EISDIR');
  });
});
