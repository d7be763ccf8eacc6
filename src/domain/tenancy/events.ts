import { z } from 'zod';
import { digest, keyId, memberId, teamId } from '../ids.js';
import { clear, personal } from '../sealed.js';
import { line } from '../text.js';

/** The roles a member can hold, weakest first; what each may do stands in permissions.ts. */
export const role = z.enum(['viewer', 'editor', 'approver', 'admin', 'owner', 'auditor', 'service']);

export const memberName = personal('memberId', line(100));
export const label = clear(line(100));
export const tenantName = clear(line(100));
export const teamName = clear(line(100));
const roles = z.array(role).min(1).max(7);

/**
 * Members, API keys and teams of a tenant live in its one stream, so that a credential needs one look and
 * membership counts at once.
 */
export const tenantEvents = {
  TenantCreated: z.strictObject({
    name: tenantName,
    /** The first owner and the first key: without them nobody could act in the tenant. */
    owner: z.strictObject({ memberId, roles, displayName: memberName.optional() }),
    key: z.strictObject({ keyId, label, digest }),
  }),
  MemberAdded: z.strictObject({ memberId, displayName: memberName, roles }),
  MemberRolesChanged: z.strictObject({ memberId, roles }),
  MemberRemoved: z.strictObject({ memberId }),
  ApiKeyIssued: z.strictObject({ keyId, memberId, label, digest }),
  /** The old key ends; the new one comes with an `ApiKeyIssued` of its own. */
  ApiKeyRotated: z.strictObject({ keyId, memberId, replacedBy: keyId }),
  ApiKeyRevoked: z.strictObject({ keyId, memberId }),
  TeamCreated: z.strictObject({ teamId, name: teamName }),
  TeamMemberAdded: z.strictObject({ teamId, memberId }),
  /** Also for each team of a member who is removed from the tenant, before `MemberRemoved`. */
  TeamMemberRemoved: z.strictObject({ teamId, memberId }),
};

const operationId = clear(z.string().min(1).max(64));
const count = z.int().min(1);

/** Who looked at the log and who was turned away: telemetry, one stream per member and day. */
export const accessEvents = {
  EventsRead: z.strictObject({ operationId, count, outcome: z.enum(['read', 'opened']) }),
  AccessDenied: z.strictObject({ operationId, count, permission: clear(z.string().min(1).max(64)) }),
};
