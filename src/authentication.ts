import { timingSafeEqual } from 'node:crypto';
import type { Principal } from './commands/receipt.js';
import type { States } from './commands/states.js';
import { digestOf, memberOfKey, parseApiKey, tenantOfKey } from './domain/tenancy/credential.js';
import { tenant, type Tenant } from './domain/tenancy/tenant.js';

/** What a secret is compared with when there is no such key. */
const noDigest = digestOf('');
/** How long a process may go on without asking whether a key was revoked through another one. */
const revalidateMs = 1_000;

/**
 * Whom a token proves, or null. The tenant's state is taken from the cache when it was checked within the
 * last second; a key that it does not accept is looked up again before it is refused, because it may have
 * been issued a moment ago through another process.
 */
export function openAuthentication(states: States): (token: string) => Promise<Principal | null> {
  return async (token) => {
    const credential = parseApiKey(token);
    if (!credential) return null;
    const tenantId = tenantOfKey(credential.keyId);
    const look = async (maxAgeMs: number): Promise<Principal | null> => {
      const { state } = await states.load(tenant, tenantId, tenantId, maxAgeMs);
      return principalOf(state as Tenant, tenantId, credential);
    };
    return (await look(revalidateMs)) ?? (await look(0));
  };
}

function principalOf(
  state: Tenant,
  tenantId: string,
  { keyId, secret }: { keyId: string; secret: string },
): Principal | null {
  const member = memberOfKey(state, keyId);
  // The digest is compared also when there is no such key, so that time tells nothing.
  const expected = member?.digest ?? noDigest;
  const matches = timingSafeEqual(Buffer.from(digestOf(secret)), Buffer.from(expected));
  if (!member || !matches) return null;
  const isService = member.roles.every((role) => role === 'service');
  return {
    tenantId,
    kind: isService ? 'service' : 'user',
    id: member.memberId,
    credential: keyId,
    roles: member.roles,
    teams: member.teams,
  };
}
