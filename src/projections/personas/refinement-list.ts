import { z } from 'zod';
import { memberId } from '../../domain/ids.js';
import { personaRef } from '../../domain/personas/events.js';
import { changeClass } from '../../domain/personas/refinements/change-class.js';
import { refinementSource } from '../../domain/personas/refinements/change-source.js';
import { query } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { ofVisiblePersonas, personas } from './facts.js';
import { existing } from './persona-versions.js';
import { refinements, type RefinementRow } from './refinements.js';

export const refinementState = z.enum([
  'proposed',
  'awaiting_approval',
  'approved',
  'applying',
  'applied',
  'rejected',
  'withdrawn',
  'superseded',
  'failed',
  'rolled_back',
]);

/** What a refinement is, without what it changes to what. */
export const refinementSummary = {
  refinementId: z.string(),
  personaId: z.string(),
  state: refinementState,
  source: refinementSource,
  changeClass,
  baseVersionNo: z.int(),
  diffHash: z.string().describe('Of what would be applied: what `apply` takes'),
  fields: z
    .array(z.strictObject({ path: z.string(), resolution: z.enum(['open', 'accepted', 'rejected']) }))
    .describe('What differs; rejected fields stay as they are in the base'),
  proposerId: z.string(),
  reason: z.unknown().optional(),
  approvalId: z.string().nullable(),
  waitsBecause: z.literal('gate-unavailable').optional().describe('Nothing can measure the change yet'),
  versionNo: z.int().nullable().describe('The version that it became'),
  version: z.int().describe('Of the stream: what If-Match takes'),
  proposedAt: z.string(),
  updatedAt: z.string(),
};

const resolutionOf = (path: string, { accepted, rejected }: RefinementRow) => {
  if (rejected.includes(path)) return 'rejected';
  return accepted.includes(path) ? 'accepted' : 'open';
};

/** A row as lists show it. */
export const summarised = (row: RefinementRow) => ({
  refinementId: row.refinementId,
  personaId: row.personaId,
  state: row.state,
  source: row.source,
  changeClass: row.changeClass,
  baseVersionNo: row.baseVersionNo,
  diffHash: row.diffHash,
  fields: row.fields.map((path) => ({ path, resolution: resolutionOf(path, row) }) as const),
  proposerId: row.proposerId,
  ...(row.reason !== undefined && { reason: row.reason }),
  approvalId: row.approvalId,
  ...(row.waitsBecause && { waitsBecause: row.waitsBecause }),
  versionNo: row.versionNo,
  version: row.version,
  proposedAt: row.proposedAt,
  updatedAt: row.updatedAt,
});

export const listRefinements = query({
  http: 'GET /refinements',
  summary: 'The refinements of personas that the reader may see, newest first',
  permission: 'refinements:read',
  input: z.strictObject({
    ...listInput,
    personaId: personaRef.optional(),
    state: refinementState.optional(),
    source: refinementSource.optional(),
    changeClass: changeClass.optional(),
    proposer: memberId.optional().describe('The id of who proposed it'),
  }),
  output: pageOf(z.strictObject(refinementSummary)),
  asOf: true,
  reads: [refinements, personas],
  rejects: ['persona-not-found'],
  run: async ({ personaId: idOrSlug, state, source, changeClass: wanted, proposer, limit, cursor }, ctx) => {
    const persona = idOrSlug === undefined ? undefined : await existing(ctx, idOrSlug);
    const filters: [sql: string, value: string | undefined][] = [
      ["row->>'personaId' = ?", persona?.personaId],
      ["row->>'state' = ?", state],
      ["row->>'source' = ?", source],
      ["row->>'changeClass' = ?", wanted],
      ["row->>'proposerId' = ?", proposer],
    ];
    const page = await ctx.model(refinements).list<RefinementRow>({
      where: filters.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, values: [value] }])),
      whereOther: ofVisiblePersonas(ctx.reader),
      orderBy: "row->>'proposedAt'",
      descending: true,
      limit,
      cursor,
    });
    return { body: { items: page.items.map(({ row }) => summarised(row)), next: page.next } };
  },
});
