import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The key-encryption key, 32 bytes: `value` where it is given, else what the file holds. Where there is no
 * file it is made, readable by its owner only; of several processes at once, one makes it.
 * @param options.value hex or base64
 * @throws Error when it is not 32 bytes; the message does not show it
 */
export async function loadKek({ value, file }: { value?: string; file?: string }): Promise<Buffer> {
  if (value !== undefined) return decoded(value, 'DRAMATIS_KEK');
  if (file === undefined) throw new Error('there is no key-encryption key: set DRAMATIS_KEK');
  const there = await contentOf(file);
  if (there !== undefined) return decoded(there, file);
  await generate(file);
  return decoded(await readFile(file, 'utf8'), file);
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the file in one step, complete and durable: a key that is lost takes every personal value along. */
async function generate(file: string): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    await write(draft, `${randomBytes(32).toString('base64')}\n`);
    // Unlike rename, link fails when another process was first; then its key is the one that counts.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  const directory = await open(folder);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function write(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function decoded(text: string, source: string): Buffer {
  const trimmed = text.trim();
  const isHex = /^[0-9a-f]{64}$/i.test(trimmed);
  const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed);
  if (!isHex && !isBase64)
    throw new Error(`${source}: the key-encryption key must be 32 bytes in hex or base64`);
  return Buffer.from(trimmed, isHex ? 'hex' : 'base64');
}
