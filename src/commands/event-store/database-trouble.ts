import { DatabaseError } from 'pg';
import { StoreUnavailable } from './port.js';

/**
 * What an error of a query means for whoever sent it.
 * - `item`: the database refuses these very values; nothing happened.
 * - `busy`: it refuses for now (locks, resources, shutdown, read-only); nothing happened.
 * - `lost`: there was no answer; whatever was sent may have happened.
 * - `unprepared`: a pooler gave the statement to a connection that does not know its name; nothing happened.
 * - `refused`: anything else: missing rights, missing schema, an internal error; nothing happened.
 */
export type Trouble = 'item' | 'busy' | 'lost' | 'unprepared' | 'refused';

const itemClasses = new Set(['22', '23', '54']);
const busyClasses = new Set(['40', '53', '55', '57']);
const readOnlyTransaction = '25006';
const unknownOrDuplicateStatement = new Set(['26000', '42P05']);

export function troubleOf(error: unknown): Trouble {
  // Broken sockets, timeouts of the client and of the pool have no SQLSTATE.
  if (!(error instanceof DatabaseError) || error.code === undefined) return 'lost';
  const { code, severity } = error;
  // The server ends the connection, perhaps between the commit and its answer.
  if (severity === 'FATAL' || severity === 'PANIC' || code.startsWith('08')) return 'lost';
  if (itemClasses.has(code.slice(0, 2))) return 'item';
  if (busyClasses.has(code.slice(0, 2)) || code === readOnlyTransaction) return 'busy';
  return unknownOrDuplicateStatement.has(code) ? 'unprepared' : 'refused';
}

/** The error of a read as its caller gets it: `StoreUnavailable` but for values that the database refuses. */
export function readError(error: unknown): Error {
  if (error instanceof StoreUnavailable) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return troubleOf(error) === 'item' ? cause : unavailable(cause);
}

/** The store's own trouble, with the database's words behind it. */
export function unavailable(cause: unknown, outcome?: StoreUnavailable['outcome']): StoreUnavailable {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreUnavailable(`The event store cannot answer now: ${reason}`, outcome, { cause });
}
