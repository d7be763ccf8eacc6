import { validate as isUuid } from 'uuid';
import type { z } from 'zod';
import { parseStream, Rejection, type AnyDecider } from '../domain/kernel.js';
import { referenceOf } from '../domain/reference.js';
import { unwrapped } from '../domain/schema-walk.js';
import type { EventStore } from './event-store/port.js';
import { refuse } from './rejections.js';

/**
 * Replaces names by ids in the members that are references (`personaRef` takes an id or a slug). Names are
 * looked up in the claims, never in a read model, which may lag.
 * @throws Rejection `<category>-not-found`, or `not-found` where the area's table has no such code
 */
export async function resolveReferences(
  store: EventStore,
  decider: AnyDecider,
  schema: z.ZodObject,
  input: Record<string, unknown>,
  tenantId: string,
): Promise<Record<string, unknown>> {
  const resolved = { ...input };
  for (const [member, node] of Object.entries(schema.shape)) {
    const reference = referenceOf(unwrapped(node as z.ZodType));
    const given = input[member];
    if (!reference || typeof given !== 'string') continue;
    if (isUuid(given)) {
      resolved[member] = given.toLowerCase();
      continue;
    }
    const owner = await store.claimOwner(tenantId, reference.claim, given);
    if (owner === null) {
      const code = `${reference.category}-not-found`;
      const row = decider.rejections[code];
      // Said as of a thing that is there but hidden from who asks: neither tells whether the name is in use.
      const detail = `there is no such ${reference.category}`;
      const more = { errors: [{ pointer: `/${member}`, detail }] };
      if (!row) return refuse('not-found', detail, more);
      throw new Rejection(code, row, detail, more);
    }
    resolved[member] = parseStream(owner)!.streamId;
  }
  return resolved;
}
