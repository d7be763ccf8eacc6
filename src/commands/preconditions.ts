import { Rejection, type DomainEvent } from '../domain/kernel.js';
import type { CommandRequest } from './receipt.js';
import { refuse } from './rejections.js';

/**
 * Decides under the preconditions of a request (If-Match, If-None-Match). A decision that finds nothing (404)
 * stands whatever the preconditions are: what is there but hidden from who asks is refused like what is not
 * there, and a 412 would tell that it exists, and its version. Everything else yields to a precondition that
 * does not hold.
 * @param version of the stream that is decided upon; 0 when there is none
 * @throws Rejection `precondition-failed` with `currentVersion`, or that of the decision
 */
export function underPreconditions(
  request: CommandRequest,
  version: number,
  decide: () => DomainEvent[],
): DomainEvent[] {
  let events: DomainEvent[];
  try {
    events = decide();
  } catch (error) {
    if (error instanceof Rejection && error.row.status !== 404) checkPreconditions(request, version);
    throw error;
  }
  checkPreconditions(request, version);
  return events;
}

function checkPreconditions(request: CommandRequest, version: number): void {
  if (request.ifMatch !== undefined && request.ifMatch !== version) {
    refuse('precondition-failed', `the version is ${version}, not ${request.ifMatch}`, {
      currentVersion: version,
    });
  }
  if (request.mustExist && version === 0) {
    refuse('precondition-failed', 'there is nothing yet', { currentVersion: 0 });
  }
  if (request.ifNoneMatch && version > 0) {
    refuse('precondition-failed', 'it exists already', { currentVersion: version });
  }
}
