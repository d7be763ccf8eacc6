/** Whether the databases answer: what tells "try again later" (5) from every other failure of a command. */
import { StoreUnavailable } from '../commands/event-store/port.js';
import { withClient } from '../database/client.js';
import { fail } from './output.js';

/** Of the way to a server; connection exceptions, operator intervention and want of connections in SQLSTATE. */
const unavailableCode =
  /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE|08...|57P..|53300)$/;
/** What `pg` says without a code. */
const unavailableMessage = /^timeout expired|^timeout exceeded when trying to connect|^Connection terminated/;

/** Whether an error says that a database does not answer (now). */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof StoreUnavailable) return true;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    (typeof code === 'string' && unavailableCode.test(code)) ||
    (typeof message === 'string' && unavailableMessage.test(message))
  );
}

/** What an error says; a name with several addresses fails with one error for each and no word of its own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/**
 * Makes sure that databases answer, given the variables that lead to them.
 * @throws CliFailure 5, naming the variable of the first that does not
 */
export async function assertAnswering(urls: Record<string, string>): Promise<void> {
  for (const [variable, url] of Object.entries(urls)) {
    try {
      await withClient({ url, applicationName: 'dramatis-cli', queryTimeoutMs: 5_000 }, (client) =>
        client.query('SELECT 1'),
      );
    } catch (error) {
      fail('unavailable', `the database of ${variable} does not answer: ${messageOf(error)}`);
    }
  }
}
