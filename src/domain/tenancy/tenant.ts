import { z } from 'zod';
import { memberId, newMemberId, teamId, tenantId, keyId } from '../ids.js';
import { deciderFor, defineModule, take, type Actor, type Role, type Secret } from '../kernel.js';
import { personal, type Personal } from '../sealed.js';
import { label, memberName, role, teamName, tenantEvents, tenantName } from './events.js';
import { ownMember } from '../own-member.js';
import { line } from '../text.js';
import { tenancyRejections } from './rejections.js';
import { joined, left, noTeams, teamsOf, withTeam, type Team, type Teams } from './teams.js';

export interface Member {
  displayName?: Personal;
  roles: Role[];
}
export interface ApiKey {
  memberId: string;
  label: string;
  digest: string;
  revoked: boolean;
}
export interface ActiveTenant extends Teams {
  status: 'active';
  name: string;
  members: Record<string, Member>;
  keys: Record<string, ApiKey>;
}
export type Tenant = { status: 'none' } | ActiveTenant;

const withMember = (state: ActiveTenant, id: string, member: Member): ActiveTenant => ({
  ...state,
  members: { ...state.members, [id]: member },
});
const withKey = (state: ActiveTenant, id: string, key: ApiKey): ActiveTenant => ({
  ...state,
  keys: { ...state.keys, [id]: key },
});
const ended = (state: ActiveTenant, id: string): ActiveTenant =>
  withKey(state, id, { ...state.keys[id]!, revoked: true });
/** Evolve meets an existing tenant by construction: the stream begins with `TenantCreated`. */
const known = (state: Tenant): ActiveTenant => state as ActiveTenant;

const newTenant = z
  .strictObject({
    name: tenantName,
    tenantId: tenantId.optional(),
    ownerId: newMemberId.optional(),
    ownerName: personal('ownerId', line(100)).optional(),
  })
  .refine(({ name, tenantId: id }) => id ?? nameToId(name), {
    path: ['tenantId'],
    error: 'is needed: the name has no letter or digit to make an id of',
  });

export const tenant = deciderFor<Tenant>()({
  name: 'tenant',
  id: 'tenantId',
  events: tenantEvents,
  rejections: tenancyRejections,
  initialState: () => ({ status: 'none' }),
  // A tenant has one stream, named after itself; only `createTenant` names a tenant other than the caller's. Its
  // whole input tells it: a team has a name too.
  locate: (input, at) => {
    const { data } = newTenant.safeParse(input);
    const own = data && (data.tenantId ?? nameToId(data.name));
    return own ? { tenantId: own, id: own } : { id: at.tenantId };
  },
  evolve: {
    TenantCreated: (_, { name, owner, key }) => ({
      status: 'active',
      name,
      members: {
        [owner.memberId]: {
          ...(owner.displayName && { displayName: owner.displayName }),
          roles: owner.roles,
        },
      },
      keys: {
        [key.keyId]: { memberId: owner.memberId, label: key.label, digest: key.digest, revoked: false },
      },
      ...noTeams,
    }),
    MemberAdded: (state, e) =>
      withMember(known(state), e.memberId, { displayName: e.displayName, roles: e.roles }),
    MemberRolesChanged: (state, e) =>
      withMember(known(state), e.memberId, {
        ...ownMember(known(state).members, e.memberId),
        roles: e.roles,
      }),
    MemberRemoved: (state, e) => {
      const { [e.memberId]: _, ...members } = known(state).members;
      return { ...known(state), members };
    },
    ApiKeyIssued: (state, { keyId: id, ...key }) => withKey(known(state), id, { ...key, revoked: false }),
    ApiKeyRotated: (state, e) => ended(known(state), e.keyId),
    ApiKeyRevoked: (state, e) => ended(known(state), e.keyId),
    TeamCreated: (state, e) => withTeam(known(state), e.teamId, e.name),
    TeamMemberAdded: (state, e) => joined(known(state), e.teamId, e.memberId),
    TeamMemberRemoved: (state, e) => left(known(state), e.teamId, e.memberId),
  },
  // How other areas ask whether a team exists.
  claims: { TeamCreated: (e) => [take('team', e.teamId)] },
  claimRejections: { team: 'team-exists' },
});

/** `Acme Corp` → `acme-corp`: the id of a tenant that was given a name alone. */
function nameToId(name: string): string | undefined {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replace(/^-+|-+$/g, '');
  return id === '' ? undefined : id;
}

const active = (state: Tenant): ActiveTenant =>
  state.status === 'active' ? state : tenant.reject('tenant-not-found');

/** Owners are made, changed, given keys and removed by owners alone: else an admin could become one. */
function guardOwner(actor: Actor, ...roles: (Role[] | undefined)[]): void {
  const touchesOwner = roles.some((list) => list?.includes('owner'));
  if (touchesOwner && !actor.roles.includes('owner')) tenant.reject('owners-only');
}

function member(state: ActiveTenant, id: string): Member {
  return ownMember(state.members, id) ?? tenant.reject('member-not-found', `no member ${id}`);
}

function team(state: ActiveTenant, id: string): Team {
  return ownMember(state.teams, id) ?? tenant.reject('team-not-found', `no team ${id}`);
}

function apiKey(state: ActiveTenant, id: string): ApiKey {
  return ownMember(state.keys, id) ?? tenant.reject('api-key-not-found', `no API key ${id}`);
}

function keepAnOwner(state: ActiveTenant, leaving: string): void {
  const others = Object.entries(state.members).filter(
    ([id, m]) => id !== leaving && m.roles.includes('owner'),
  );
  if (others.length === 0) tenant.reject('last-owner');
}

const sorted = (roles: Role[]): Role[] => role.options.filter((name) => roles.includes(name));
const sameRoles = (a: Role[], b: Role[]): boolean => sorted(a).join() === sorted(b).join();

const roles = z.array(role).min(1).max(7);
/** A new key, shown once: when a receipt is built again there is no secret to show. */
function keyReply(keyId: string | undefined, secret: Secret | null): unknown {
  return keyId && { keyId, key: secret && `dk_${keyId}_${secret.value}` };
}
const issued = (events: { type: string; data: unknown }[]): string | undefined =>
  (events.find(({ type }) => type === 'ApiKeyIssued')?.data as { keyId: string } | undefined)?.keyId;

export const tenantModule = defineModule(tenant, {
  createTenant: tenant.command({
    http: 'POST /tenants',
    summary: 'Create a tenant with its first owner; the reply shows the owner’s key once',
    permission: 'tenants:create',
    input: newTenant,
    rejects: ['tenant-exists'],
    decide: (state, input, ctx) => {
      if (state.status !== 'none') return ctx.reject('tenant-exists', `tenant ${ctx.tenantId} exists`);
      return [
        tenant.event('TenantCreated', {
          name: input.name,
          owner: {
            memberId: input.ownerId ?? ctx.id('ownerId'),
            roles: ['owner'],
            ...(input.ownerName && { displayName: input.ownerName }),
          },
          key: { keyId: ctx.secret.id, label: 'first owner', digest: ctx.secret.digest },
        }),
      ];
    },
    reply: (_, [created], ctx) =>
      keyReply(created?.type === 'TenantCreated' ? created.data.key.keyId : undefined, ctx.secret),
  }),

  addMember: tenant.command({
    http: 'POST /members',
    summary: 'Add a member with roles',
    permission: 'members:manage',
    input: z.strictObject({ memberId: newMemberId.optional(), displayName: memberName, roles }),
    rejects: ['tenant-not-found', 'member-exists', 'owners-only'],
    decide: (state, input, ctx) => {
      guardOwner(ctx.actor, input.roles);
      const id = input.memberId ?? ctx.id('memberId');
      if (ownMember(active(state).members, id)) return ctx.reject('member-exists', `member ${id} exists`);
      return [
        tenant.event('MemberAdded', {
          memberId: id,
          displayName: input.displayName,
          roles: sorted(input.roles),
        }),
      ];
    },
    reply: (_, events) => {
      const added = events.find((event) => event.type === 'MemberAdded');
      return added ? { memberId: added.data.memberId } : undefined;
    },
  }),

  changeMemberRoles: tenant.command({
    http: 'PUT /members/:memberId/roles',
    summary: 'Replace the roles of a member',
    permission: 'members:manage',
    input: z.strictObject({ memberId, roles }),
    rejects: ['tenant-not-found', 'member-not-found', 'last-owner', 'owners-only'],
    decide: (state, input, ctx) => {
      const found = member(active(state), input.memberId);
      guardOwner(ctx.actor, found.roles, input.roles);
      if (sameRoles(found.roles, input.roles)) return [];
      if (found.roles.includes('owner') && !input.roles.includes('owner')) {
        keepAnOwner(active(state), input.memberId);
      }
      return [tenant.event('MemberRolesChanged', { memberId: input.memberId, roles: sorted(input.roles) })];
    },
  }),

  removeMember: tenant.command({
    http: 'DELETE /members/:memberId',
    summary: 'Remove a member, also from its teams; its API keys stop working at once',
    permission: 'members:manage',
    input: z.strictObject({ memberId }),
    rejects: ['tenant-not-found', 'member-not-found', 'last-owner', 'owners-only'],
    decide: (state, input, ctx) => {
      const found = member(active(state), input.memberId);
      guardOwner(ctx.actor, found.roles);
      keepAnOwner(active(state), input.memberId);
      const live = Object.entries(active(state).keys).filter(
        ([, key]) => key.memberId === input.memberId && !key.revoked,
      );
      return [
        ...live.map(([id]) => tenant.event('ApiKeyRevoked', { keyId: id, memberId: input.memberId })),
        ...teamsOf(active(state), input.memberId).map((id) =>
          tenant.event('TeamMemberRemoved', { teamId: id, memberId: input.memberId }),
        ),
        tenant.event('MemberRemoved', { memberId: input.memberId }),
      ];
    },
  }),

  issueApiKey: tenant.command({
    http: 'POST /api-keys',
    summary: 'Issue an API key for a member; the reply shows it once',
    permission: 'api-keys:manage',
    input: z.strictObject({ memberId, label }),
    rejects: ['tenant-not-found', 'member-not-found', 'owners-only'],
    decide: (state, input, ctx) => {
      guardOwner(ctx.actor, member(active(state), input.memberId).roles);
      const { id, digest } = ctx.secret;
      return [
        tenant.event('ApiKeyIssued', { keyId: id, memberId: input.memberId, label: input.label, digest }),
      ];
    },
    reply: (_, events, ctx) => keyReply(issued(events), ctx.secret),
  }),

  rotateApiKey: tenant.command({
    http: 'POST /api-keys/:keyId/rotate',
    summary: 'Replace an API key by a new one; the old one stops working at once',
    permission: 'api-keys:manage',
    input: z.strictObject({ keyId }),
    rejects: ['tenant-not-found', 'api-key-not-found', 'api-key-revoked', 'owners-only', 'member-not-found'],
    decide: (state, input, ctx) => {
      const key = apiKey(active(state), input.keyId);
      if (key.revoked) return ctx.reject('api-key-revoked', `API key ${input.keyId} is revoked`);
      guardOwner(ctx.actor, member(active(state), key.memberId).roles);
      const { id, digest } = ctx.secret;
      return [
        tenant.event('ApiKeyIssued', { keyId: id, memberId: key.memberId, label: key.label, digest }),
        tenant.event('ApiKeyRotated', { keyId: input.keyId, memberId: key.memberId, replacedBy: id }),
      ];
    },
    reply: (_, events, ctx) => keyReply(issued(events), ctx.secret),
  }),

  revokeApiKey: tenant.command({
    http: 'DELETE /api-keys/:keyId',
    summary: 'Revoke an API key',
    permission: 'api-keys:manage',
    input: z.strictObject({ keyId }),
    rejects: ['tenant-not-found', 'api-key-not-found', 'owners-only', 'own-api-key'],
    decide: (state, input, ctx) => {
      const key = apiKey(active(state), input.keyId);
      if (key.revoked) return [];
      guardOwner(ctx.actor, ownMember(active(state).members, key.memberId)?.roles);
      if (ctx.actor.credential === input.keyId) return ctx.reject('own-api-key');
      return [tenant.event('ApiKeyRevoked', { keyId: input.keyId, memberId: key.memberId })];
    },
  }),

  createTeam: tenant.command({
    http: 'POST /teams',
    summary: 'Create a team with its first members',
    permission: 'teams:manage',
    input: z.strictObject({
      teamId: teamId.optional(),
      name: teamName,
      members: z.array(memberId).max(200).default([]),
    }),
    rejects: ['tenant-not-found', 'team-exists', 'member-not-found'],
    decide: (state, input, ctx) => {
      const { teams, members } = active(state);
      const id = input.teamId ?? ctx.id('teamId');
      if (ownMember(teams, id)) return ctx.reject('team-exists', `team ${id} exists`);
      const errors = input.members.flatMap((whom, index) =>
        ownMember(members, whom) ? [] : [{ pointer: `/members/${index}`, detail: `no member ${whom}` }],
      );
      if (errors.length > 0) return ctx.reject('member-not-found', errors[0]!.detail, { errors });
      return [
        tenant.event('TeamCreated', { teamId: id, name: input.name }),
        ...[...new Set(input.members)].map((whom) =>
          tenant.event('TeamMemberAdded', { teamId: id, memberId: whom }),
        ),
      ];
    },
    reply: (_, [created]) => (created?.type === 'TeamCreated' ? { teamId: created.data.teamId } : undefined),
  }),

  addTeamMember: tenant.command({
    http: 'PUT /teams/:teamId/members/:memberId',
    summary: 'Add a member of the tenant to a team',
    permission: 'teams:manage',
    input: z.strictObject({ teamId, memberId }),
    rejects: ['tenant-not-found', 'team-not-found', 'member-not-found'],
    decide: (state, input) => {
      const { members } = team(active(state), input.teamId);
      member(active(state), input.memberId);
      return members.includes(input.memberId) ? [] : [tenant.event('TeamMemberAdded', input)];
    },
  }),

  removeTeamMember: tenant.command({
    http: 'DELETE /teams/:teamId/members/:memberId',
    summary: 'Remove a member from a team',
    permission: 'teams:manage',
    input: z.strictObject({ teamId, memberId }),
    rejects: ['tenant-not-found', 'team-not-found'],
    decide: (state, input) => {
      const { members } = team(active(state), input.teamId);
      return members.includes(input.memberId) ? [tenant.event('TeamMemberRemoved', input)] : [];
    },
  }),
});
