/**
 * Who may see a persona or a template: everybody in the tenant when it is public; otherwise its owner and whom
 * it is shared with, by name, by role or by team. Admins, owners of the tenant and auditors see everything.
 * What is hidden answers as if it were not there. Seeing is judged by today's sharing, also for the past.
 */
import { z } from 'zod';
import { memberId } from '../ids.js';
import type { Caller, Role } from '../kernel.js';
import { role } from '../tenancy/events.js';
import type { Owner } from './events.js';

/** Members, or teams, that a thing is shared with by name. */
export const maxShares = 500;

/** With whom a thing is shared. */
export const visibilityShape = {
  isPublic: z.boolean().default(false).describe('Everybody in the tenant sees it'),
  allowedUsers: z.array(memberId).max(maxShares).default([]).describe('Ids of members who see it'),
  allowedRoles: z.array(role).max(7).default([]).describe('Roles whose members see it'),
};

/** A thing that has an owner and is shared. */
export type Shared = {
  owner: Owner;
  isPublic: boolean;
  allowedUsers: string[];
  allowedRoles: Role[];
  allowedTeams: string[];
};

/** What decides about seeing, of whoever asks. */
export type Viewer = Pick<Caller, 'id' | 'roles' | 'teams'>;

/** The roles that see everything there is in their tenant. */
const allSeeing: readonly Role[] = ['admin', 'owner', 'auditor'];
const managers: readonly Role[] = ['admin', 'owner'];

const holdsOne = <T>(list: readonly T[], others: readonly T[]): boolean =>
  list.some((one) => others.includes(one));

/** Whether a viewer's roles alone let it see everything. */
export const seesAll = ({ roles }: Pick<Viewer, 'roles'>): boolean => holdsOne(roles, allSeeing);

const owns = ({ owner }: Pick<Shared, 'owner'>, { id, teams }: Viewer): boolean =>
  owner.kind === 'user' ? owner.id === id : owner.kind === 'team' && teams.includes(owner.id);

/** Whether a viewer may see a thing. */
export const canSee = (thing: Shared, viewer: Viewer): boolean =>
  thing.isPublic ||
  seesAll(viewer) ||
  owns(thing, viewer) ||
  thing.allowedUsers.includes(viewer.id) ||
  holdsOne(thing.allowedRoles, viewer.roles) ||
  holdsOne(thing.allowedTeams, viewer.teams);

/** Whether a viewer looks after a thing: its owner, a member of the team that owns it, or an admin or owner. */
export const manages = (thing: Pick<Shared, 'owner'>, viewer: Viewer): boolean =>
  holdsOne(viewer.roles, managers) || owns(thing, viewer);
