import { rejecter } from '../domain/kernel.js';

/** What the engines themselves refuse with; areas have tables of their own. */
export const engineRejections = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'invalid-input': { status: 400, title: 'The input does not have the right form' },
  'unknown-operation': { status: 400, title: 'There is no such operation' },
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'Your roles do not allow this' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'The address exists, but not with this method' },
  'version-conflict': {
    status: 409,
    title: 'Others kept changing this meanwhile',
    retryable: true,
  },
  'subject-erased': { status: 410, title: 'The data of this person was erased' },
  'precondition-failed': { status: 412, title: 'The version is not the one you named' },
  'payload-too-large': { status: 413, title: 'The request body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'idempotency-key-reused': {
    status: 422,
    title: 'This Idempotency-Key was used with another input',
  },
  'too-many-requests': { status: 429, title: 'Too many requests', retryable: true },
  unavailable: { status: 503, title: 'This cannot be answered right now', retryable: true },
  'outcome-unknown': {
    status: 503,
    title: 'Whether this took effect is not known; send it again with the same Idempotency-Key',
    retryable: true,
  },
  'event-unreadable': {
    status: 503,
    title: 'The stream holds an event that cannot be read; an operator has to look at it',
  },
  outdated: {
    status: 503,
    title: 'The log holds events of a newer version of Dramatis than this process',
    retryable: true,
  },
} as const;

/** Refuses with a code of the engines' table. */
export const refuse = rejecter(engineRejections);
