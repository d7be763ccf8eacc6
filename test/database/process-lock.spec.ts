import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderIdentity } from '../../src/database/folder-identity.js';
import { ownIdentity } from '../../src/database/process-identity.js';
import { tryLock, withLock } from '../../src/database/process-lock.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dramatis-spec-'));
  path = join(folder, 'some.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const place = (): string => folderIdentity(folder);
const many = (note: string): Promise<Awaited<ReturnType<typeof tryLock>>[]> =>
  Promise.all(Array.from({ length: 20 }, () => tryLock({ path, note })));

it('is given to one of many, and again after its release', async () => {
  for (const round of ['first', 'second']) {
    const locks = await many(round);
    const held = locks.filter((lock) => lock.ok);
    expect(held).toHaveLength(1);
    expect(locks.find((lock) => !lock.ok)).toEqual({ ok: false, holder: { ...ownIdentity(), note: round } });
    await held[0]?.release();
    expect(readdirSync(folder)).toEqual([]);
  }
});

it.each([
  ['a process that is gone', () => ({ pid: 2 ** 22 + 7, started: 'x', note: '', folder: place() })],
  ['one whose pid another has now', () => ({ pid: process.pid, started: 'x', note: '', folder: place() })],
  ['one that works in the folder this is a copy of', () => ({ ...ownIdentity(), note: '', folder: '1:2' })],
  ['a crash in the middle of writing', () => null],
])('passes from %s to one of many', async (_, holder) => {
  writeFileSync(`${path}.3`, holder() === null ? '{"pid":1' : JSON.stringify(holder()));
  const locks = await many('');
  expect(locks.filter((lock) => lock.ok)).toHaveLength(1);
  expect(readdirSync(folder)).toEqual(['some.lock.4']);
});

it('shows the note as it was set last', async () => {
  const lock = await tryLock({ path, note: 'before' });
  if (!lock.ok) throw new Error('not held');
  await lock.setNote('after');
  expect(await tryLock({ path, note: '' })).toMatchObject({ ok: false, holder: { note: 'after' } });
});

it('runs work one after the other, and is free after work that failed', async () => {
  let inside = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    await Promise.resolve();
    expect(inside).toBe(1);
    inside -= 1;
    throw new Error('failed');
  };
  const all = [1, 2, 3].map(() => withLock({ path, note: '', waitMs: 5_000 }, work));
  for (const { status } of await Promise.allSettled(all)) expect(status).toBe('rejected');
  expect(inside).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

it('is waited for no longer than said, and names its holder', async () => {
  await tryLock({ path, note: 'busy' });
  await expect(withLock({ path, note: '', waitMs: 0 }, async () => {})).rejects.toThrow(
    new RegExp(`process ${process.pid} holds .*busy`),
  );
  const signal = AbortSignal.abort();
  await expect(withLock({ path, note: '', waitMs: 5_000, signal }, async () => {})).rejects.toThrow(/abort/i);
});
