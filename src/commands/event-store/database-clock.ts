import { statement } from './append-call.js';
import type { Database } from './connection.js';

/** A slower answer says too little about the moment at which the database looked at its clock. */
const usefulRoundTripMs = 1_000;

export interface DatabaseClock {
  /** The database's clock as far as it is known here: ISO 8601, UTC, three decimals. */
  now(): string;
  /** Measures the offset again. @throws StoreUnavailable */
  measure(): Promise<void>;
}

/**
 * The database's clock, measured once and carried on by a clock of this process that never jumps: setting the
 * machine's time changes nothing between two measurements.
 */
export async function databaseClock(
  { read }: Pick<Database, 'read'>,
  elapsedMs: () => number,
): Promise<DatabaseClock> {
  let offsetMs: number | undefined;
  const measure = async (): Promise<void> => {
    const before = elapsedMs();
    const rows = await read(statement('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::text', []));
    const after = elapsedMs();
    if (offsetMs !== undefined && after - before > usefulRoundTripMs) return;
    offsetMs = Number(rows[0]![0]) - (before + after) / 2;
  };
  await measure();
  return { now: () => new Date(elapsedMs() + offsetMs!).toISOString(), measure };
}
