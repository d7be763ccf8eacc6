import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonFile, jsonIn, jsonLines, type JsonRecord } from '../../src/cli/json-records.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'dramatis-json-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(content: string | Buffer): Promise<string> {
  const file = join(folder, 'records');
  await writeFile(file, content);
  return file;
}
async function all(records: AsyncIterable<JsonRecord>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const record of records) found.push('json' in record ? record.json : record.refused);
  return found;
}
const linesOf = async (content: string | Buffer): Promise<unknown[]> =>
  all(jsonLines(await fileOf(content), () => {}));
const valuesOf = async (content: string | Buffer): Promise<unknown[]> => all(jsonFile(await fileOf(content)));

describe('a file of JSON', () => {
  it('holds one value or a list of them, with or without a byte order mark', async () => {
    expect(await valuesOf('{"a":1}')).toEqual([{ a: 1 }]);
    expect(await valuesOf('\uFEFF[{"a":1},2]')).toEqual([{ a: 1 }, 2]);
    expect(await valuesOf('[]')).toEqual([]);
  });

  it.each([
    ['{"a":}', 'line 1, column 6: a value is missing'],
    ['', 'a value is missing'],
    ['{"a":1,"a":2}', '/a: the member appears twice'],
    ['{"a":12345678901234567890}', '/a: the number is beyond'],
    ['{"a":"\\u0000"}', '/a: NUL'],
    ['{"__proto__":1}', '/__proto__: no member may be called'],
  ])('is refused where it could not be given back: %j', async (content, message) => {
    await expect(valuesOf(content)).rejects.toThrow(message);
    await expect(valuesOf(content)).rejects.toMatchObject({ exitCode: 1 });
  });

  it('is refused when it is not UTF-8', () => {
    expect(() => jsonIn(Buffer.from('"\xe9"', 'latin1'))).toThrow('not valid UTF-8');
  });
});

describe('a file of JSON lines', () => {
  it('holds one value per line; empty lines do not count, the last needs no end', async () => {
    expect(await linesOf('\uFEFF{"a":1}\r\n\n  \n{"a":"é😀"}\n3')).toEqual([{ a: 1 }, { a: 'é😀' }, 3]);
    expect(await linesOf('')).toEqual([]);
  });

  it('keeps lines whole that chunks cut', async () => {
    const records = Array.from({ length: 40 }, (_, n) => ({ n, text: '😀'.repeat(4_999) }));
    expect(await linesOf(records.map((record) => JSON.stringify(record)).join('\n'))).toEqual(records);
  });

  it('refuses a line alone', async () => {
    const found = await linesOf(`1\n{"a":}\n"${'x'.repeat(999_999)}"\n${'x'.repeat(3_000_000)}\n2\n`);
    expect(found).toEqual([
      1,
      expect.stringContaining('a value is missing'),
      'the line is longer than 1 MB',
      'the line is longer than 1 MB',
      2,
    ]);
    expect(await linesOf(`"${'x'.repeat(999_998)}"`)).toHaveLength(1);
  });

  it('tells how far it has read', async () => {
    const content = '{"a":1}\n'.repeat(30_000);
    const read: number[] = [];
    for await (const _ of jsonLines(await fileOf(content), (bytes) => read.push(bytes)));
    expect(read.at(-1)).toBe(content.length);
    expect(read.length).toBeGreaterThan(2);
  });
});
