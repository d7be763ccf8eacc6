import { z } from 'zod';
import { approvers, refinementId, refusedBy } from '../../domain/personas/refinements/events.js';
import { query, type QueryContext } from '../engine/declaration.js';
import { changesOf, personas, seesPersona, shownChanges } from './facts.js';
import { reject } from './persona-versions.js';
import { refinementSummary, summarised } from './refinement-list.js';
import { refinements, type RefinementRow } from './refinements.js';

/**
 * A refinement by its id.
 * @throws Rejection `refinement-not-found`, in the same words for one that is not there, that was not there yet at
 * the asked moment, and that is of a persona which is hidden from the reader
 */
async function existing(ctx: QueryContext, id: string): Promise<RefinementRow> {
  const found = await ctx.model(refinements).get<RefinementRow>(id);
  if (found && (await seesPersona(ctx, found.row.personaId))) return found.row;
  const detail = 'there is no such refinement';
  return reject('refinement-not-found', detail, { errors: [{ pointer: '/refinementId', detail }] });
}

export const getRefinement = query({
  http: 'GET /refinements/:refinementId',
  summary: 'A refinement with the difference that `apply` would make, and the hash of it',
  permission: 'refinements:read',
  input: z.strictObject({ refinementId }),
  output: z.strictObject({
    ...refinementSummary,
    baseHash: z.string().describe('Content hash of the base’s configuration'),
    changes: shownChanges,
    evidence: z.array(z.string()),
    draftedBy: z
      .array(z.string())
      .optional()
      .describe('Who wrote the draft that was proposed as it was: they do not vote on it'),
    supersedes: z.string().optional(),
    supersededBy: z.string().optional(),
    submission: z
      .strictObject({ quorum: z.int(), approvers, deadlineSeconds: z.int() })
      .optional()
      .describe('On what terms it was submitted the last time'),
    outcome: refusedBy.optional().describe('How its approval was refused'),
    failure: z
      .strictObject({ code: z.string(), detail: z.string() })
      .optional()
      .describe('Why it could not be applied, or rolled back, the last time'),
    toVersionNo: z.int().optional().describe('The version that it was rolled back to'),
    submittedBy: z.string().optional(),
    submittedAt: z.string().optional(),
    decidedAt: z.string().optional(),
    appliedBy: z.string().optional(),
    appliedAt: z.string().optional(),
    rolledBackBy: z.string().optional(),
    rolledBackAt: z.string().optional(),
  }),
  asOf: true,
  reads: [refinements, personas],
  rejects: ['refinement-not-found'],
  run: async ({ refinementId: id }, ctx) => {
    const row = await existing(ctx, id);
    const { change: _, accepted: __, rejected: ___, fields: ____, ...others } = row;
    const body = { ...others, ...summarised(row), changes: changesOf(row) };
    return { body, version: row.version };
  },
});
