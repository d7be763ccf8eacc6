import { ZodError } from 'zod';
import { StoreUnavailable } from '../../commands/event-store/port.js';

/** A handler or a statement of a projection could not take an event: the event's fault or the projection's. */
export class Poisoned extends Error {
  override readonly name = 'Poisoned';
}

/**
 * SQLSTATE classes that blame the data: cardinality, data exception, integrity, a program limit (an index entry
 * too large), an exception raised on purpose. Everything else passes with time or with a new release, and waits.
 */
const dataClasses = new Set(['21', '22', '23', '54', 'P0']);

/** Classes that say "not now": connection, rollback, resources, operator intervention, system, read-only. */
const passingClasses = new Set(['08', '25', '40', '53', '55', '57', '58']);

const sqlClass = (error: unknown): string | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code.slice(0, 2) : undefined;
};

/** Whether an error blames the events that were applied, so that trying the same again cannot help. */
export const isPoison = (error: unknown): boolean =>
  error instanceof Poisoned || dataClasses.has(sqlClass(error) ?? '');

/** Whether a table is not there (any more). */
export const isUndefinedTable = (error: unknown): boolean => (error as { code?: unknown }).code === '42P01';

/** Whether somebody else held a lock for longer than was waited. */
export const isLockTimeout = (error: unknown): boolean => (error as { code?: unknown }).code === '55P03';

const causeLength = 300;

/** What an error says, in one line and short enough to be kept. */
export function causeOf(error: unknown): string {
  const said = error instanceof Error ? `${error.name}: ${sayingOf(error)}` : String(error);
  const line = said.replaceAll(/\s+/g, ' ');
  return line.length > causeLength ? `${line.slice(0, causeLength - 1)}…` : line;
}

/** A schema's message is a list in JSON; its issues tell paths and expectations, not the values. */
const sayingOf = (error: Error): string =>
  error instanceof ZodError
    ? error.issues.map(({ path, message }) => `${path.join('.') || '(root)'}: ${message}`).join('; ')
    : error.message;

/**
 * Waits for what a reader asked the database.
 * @throws StoreUnavailable where the database or the way to it is in trouble, the error itself where the
 * statement is wrong
 */
export async function answered<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    const found = sqlClass(error);
    // pg's own errors about a connection carry no SQLSTATE: a system error's code, or none at all.
    const isBroken = found === undefined && !(error instanceof TypeError || error instanceof RangeError);
    if (!isBroken && !passingClasses.has(found ?? '')) throw error;
    throw new StoreUnavailable('the read models cannot be read now', 'not-applied', { cause: error });
  }
}
