/** What other areas may ask of a tenant when they decide. */
import type { FactReader, Role } from '../kernel.js';
import { ownMember } from '../own-member.js';
import { allowed, permissions } from './permissions.js';
import { tenant } from './tenant.js';

/** A member as it is now, or null: there is none of this id, or no longer. */
export async function memberFact(memberId: string, read: FactReader): Promise<{ roles: Role[] } | null> {
  const state = await read.state(tenant, read.tenantId);
  const member = state.status === 'active' ? ownMember(state.members, memberId) : undefined;
  return member ? { roles: member.roles } : null;
}

/** Whether a member holds a permission now; nobody does who is none. */
export async function mayFact(memberId: string, permission: string, read: FactReader): Promise<boolean> {
  const { roles } = (await memberFact(memberId, read)) ?? { roles: [] };
  return allowed({ tenantId: read.tenantId, roles }, permission);
}

/** The roles that hold a permission. */
export const rolesWith = (permission: string): readonly Role[] => ownMember(permissions, permission) ?? [];
