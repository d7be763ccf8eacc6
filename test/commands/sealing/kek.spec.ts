import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadKek } from '../../../src/commands/sealing/kek.js';

const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kek-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a given key', () => {
  it('is hex, base64 or base64url of 32 bytes', async () => {
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      expect(await loadKek({ value: bytes.toString(form) })).toEqual(bytes);
    }
    expect(await loadKek({ value: ` ${bytes.toString('hex').toUpperCase()}\n` })).toEqual(bytes);
  });

  it('is refused otherwise, without being shown', async () => {
    for (const value of [
      '',
      'password',
      bytes.subarray(1).toString('hex'),
      `${bytes.toString('base64')}AA==`,
    ]) {
      const error = await loadKek({ value }).catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ message: expect.stringContaining('DRAMATIS_KEK') });
      if (value) expect((error as Error).message).not.toContain(value);
    }
    await expect(loadKek({})).rejects.toThrow('set DRAMATIS_KEK');
  });

  it('goes before the file', async () => {
    const file = join(folder, 'unread');
    expect(await loadKek({ value: bytes.toString('hex'), file })).toEqual(bytes);
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });
});

describe('a key file', () => {
  it('is made once, for its owner only, and read afterwards', async () => {
    const file = join(folder, 'made', 'kek');
    const kek = await loadKek({ file });
    expect(kek).toHaveLength(32);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await loadKek({ file })).toEqual(kek);
    expect(await readdir(join(folder, 'made'))).toEqual(['kek']);
  });

  it('is one for all who make it at once', async () => {
    const file = join(folder, 'raced', 'kek');
    const keks = await Promise.all(Array.from({ length: 16 }, () => loadKek({ file })));
    expect(new Set(keks.map((kek) => kek.toString('hex'))).size).toBe(1);
    expect(await readdir(join(folder, 'raced'))).toEqual(['kek']);
  });

  it('that is broken is refused and not replaced', async () => {
    const file = join(folder, 'broken');
    await writeFile(file, 'half a key');
    await expect(loadKek({ file })).rejects.toThrow(`${file}: the key-encryption key must be 32 bytes`);
    expect(await readFile(file, 'utf8')).toBe('half a key');
  });
});
