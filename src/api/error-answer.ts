import type { Logger } from 'pino';
import { sendJson } from './answer.js';
import type { Audit } from './audit-entry.js';
import { engineOperations } from './engine-operations.js';
import type { Exchange } from './exchange.js';
import { toProblem, type ProblemAnswer } from './problem.js';

export interface ErrorAnswers {
  /** The problem for an error of one operation; a denial is audited and a defect logged on the way. */
  problemOf: (exchange: Exchange, operationId: string, error: unknown) => ProblemAnswer;
  /** Ends an exchange with a problem; a response under way is broken off. */
  answerError: (exchange: Exchange, error: unknown) => void;
}

interface ErrorDeps {
  audit: Audit;
  log: Logger;
  commands: Record<string, { permission: string }>;
  queries: Record<string, { permission: string }>;
}

/** Makes every error of the application an answer. */
export function openErrorAnswers({ audit, log, commands, queries }: ErrorDeps): ErrorAnswers {
  const operations: Record<string, { permission: string }> = { ...engineOperations, ...queries, ...commands };
  const problemOf: ErrorAnswers['problemOf'] = ({ principal, requestId }, operationId, error) => {
    const found = toProblem(error, requestId);
    if (found.isDefect) log.error({ err: error, requestId, operationId }, 'an operation failed');
    if (found.status === 403 && principal) {
      // A rule of an area that forbids names no permission: then it is the operation's that was not enough.
      const named = found.problem['permission'];
      const permission = typeof named === 'string' ? named : operations[operationId]?.permission;
      audit({ principal, operationId, outcome: 'denied', ...(permission !== undefined && { permission }) });
    }
    return found;
  };
  return {
    problemOf,
    answerError: (exchange, error) => {
      const { res, operationId } = exchange;
      const { status, problem, headers } = problemOf(exchange, operationId, error);
      if (res.headersSent) {
        // The client has part of an answer: only a broken connection tells that the rest is missing.
        res.destroy();
        return;
      }
      sendJson(res, status, JSON.stringify(problem), {
        'Content-Type': 'application/problem+json',
        'Cache-Control': 'no-store',
        ...headers,
      });
    },
  };
}
