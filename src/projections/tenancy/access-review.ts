import { z } from 'zod';
import { keyId, memberId, teamId } from '../../domain/ids.js';
import { personaRef } from '../../domain/personas/events.js';
import { label, memberName, role } from '../../domain/tenancy/events.js';
import { allowed, permissions } from '../../domain/tenancy/permissions.js';
import {
  query,
  type Condition,
  type ModelReader,
  type QueryContext,
  type ReadModule,
  type Row,
} from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { personas, standingTo, visiblePersona } from '../personas/facts.js';
import { apiKeys, type ApiKeyRow } from './api-keys.js';
import { members, type MemberRow } from './members.js';
import { teams, type TeamRow } from './teams.js';

const access = z.strictObject({
  memberId,
  displayName: memberName.optional(),
  roles: z.array(role),
  teams: z.array(teamId).describe('Ids, sorted'),
  keys: z.array(z.strictObject({ keyId, label })).describe('Those that worked'),
  permissions: z.array(z.string()).describe('What the roles permit by the table of this release, sorted'),
  mayVote: z.boolean().describe('May decide on approvals'),
  mayChangePolicy: z.boolean().describe('May change safety policies'),
  persona: z
    .strictObject({ sees: z.boolean(), manages: z.boolean() })
    .optional()
    .describe('How the member stood to the persona that was asked for'),
});

/** All rows that meet a condition. */
async function everyRow<R extends Row>(model: ModelReader, condition: Condition): Promise<R[]> {
  const rows: R[] = [];
  let cursor: string | undefined;
  do {
    const page = await model.list<R>({ where: [condition], limit: 500, cursor });
    rows.push(...page.items.map(({ row }) => row));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

/** What belongs to some members: their teams, and the keys that have not ended. */
async function belongings(ctx: QueryContext, ids: string[]) {
  const [theirTeams, keys] = await Promise.all([
    everyRow<TeamRow>(ctx.model(teams), {
      sql: "jsonb_exists_any(row->'members', ?::text[])",
      values: [ids],
    }),
    everyRow<ApiKeyRow>(ctx.model(apiKeys), {
      sql: "row->>'memberId' = ANY(?::text[]) AND row->>'endedAt' IS NULL",
      values: [ids],
    }),
  ]);
  return (id: string) => ({
    teams: theirTeams.filter((team) => team.members.includes(id)).map((team) => team.teamId),
    keys: keys.filter((key) => key.memberId === id).map((key) => ({ keyId: key.keyId, label: key.label })),
  });
}

/** What roles permit in a tenant. */
function rightsOf(who: Parameters<typeof allowed>[0]) {
  const may = (permission: string): boolean => allowed(who, permission);
  return {
    permissions: Object.keys(permissions).filter(may).sort(),
    mayVote: may('approvals:vote'),
    mayChangePolicy: may('policies:manage'),
  };
}

export const accessReviewReadModule: ReadModule = {
  projections: [],
  queries: {
    accessReview: query({
      http: 'GET /access-review',
      summary: 'Who can do what: the members with their roles, teams, keys and permissions, as of any moment',
      permission: 'access:review',
      input: z.strictObject({
        ...listInput,
        personaId: personaRef.optional().describe('Also say who sees this persona and who looks after it'),
      }),
      output: pageOf(access),
      asOf: true,
      reads: [members, teams, apiKeys, personas],
      rejects: ['persona-not-found'],
      run: async ({ personaId, limit, cursor }, ctx) => {
        const { tenantId } = ctx.reader;
        const persona = personaId === undefined ? undefined : await visiblePersona(ctx, personaId);
        const page = await ctx.model(members).list<MemberRow>({ limit, cursor });
        const of = await belongings(
          ctx,
          page.items.map(({ key }) => key),
        );
        const items = page.items.map(({ row: { addedAt: _, ...member } }) => {
          const its = of(member.memberId);
          return {
            ...member,
            ...its,
            ...rightsOf({ tenantId, roles: member.roles }),
            ...(persona && { persona: standingTo(persona, { ...member, ...its }) }),
          };
        });
        return { body: { items, next: page.next } };
      },
    }),
  },
};
