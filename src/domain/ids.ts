import { z } from 'zod';
import { clear } from './sealed.js';

/** Ids in stream names and actors are opaque: never an e-mail address, never a name. */
export const opaqueId = clear(
  z.string().regex(/^[A-Za-z0-9_.:-]{1,64}$/, 'must be 1–64 of A–Z a–z 0–9 _ . : -'),
);

/** A tenant's id stands in every stream name, before the underscore: it has none itself. */
export const tenantId = clear(
  z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/, 'must be 1–48 of a–z 0–9 and inner dashes'),
);

export const memberId = opaqueId;
/** The id of somebody who comes: never one under which the server itself acts. */
export const newMemberId = memberId.refine((id) => !/^(?:reactor:|timer:|dramatis$)/i.test(id), {
  error: 'is reserved for what the server does by itself',
});
export const teamId = opaqueId;
/** `<tenant>.<random>`, so that a key tells whose it is; never an underscore, which ends it inside a key. */
export const keyId = clear(z.string().regex(/^[A-Za-z0-9.:-]{1,80}$/, 'must be 1–80 of A–Z a–z 0–9 . : -'));
/** SHA-256, lower-case hex. */
export const digest = clear(z.string().regex(/^[0-9a-f]{64}$/));
/** An instant: ISO 8601, UTC, exactly three decimals. */
export const instant = clear(z.iso.datetime({ precision: 3 }));
