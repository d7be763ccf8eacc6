import { z } from 'zod';
import { memberId } from '../../domain/ids.js';
import type { Personal } from '../../domain/sealed.js';
import type { Role } from '../../domain/kernel.js';
import { memberName, role, tenantEvents } from '../../domain/tenancy/events.js';
import { query, rowProjection, type ProjectedEvent, type ReadModule } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';

export type MemberRow = {
  memberId: string;
  displayName?: Personal;
  roles: Role[];
  addedAt: string;
};

/** The member an event speaks of; the first owner comes with the tenant. */
const memberOf = (event: ProjectedEvent): string =>
  (event.data['memberId'] as string | undefined) ?? (event.data['owner'] as { memberId: string }).memberId;

/** The members of a tenant with their roles, as of any moment: who could do what on a given day. */
export const members = rowProjection<MemberRow>()(tenantEvents, {
  name: 'members',
  version: 1,
  key: memberOf,
  asOf: 'history',
  on: {
    TenantCreated: (_, { owner }, { meta }) => ({
      memberId: owner.memberId,
      ...(owner.displayName && { displayName: owner.displayName }),
      roles: owner.roles,
      addedAt: meta.recordedAt,
    }),
    MemberAdded: (_, { memberId: id, displayName, roles }, { meta }) => ({
      memberId: id,
      displayName,
      roles,
      addedAt: meta.recordedAt,
    }),
    MemberRolesChanged: (row, { roles }) => row && { ...row, roles },
    MemberRemoved: () => null,
  },
});

const member = z.strictObject({
  memberId,
  displayName: memberName.optional(),
  roles: z.array(role),
  addedAt: z.string(),
});

export const membersReadModule: ReadModule = {
  projections: [members],
  queries: {
    listMembers: query({
      http: 'GET /members',
      summary: 'The members of the tenant with their roles',
      permission: 'members:read',
      input: z.strictObject({ ...listInput, role: role.optional() }),
      output: pageOf(member),
      asOf: true,
      reads: [members],
      run: async ({ role: wanted, limit, cursor }, ctx) => {
        const page = await ctx.model(members).list<MemberRow>({
          where: wanted ? [{ sql: "row->'roles' @> to_jsonb(?::text)", values: [wanted] }] : [],
          limit,
          cursor,
        });
        return { body: { items: page.items.map(({ row }) => row), next: page.next } };
      },
    }),
  },
};
