import { escapeLiteral, type PoolClient } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Database } from './connection.js';
import { readError } from './database-trouble.js';
import type { EventFilter, Log } from './port.js';
import { tables } from './postgres-reader.js';

const connectMs = 5_000;
const silenceMs = 5_000;
const mostPositions = 10_000;
const firstPositions = 1_000;
const wantedBytes = 2 * 1024 * 1024;
const mostBytes = 16 * 1024 * 1024;

interface Range {
  log: Log;
  after: number;
  to: number;
  filter: EventFilter | undefined;
}

/** The lines of a range; `to` is lower than asked when the lines grew too large to hold. */
interface Copied {
  lines: Buffer;
  to: number;
}

/**
 * The events of (after, to] as lines of canonical JSON. Range after range is copied into memory and its
 * connection given back before the consumer gets to see it, so that a slow consumer holds neither a connection
 * nor a snapshot; the next range is copied while the consumer works on the last.
 */
export async function* exportLines(
  database: Database,
  { log, after, to, filter }: Range,
): AsyncGenerator<Buffer> {
  let positions = firstPositions;
  const leaving = new AbortController();
  const copy = (from: number): Promise<Copied> => {
    const range = { log, after: from, to: Math.min(from + positions, to), filter };
    const copied = copyRange(database, range, leaving.signal);
    // A range copied ahead may fail after the consumer has left: then nobody else handles the rejection.
    copied.catch(() => {});
    return copied;
  };
  try {
    let next = after < to ? copy(after) : null;
    while (next !== null) {
      const { lines, to: done } = await next;
      // The next range is as long as this one would have to be to fill a chunk.
      const fitting =
        lines.length === 0 ? mostPositions : Math.ceil((positions * wantedBytes) / lines.length);
      positions = Math.min(Math.max(fitting, 1), positions * 4, mostPositions);
      next = done < to ? copy(done) : null;
      if (lines.length > 0) yield lines;
    }
  } finally {
    leaving.abort();
  }
}

async function copyRange(database: Database, range: Range, signal: AbortSignal): Promise<Copied> {
  const text = copyText(range);
  let client: PoolClient | undefined;
  try {
    client = await database.borrow(connectMs);
    const copied = await collect(client, { text, to: range.to }, signal);
    // A copy that was broken off is still at work on its connection.
    client.release(!copied.complete);
    return copied;
  } catch (error) {
    client?.release(true);
    throw readError(error);
  }
}

function collect(
  client: PoolClient,
  { text, to }: { text: string; to: number },
  signal: AbortSignal,
): Promise<Copied & { complete: boolean }> {
  return new Promise((resolve, reject) => {
    const stream = client.query(copyTo(text));
    const chunks: Buffer[] = [];
    let bytes = 0;
    const failed = (error: Error): void => finish(() => reject(error));
    const stop = (): void => failed(new Error('the consumer has left'));
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      stream.removeAllListeners('data').removeAllListeners('end');
      settle();
    };
    const timer = setTimeout(() => failed(new Error(`no data for ${silenceMs} ms`)), silenceMs);
    signal.addEventListener('abort', stop);
    stream.on('error', failed);
    stream.on('end', () => finish(() => resolve({ lines: Buffer.concat(chunks), to, complete: true })));
    stream.on('data', (chunk: Buffer) => {
      timer.refresh();
      chunks.push(chunk);
      bytes += chunk.length;
      const part = bytes > mostBytes ? wholeLines(Buffer.concat(chunks)) : null;
      if (part) finish(() => resolve({ ...part, complete: false }));
    });
    if (signal.aborted) stop();
  });
}

/** The complete lines of a copy that grew too large, and the position of the last; null without any. */
function wholeLines(copied: Buffer): Copied | null {
  const end = copied.lastIndexOf('\n');
  if (end < 0) return null;
  const start = copied.lastIndexOf('\n', end - 1) + 1;
  const last = JSON.parse(copied.toString('utf8', start, end)) as { position: string };
  return { lines: copied.subarray(0, end + 1), to: Number(last.position) };
}

/**
 * COPY takes no parameters. Its csv format, with a quote and a delimiter that JSON text cannot contain, leaves
 * every line as it is, where the text format doubles each backslash.
 */
function copyText({ log, after, to, filter = {} }: Range): string {
  const literals = (texts: readonly string[]): string =>
    `(ARRAY[${texts.map(escapeLiteral).join(', ')}]::text[])`;
  const conditions = [`e.position > ${integer(after)}`, `e.position <= ${integer(to)}`];
  if (filter.tenantId !== undefined) conditions.push(`e.tenant_id = ${escapeLiteral(filter.tenantId)}`);
  if (filter.stream !== undefined) conditions.push(`e.stream = ${escapeLiteral(filter.stream)}`);
  if (filter.types !== undefined) conditions.push(`e.type = ANY ${literals(filter.types)}`);
  if (filter.categories !== undefined) {
    conditions.push(`split_part(e.stream, '-', 1) = ANY ${literals(filter.categories)}`);
  }
  const select = `SELECT es.event_line(e) FROM ${tables[log]} e WHERE ${conditions.join(' AND ')} ORDER BY e.position`;
  return `COPY (${select}) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')`;
}

function integer(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a position`);
  return value;
}
