import { z } from 'zod';
import { memberId, teamId } from '../../domain/ids.js';
import { rejecter } from '../../domain/kernel.js';
import { teamName, tenantEvents } from '../../domain/tenancy/events.js';
import { tenancyRejections } from '../../domain/tenancy/rejections.js';
import { query, rowProjection, type ReadModule } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';

export type TeamRow = {
  teamId: string;
  name: string;
  /** In the order in which they joined. */
  members: string[];
  createdAt: string;
};

/**
 * The teams of a tenant with their members, as of any moment. Who is removed from the tenant leaves each team
 * by an event of its own, so that every event touches one row.
 */
export const teams = rowProjection<TeamRow>()(tenantEvents, {
  name: 'teams',
  version: 1,
  key: ({ data }) => data['teamId'] as string,
  asOf: 'history',
  on: {
    TeamCreated: (_, { teamId: id, name }, { meta }) => ({
      teamId: id,
      name,
      members: [],
      createdAt: meta.recordedAt,
    }),
    TeamMemberAdded: (row, { memberId: whom }) => row && { ...row, members: [...row.members, whom] },
    TeamMemberRemoved: (row, { memberId: whom }) =>
      row && { ...row, members: row.members.filter((other) => other !== whom) },
  },
});

const team = z.strictObject({
  teamId,
  name: teamName,
  members: z.array(memberId),
  createdAt: z.string(),
});

const reject = rejecter(tenancyRejections);

export const teamsReadModule: ReadModule = {
  projections: [teams],
  queries: {
    listTeams: query({
      http: 'GET /teams',
      summary: 'The teams of the tenant with their members',
      permission: 'teams:read',
      input: z.strictObject({
        ...listInput,
        member: memberId.optional().describe('Only teams that this member is in'),
      }),
      output: pageOf(team),
      asOf: true,
      reads: [teams],
      run: async ({ member, limit, cursor }, ctx) => {
        const page = await ctx.model(teams).list<TeamRow>({
          where: member ? [{ sql: "row->'members' @> to_jsonb(?::text)", values: [member] }] : [],
          limit,
          cursor,
        });
        return { body: { items: page.items.map(({ row }) => row), next: page.next } };
      },
    }),
    getTeam: query({
      http: 'GET /teams/:teamId',
      summary: 'A team with its members',
      permission: 'teams:read',
      input: z.strictObject({ teamId }),
      output: team,
      asOf: true,
      reads: [teams],
      rejects: ['team-not-found'],
      run: async ({ teamId: id }, ctx) => {
        const found = await ctx.model(teams).get<TeamRow>(id);
        return { body: found?.row ?? reject('team-not-found', `no team ${id}`) };
      },
    }),
  },
};
