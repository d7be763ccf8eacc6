/** Reads a CSV file of prompts as it comes, however large it is. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import type { PromptRecord } from '../domain/personas/prompt-import.js';
import { fail } from './output.js';

/**
 * The records of a CSV file; one that lacks its last column is one without a prompt, not a broken file.
 * @throws CliFailure 1 for what is no CSV or not UTF-8, after the records before it
 */
export async function* promptRecords(
  file: string,
  onRead: (bytes: number) => void,
): AsyncIterable<PromptRecord> {
  const input = createReadStream(file);
  const parser = parse({ columns: header, bom: true, relax_column_count: true });
  // What goes wrong on the way comes out of the parser, below.
  pipeline(input, utf8Text, parser, () => {});
  try {
    for await (const record of parser as AsyncIterable<PromptRecord>) {
      onRead(input.bytesRead);
      yield record;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('CSV_')) {
      return fail('failed', `the file is no CSV: ${(error as Error).message}`);
    }
    throw error;
  }
}

function header(names: string[]): string[] {
  if (names.includes('act') && names.includes('prompt')) return names;
  return fail('failed', 'the first line must name the columns act and prompt');
}

/** The longest beginning of a character that a chunk of UTF-8 can end with. */
const longestPart = 3;

/** Bytes as text. A byte that is not UTF-8 ends it, since a guess at it would be stored for good. */
async function* utf8Text(chunks: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  let line = 1;
  const broken = (): never => fail('failed', `the file is not UTF-8: line ${line}, byte ${offset + 1}`);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    const text = readable(rest);
    yield text;
    const length = Buffer.byteLength(text);
    offset += length;
    line += text.split('\n').length - 1;
    rest = rest.subarray(length);
    if (rest.length > longestPart) broken();
  }
  if (rest.length > 0) broken();
}

/** The characters that are whole before the first byte that is not UTF-8, or the end. */
function readable(bytes: Buffer): string {
  const decoder = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return decoder().decode(bytes, { stream: true });
  } catch {
    const careful = decoder();
    let text = '';
    try {
      for (const byte of bytes) text += careful.decode(Uint8Array.of(byte), { stream: true });
    } catch {
      // The byte before which the text ends.
    }
    return text;
  }
}
