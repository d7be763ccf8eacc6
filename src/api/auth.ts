import type { Principal } from '../commands/receipt.js';
import { refuse } from '../commands/rejections.js';
import type { Exchange, SignedExchange } from './exchange.js';

/** The principal behind a token, or null for one that proves nothing (any more). @throws StoreUnavailable */
export type Authenticate = (token: string) => Promise<Principal | null>;

/** Whether a principal's roles hold a permission. */
export type Allowed = (principal: Principal, permission: string) => boolean;

/** `Authorization: Bearer <token>` (RFC 6750). */
const bearer = /^Bearer +([\x21-\x7e]{1,8192})$/i;

/** Finds out who asks. @throws Rejection `unauthenticated`, StoreUnavailable */
export async function identify(exchange: Exchange, authenticate: Authenticate): Promise<SignedExchange> {
  const token = bearer.exec(exchange.req.headers.authorization ?? '')?.[1];
  if (token === undefined) return refuse('unauthenticated', 'send Authorization: Bearer <key>');
  const principal = await authenticate(token);
  if (!principal) return refuse('unauthenticated', 'the key is unknown or no longer valid');
  // The same object, so that logging and the error path see the principal too.
  return Object.assign(exchange, { principal, token });
}

/** @throws Rejection `forbidden`, which names the permission */
export function demand(
  allowed: Allowed,
  principal: Principal,
  operationId: string,
  permission: string,
): void {
  if (allowed(principal, permission)) return;
  refuse('forbidden', `${operationId} needs the permission ${permission}`, { permission });
}
