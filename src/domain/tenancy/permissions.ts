import type { Role } from '../kernel.js';

const readers: Role[] = ['viewer', 'editor', 'approver', 'admin', 'owner', 'auditor', 'service'];
const writers: Role[] = ['editor', 'admin', 'owner'];
const managers: Role[] = ['admin', 'owner'];
/** Who proposes a change or asks for an approval: applications too. */
const proposers: Role[] = ['editor', 'approver', 'admin', 'owner', 'service'];
const executors: Role[] = ['editor', 'admin', 'owner', 'service'];
const inspectors: Role[] = ['admin', 'owner', 'auditor'];

/**
 * Which roles hold a permission. The golden matrix (operationId × role) is derived from it and from the
 * declarations, and a reviewer reads its diff.
 */
export const permissions: Record<string, readonly Role[]> = {
  'self:read': readers,
  'personas:read': readers,
  'personas:write': writers,
  'personas:publish': writers,
  'personas:lifecycle': writers,
  'personas:archive': writers,
  'personas:restore': ['owner'],
  'personas:share': writers,
  'personas:ownership': ['owner'],
  'personas:autonomy': managers,
  'policies:read': readers,
  'policies:manage': managers,
  'policies:waive': ['owner'],
  'actions:check': executors,
  'decisions:read': readers,
  'approvals:read': readers,
  'approvals:request': proposers,
  'approvals:vote': ['approver', 'admin', 'owner'],
  // Whoever asks for an approval can use what comes of it.
  'approvals:consume': proposers,
  'refinements:read': readers,
  'refinements:propose': proposers,
  'refinements:apply': writers,
  'refinements:rollback': writers,
  'templates:read': readers,
  'templates:write': writers,
  'members:read': inspectors,
  'members:manage': managers,
  'teams:read': readers,
  'teams:manage': managers,
  'api-keys:read': inspectors,
  'api-keys:manage': managers,
  'flags:read': readers,
  'flags:manage': managers,
  'tenants:create': ['owner'],
  'settings:read': readers,
  'settings:manage': managers,
  'access:review': inspectors,
  'events:read': inspectors,
  'events:open': ['owner'],
  'audit:read': inspectors,
};

/** The tenant whose owners may create others; it exists from the first start. */
export const homeTenant = 'default';

/** Permissions that count only within the home tenant. */
const homeOnly = new Set(['tenants:create']);

/** Whether a member with these roles, in this tenant, holds a permission; an unknown permission is held by nobody. */
export function allowed(who: { tenantId: string; roles: readonly Role[] }, permission: string): boolean {
  if (homeOnly.has(permission) && who.tenantId !== homeTenant) return false;
  if (!Object.hasOwn(permissions, permission)) return false;
  return who.roles.some((role) => permissions[permission]!.includes(role));
}
