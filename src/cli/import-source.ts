/** The files of an import and the records in them. */
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { cardInPng, maxImageBytes } from './card-png.js';
import { recordOfJson, recordOfPrompt, type ImportRecord } from './import-record.js';
import { jsonFile, jsonIn, jsonLines, type JsonRecord } from './json-records.js';
import { fail, type CliFailure } from './output.js';
import { promptRecords } from './prompt-file.js';

type OnRead = (bytes: number) => void;
/** A record with its place: which one of its file it is, from 1, and how large it is there. */
export type FoundRecord = ImportRecord & { record: number; bytes: number; file?: string };
type Read = (file: string, onRead: OnRead) => AsyncIterable<ImportRecord & { bytes: number }>;

const ofJson = (record: JsonRecord): ImportRecord & { bytes: number } =>
  'json' in record
    ? { ...recordOfJson(record.json), bytes: record.bytes }
    : { name: '', refused: record.refused, bytes: 0 };

async function* fromCsv(file: string, onRead: OnRead) {
  for await (const record of promptRecords(file, onRead)) yield { ...recordOfPrompt(record), bytes: 0 };
}

async function* fromLines(file: string, onRead: OnRead) {
  for await (const record of jsonLines(file, onRead)) yield ofJson(record);
}

async function* fromJson(file: string) {
  for await (const record of jsonFile(file)) yield ofJson(record);
}

async function* fromPng(file: string) {
  if (statSync(file).size > maxImageBytes) fail('failed', 'the image is larger than 64 MB');
  const text = cardInPng(await readFile(file));
  yield ofJson({ json: jsonIn(text), bytes: text.length });
}

/** How files are read, by their extension. */
const readers: Record<string, Read> = {
  '.csv': fromCsv,
  '.json': fromJson,
  '.ndjson': fromLines,
  '.jsonl': fromLines,
  '.png': fromPng,
};
const readerOf = (file: string): Read | undefined => readers[extname(file).toLowerCase()];

/** The bytes of a file; undefined for what is none: a folder, a pipe, a link that leads nowhere. */
function sizeOf(path: string): number | undefined {
  try {
    const found = statSync(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}

/** The files of an import, and whether they were found in a folder. */
export interface ImportSource {
  files: string[];
  bytes: number;
  isFolder: boolean;
}

/**
 * The file, or whatever in the folder is called like one that can be imported, in the order of their names.
 * @throws CliFailure 2
 */
export function importSource(path: string): ImportSource {
  const known = Object.keys(readers).join(', ');
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return fail('usage', `there is no file ${path}`);
  if (!found.isDirectory()) {
    if (!readerOf(path))
      fail('usage', `${path} is of a kind that cannot be imported; those that can: ${known}`);
    return { files: [path], bytes: found.size, isFolder: false };
  }
  const names = readdirSync(path).filter(readerOf).sort();
  if (names.length === 0) fail('usage', `there is no file in ${path} that can be imported: ${known}`);
  const files = names.map((name) => join(path, name));
  const bytes = files.reduce((sum, file) => sum + (sizeOf(file) ?? 0), 0);
  return { files, bytes, isFolder: true };
}

/** Whether an error is about the file that is read: what it holds, or that it cannot be read. */
const isOfFile = (error: unknown): boolean => {
  const { exitCode, errno } = error as Partial<CliFailure & NodeJS.ErrnoException>;
  return exitCode !== undefined || errno !== undefined;
};

/**
 * The records of all files. A file that cannot be read ends the import when it is the only one; in a folder it
 * is refused alone.
 * @param onRead gets the bytes that were read so far
 */
export async function* importRecords(source: ImportSource, onRead: OnRead): AsyncIterable<FoundRecord> {
  let before = 0;
  for (const file of source.files) {
    const named = source.isFolder ? { file } : {};
    let record = 0;
    try {
      // A pipe is never at its end, and would keep all that come after it waiting.
      if (source.isFolder && sizeOf(file) === undefined) fail('failed', 'it is no file that can be read');
      for await (const found of readerOf(file)!(file, (bytes) => onRead(before + bytes))) {
        yield { ...found, ...named, record: ++record };
      }
    } catch (error) {
      if (!source.isFolder || !isOfFile(error)) throw error;
      yield { name: '', refused: (error as Error).message, bytes: 0, ...named, record: ++record };
    }
    before += sizeOf(file) ?? 0;
    onRead(before);
  }
}
