/** Changes that were made without a proposal are on record as refinements too, under an id that can be told. */
import { v5 as uuidv5 } from 'uuid';

/** Names these ids (RFC 9562, version 5). */
const recordedNamespace = '5b0c9a1e-3f4d-5e2a-8c61-7d9e0f1a2b34';

/**
 * The id of the refinement that records a direct publication or a rollback: UUIDv5 of `<persona's id>/<version's
 * number>` in the namespace 5b0c9a1e-3f4d-5e2a-8c61-7d9e0f1a2b34.
 */
export const recordedId = (personaId: string, versionNo: number): string =>
  uuidv5(`${personaId}/${versionNo}`, recordedNamespace);
