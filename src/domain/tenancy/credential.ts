import { createHash } from 'node:crypto';
import type { Role } from '../kernel.js';
import { ownMember } from '../own-member.js';
import { homeTenant } from './permissions.js';
import { teamsOf } from './teams.js';
import type { Tenant } from './tenant.js';

export interface Credential {
  keyId: string;
  secret: string;
}

/** Reads `dk_<keyId>_<secret>`; null for anything else. */
export function parseApiKey(token: string): Credential | null {
  const match = /^dk_([A-Za-z0-9.:-]{1,80})_([\x21-\x7e]{1,200})$/.exec(token);
  return match ? { keyId: match[1]!, secret: match[2]! } : null;
}

/** The tenant that a key names: the part of its id before the dot; a key without one is the home tenant's. */
export function tenantOfKey(keyId: string): string {
  const dot = keyId.indexOf('.');
  return dot > 0 ? keyId.slice(0, dot) : homeTenant;
}

/** SHA-256 of a secret, lower-case hex: the only form in which it is stored. */
export const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** What a live key of the tenant proves, or null: unknown, revoked, or its member gone. */
export function memberOfKey(
  state: Tenant,
  keyId: string,
): { memberId: string; roles: Role[]; teams: string[]; digest: string } | null {
  if (state.status !== 'active') return null;
  const key = ownMember(state.keys, keyId);
  const member = key && ownMember(state.members, key.memberId);
  if (!key || key.revoked || !member) return null;
  const { memberId, digest } = key;
  return { memberId, roles: member.roles, teams: teamsOf(state, memberId), digest };
}
