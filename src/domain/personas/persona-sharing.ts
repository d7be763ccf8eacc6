/** Commands that say whose a persona is and who may see it. */
import { z } from 'zod';
import { memberId, opaqueId, teamId } from '../ids.js';
import { role } from '../tenancy/events.js';
import { owner, personaRef, reason } from './events.js';
import { existing, managed, persona, type ExistingPersona } from './persona.js';
import { maxShares, visibilityShape } from './visibility.js';

const tooMany = `it is shared with ${maxShares} already: make it public, or share it with a role`;

/** With whom a persona is shared: exactly one of a team, a member or a role. */
const shareWith = { teamId: teamId.optional(), memberId: memberId.optional(), role: role.optional() };
type ShareWith = z.output<z.ZodObject<typeof shareWith>>;
const oneOf = (input: ShareWith): boolean =>
  [input.teamId, input.memberId, input.role].filter((one) => one !== undefined).length === 1;
const needsOne = { error: 'must have exactly one of teamId, memberId and role' };

/** How an unknown team is refused. */
const noTeamDetail = 'there is no such team';
export const noTeam = [noTeamDetail, { errors: [{ pointer: '/teamId', detail: noTeamDetail }] }] as const;

/** A list with one more, in order; the very list when it is there already. */
const withOne = <T extends string>(list: T[], one: T): T[] => (list.includes(one) ? list : [...list, one]);
const without = <T>(list: T[], one: T): T[] =>
  list.includes(one) ? list.filter((other) => other !== one) : list;

type Visibility = Pick<ExistingPersona, 'isPublic' | 'allowedUsers' | 'allowedRoles'>;

/** The event for another visibility, or none where it is the same. */
function visibilityEvents(personaId: string, before: Visibility, after: Visibility) {
  const list = (names: readonly string[]): string => [...new Set(names)].sort().join('\n');
  const isSame =
    before.isPublic === after.isPublic &&
    list(before.allowedUsers) === list(after.allowedUsers) &&
    list(before.allowedRoles) === list(after.allowedRoles);
  if (isSame) return [];
  return [
    persona.event('PersonaVisibilityChanged', {
      personaId,
      isPublic: after.isPublic,
      allowedUsers: [...new Set(after.allowedUsers)],
      allowedRoles: [...new Set(after.allowedRoles)],
    }),
  ];
}

export const sharingCommands = {
  setPersonaVisibility: persona.command({
    http: 'PUT /personas/:personaId/visibility',
    summary: 'Make a persona public within the tenant, or say which members and roles see it',
    permission: 'personas:share',
    input: z.strictObject({ personaId: personaRef, ...visibilityShape, isPublic: z.boolean() }),
    rejects: ['persona-not-found', 'persona-owners-only'],
    decide: (state, { personaId: _, ...visibility }, ctx) =>
      visibilityEvents(ctx.streamId, managed(state, ctx.actor), visibility),
  }),

  sharePersona: persona.command({
    http: 'POST /personas/:personaId/share',
    summary: 'Let a team, a member or a role see a persona',
    permission: 'personas:share',
    input: z.strictObject({ personaId: personaRef, ...shareWith }).refine(oneOf, needsOne),
    rejects: ['persona-not-found', 'persona-owners-only', 'team-not-found', 'too-many-shares'],
    facts: async (input, read) => ({
      teamExists: input.teamId === undefined || (await read.claimOwner('team', input.teamId)) !== null,
    }),
    decide: (state, input, ctx) => {
      const found = managed(state, ctx.actor);
      if (input.teamId !== undefined) {
        if (!ctx.facts.teamExists) return ctx.reject('team-not-found', ...noTeam);
        if (found.allowedTeams.includes(input.teamId)) return [];
        if (found.allowedTeams.length >= maxShares) return ctx.reject('too-many-shares', tooMany);
        return [persona.event('PersonaSharedWithTeam', { personaId: ctx.streamId, teamId: input.teamId })];
      }
      const { isPublic, allowedUsers, allowedRoles } = found;
      const after = {
        isPublic,
        allowedUsers: input.memberId ? withOne(allowedUsers, input.memberId) : allowedUsers,
        allowedRoles: input.role ? withOne(allowedRoles, input.role) : allowedRoles,
      };
      if (after.allowedUsers.length > maxShares) return ctx.reject('too-many-shares', tooMany);
      return visibilityEvents(ctx.streamId, found, after);
    },
  }),

  unsharePersona: persona.command({
    http: 'POST /personas/:personaId/unshare',
    summary: 'No longer let a team, a member or a role see a persona',
    permission: 'personas:share',
    input: z.strictObject({ personaId: personaRef, ...shareWith }).refine(oneOf, needsOne),
    rejects: ['persona-not-found', 'persona-owners-only'],
    decide: (state, input, ctx) => {
      const found = managed(state, ctx.actor);
      if (input.teamId !== undefined) {
        if (!found.allowedTeams.includes(input.teamId)) return [];
        return [persona.event('PersonaUnsharedFromTeam', { personaId: ctx.streamId, teamId: input.teamId })];
      }
      const { isPublic, allowedUsers, allowedRoles } = found;
      return visibilityEvents(ctx.streamId, found, {
        isPublic,
        allowedUsers: input.memberId ? without(allowedUsers, input.memberId) : allowedUsers,
        allowedRoles: input.role ? without(allowedRoles, input.role) : allowedRoles,
      });
    },
  }),

  setPersonaOwner: persona.command({
    http: 'PUT /personas/:personaId/owner',
    summary: 'Give a persona to another member, to a team or to the tenant itself',
    permission: 'personas:ownership',
    input: z.strictObject({
      personaId: personaRef,
      kind: owner.shape.kind,
      id: opaqueId,
      reason: reason.optional(),
    }),
    rejects: ['persona-not-found', 'owner-unknown'],
    facts: async ({ kind, id }, read) => ({
      isKnown:
        kind === 'user' ||
        (kind === 'tenant' ? id === read.tenantId : (await read.claimOwner('team', id)) !== null),
    }),
    decide: (state, { kind, id, reason: given }, ctx) => {
      const { owner: from } = existing(state, ctx.actor);
      if (!ctx.facts.isKnown) {
        const detail = `there is no ${kind} ${id}`;
        return ctx.reject('owner-unknown', detail, { errors: [{ pointer: '/id', detail }] });
      }
      if (from.kind === kind && from.id === id) return [];
      return [
        persona.event('PersonaOwnershipTransferred', {
          personaId: ctx.streamId,
          from,
          to: { kind, id },
          ...(given !== undefined && { reason: given }),
        }),
      ];
    },
  }),
};
