/** Errors as RFC 9457 problems: the one place where anything thrown becomes an answer. */
import { Rejection } from '../domain/kernel.js';
import { StoreUnavailable } from '../commands/event-store/port.js';
import { engineRejections } from '../commands/rejections.js';
import type { Headers } from './answer.js';

export interface Problem {
  /** `/problems/<code>`, relative to the server. */
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** The Request-Id. */
  instance: string;
  code: string;
  /** Whether the same request may succeed later. */
  retryable: boolean;
  errors?: { pointer: string; detail: string }[];
  /** The way out, such as `POST /…`. */
  next?: string;
  [member: string]: unknown;
}

export interface ProblemAnswer {
  status: number;
  problem: Problem;
  headers: Headers;
  /** A defect: to be logged with its cause, which the client never sees. */
  isDefect: boolean;
}

/** Seconds after which a client may try again. */
const retryAfterSeconds = 1;

/** The problem for anything thrown. A defect's message stays inside: it could quote data or code. */
export function toProblem(error: unknown, requestId: string): ProblemAnswer {
  const rejection = asRejection(error);
  if (!rejection) {
    const problem: Problem = {
      type: '/problems/internal-error',
      title: 'Something went wrong on the server',
      status: 500,
      instance: requestId,
      code: 'internal-error',
      retryable: false,
    };
    return { status: 500, problem, headers: {}, isDefect: true };
  }
  const { code, row, detail, more } = rejection;
  const own = {
    type: `/problems/${code}`,
    title: row.title,
    status: row.status,
    ...(detail !== undefined && { detail }),
    instance: requestId,
    code,
    retryable: row.retryable ?? false,
    ...(row.next !== undefined && { next: row.next }),
  };
  // Named first for readers, and again so that no further member can take the place of one of these.
  const problem: Problem = { ...own, ...more, ...own };
  return { status: row.status, problem, headers: headersOf(row.status), isDefect: false };
}

function asRejection(error: unknown): Rejection | undefined {
  if (error instanceof Rejection) return error;
  if (error instanceof StoreUnavailable) {
    const code = error.outcome === 'unknown' ? 'outcome-unknown' : 'unavailable';
    return new Rejection(code, engineRejections[code]);
  }
  // What express throws for an address that it cannot decode.
  if (error instanceof URIError)
    return new Rejection('malformed-request', engineRejections['malformed-request']);
  return undefined;
}

function headersOf(status: number): Headers {
  if (status === 401) return { 'WWW-Authenticate': 'Bearer realm="dramatis"' };
  if (status === 503 || status === 429) return { 'Retry-After': String(retryAfterSeconds) };
  return {};
}
