import { expect, it } from 'vitest';
import { allowed } from '../../../src/domain/tenancy/permissions.js';

it('is held by any one of the roles', () => {
  expect(allowed({ tenantId: 'acme', roles: ['viewer', 'editor'] }, 'personas:write')).toBe(true);
  expect(allowed({ tenantId: 'acme', roles: ['viewer'] }, 'personas:write')).toBe(false);
});
it('is held by nobody without a role, and never when it is unknown', () => {
  expect(allowed({ tenantId: 'acme', roles: [] }, 'personas:read')).toBe(false);
  expect(allowed({ tenantId: 'acme', roles: ['owner'] }, 'toString')).toBe(false);
});
it('lets everybody see the teams and managers change them', () => {
  expect(allowed({ tenantId: 'acme', roles: ['service'] }, 'teams:read')).toBe(true);
  expect(allowed({ tenantId: 'acme', roles: ['editor'] }, 'teams:manage')).toBe(false);
  expect(allowed({ tenantId: 'acme', roles: ['admin'] }, 'teams:manage')).toBe(true);
});
it('to create tenants counts in the home tenant only', () => {
  expect(allowed({ tenantId: 'default', roles: ['owner'] }, 'tenants:create')).toBe(true);
  expect(allowed({ tenantId: 'acme', roles: ['owner'] }, 'tenants:create')).toBe(false);
});
it('to use what an approval grants is held by whoever may ask for one', () => {
  const roles = ['viewer', 'editor', 'approver', 'admin', 'owner', 'auditor', 'service'] as const;
  const who = (permission: string) =>
    roles.filter((one) => allowed({ tenantId: 'acme', roles: [one] }, permission));
  expect(who('approvals:consume')).toEqual(who('approvals:request'));
  expect(who('approvals:consume')).toContain('approver');
});
it('lets auditors read the log and write nothing', () => {
  const auditor = { tenantId: 'acme', roles: ['auditor' as const] };
  expect(allowed(auditor, 'events:read')).toBe(true);
  expect(allowed(auditor, 'events:open')).toBe(false);
  expect(allowed(auditor, 'personas:write')).toBe(false);
});
