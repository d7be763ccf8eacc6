/** Reads JSON values from files: one or a list of them, or one per line, however many lines there are. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { parseJson } from '../api/json-body.js';
import { Rejection } from '../domain/kernel.js';
import { fail } from './output.js';

/** A value, or why there is none in its place. */
export type JsonRecord = { json: unknown; bytes: number } | { refused: string };

/** The largest file that is read at once, and the longest line. */
const maxFileBytes = 64 * 1024 * 1024;
const maxLineBytes = 1_000_000;

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const startsWithMark = (bytes: Buffer): boolean => bytes.subarray(0, 3).equals(byteOrderMark);

/**
 * The value of a JSON text. What the server would not take — because it could not be given back unchanged — is
 * refused here already.
 * @throws CliFailure 1
 */
export function jsonIn(bytes: Buffer): unknown {
  try {
    return parseJson(startsWithMark(bytes) ? bytes.subarray(3) : bytes);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const [fault] = error.more.errors ?? [];
    const place = fault?.pointer ? `${fault.pointer}: ` : '';
    return fail('failed', `it is no JSON that can be kept: ${place}${fault?.detail ?? error.message}`);
  }
}

/** The value of a file, or those of the list in it. @throws CliFailure 1 */
export async function* jsonFile(file: string): AsyncIterable<JsonRecord> {
  const { size } = await stat(file);
  if (size > maxFileBytes) fail('failed', 'it is larger than 64 MB; write one record per line (.ndjson)');
  const json = jsonIn(await readFile(file));
  const list: unknown[] = Array.isArray(json) ? json : [json];
  const bytes = Math.ceil(size / Math.max(1, list.length));
  for (const one of list) yield { json: one, bytes };
}

/** The values of a file with one per line; a line that holds none is refused alone. Empty lines do not count. */
export async function* jsonLines(file: string, onRead: (bytes: number) => void): AsyncIterable<JsonRecord> {
  const input = createReadStream(file);
  let line: Buffer[] = [];
  let length = 0;
  const ended = (): JsonRecord | undefined => {
    const [parts, size] = [line, length];
    [line, length] = [[], 0];
    return recordIn(parts, size);
  };
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf('\n', from);
      const part = chunk.subarray(from, end < 0 ? undefined : end);
      length += part.length;
      // Of a line that is too long only its length is kept.
      if (length <= maxLineBytes) line.push(part);
      else line = [];
      if (end < 0) break;
      from = end + 1;
      const record = ended();
      if (record) yield record;
    }
    onRead(input.bytesRead);
  }
  const last = ended();
  if (last) yield last;
}

function recordIn(parts: Buffer[], bytes: number): JsonRecord | undefined {
  if (bytes > maxLineBytes) return { refused: 'the line is longer than 1 MB' };
  const text = Buffer.concat(parts);
  if (!/\S/.test(text.toString('latin1'))) return undefined;
  try {
    return { json: jsonIn(text), bytes };
  } catch (error) {
    return { refused: (error as Error).message };
  }
}
