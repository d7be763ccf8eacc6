import { tenant } from '../../src/domain/tenancy/tenant.js';
import { sealed } from './given.js';

const digest = 'a'.repeat(64);

/** What has happened to the tenant `acme`, one example per event. */
export const created = tenant.event('TenantCreated', {
  name: 'Acme',
  owner: { memberId: 'olga', roles: ['owner'], displayName: sealed('Olga') },
  key: { keyId: 'acme.1', label: 'first owner', digest },
});
export const adaAdded = tenant.event('MemberAdded', {
  memberId: 'ada',
  displayName: sealed('Ada'),
  roles: ['editor'],
});
export const adaIsAdmin = tenant.event('MemberRolesChanged', { memberId: 'ada', roles: ['admin'] });
export const adaGone = tenant.event('MemberRemoved', { memberId: 'ada' });
export const adaKey = tenant.event('ApiKeyIssued', {
  keyId: 'acme.2',
  memberId: 'ada',
  label: 'laptop',
  digest,
});
export const adaNewKey = tenant.event('ApiKeyIssued', {
  keyId: 'acme.3',
  memberId: 'ada',
  label: 'laptop',
  digest,
});
export const adaKeyRotated = tenant.event('ApiKeyRotated', {
  keyId: 'acme.2',
  memberId: 'ada',
  replacedBy: 'acme.3',
});
export const adaKeyRevoked = tenant.event('ApiKeyRevoked', { keyId: 'acme.2', memberId: 'ada' });
export const teamCreated = tenant.event('TeamCreated', { teamId: 'red', name: 'Red team' });
export const otherTeamCreated = tenant.event('TeamCreated', { teamId: 'blue', name: 'Blue team' });
export const adaJoined = tenant.event('TeamMemberAdded', { teamId: 'red', memberId: 'ada' });
export const adaJoinedOther = tenant.event('TeamMemberAdded', { teamId: 'blue', memberId: 'ada' });
export const olgaJoined = tenant.event('TeamMemberAdded', { teamId: 'red', memberId: 'olga' });
export const adaLeft = tenant.event('TeamMemberRemoved', { teamId: 'red', memberId: 'ada' });
