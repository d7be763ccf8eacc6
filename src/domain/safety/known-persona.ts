import { rejecter } from '../kernel.js';
import { safetyRejections } from './rejections.js';

const reject = rejecter(safetyRejections);

/** A persona that was found for the caller; one that is not there, or hidden, is refused in the very same words. */
export function knownPersona<P>(found: P | null | undefined, pointer = '/personaId'): P {
  if (found) return found;
  const detail = 'there is no such persona';
  return reject('persona-not-found', detail, { errors: [{ pointer, detail }] });
}

/** The same, as long as it is not archived. */
export function livingPersona<P extends { status: string }>(found: P | null | undefined): P {
  const known = knownPersona(found);
  return known.status === 'archived' ? reject('persona-archived') : known;
}
