import { z } from 'zod';
import { owner } from '../../domain/personas/events.js';
import { templateRef } from '../../domain/personas/templates/template-events.js';
import { query, type ListRequest, type Page, type QueryContext } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { personas, personaStatus, type PersonaRow } from './personas.js';
import { existingTemplate, templates } from './templates.js';
import { visibleTo } from './visible.js';

/** A page of the personas that meet the conditions and that the reader may see today, by name. */
export async function visiblePersonas(
  ctx: QueryContext,
  { where = [], ...page }: Pick<ListRequest, 'where' | 'limit' | 'cursor'>,
): Promise<Page<PersonaRow>> {
  const { items, next } = await ctx.model(personas).list<PersonaRow>({
    where,
    whereNow: visibleTo(ctx.reader),
    orderBy: "row->>'sortName'",
    ...page,
  });
  return { items: items.map(({ row }) => row), next };
}

/** How the draft of a persona stands to its template. */
export const revision = {
  templateVersion: z.int().describe('The revision that the draft follows'),
  currentTemplateVersion: z.int().describe('The newest revision of the template'),
  behind: z.boolean(),
};
export const revisionOf = (templateVersion: number, currentTemplateVersion: number) => ({
  templateVersion,
  currentTemplateVersion,
  behind: templateVersion < currentTemplateVersion,
});

export const listTemplatePersonas = query({
  http: 'GET /templates/:templateId/personas',
  summary: 'The personas made from a template that the reader may see, and which of them are behind it',
  permission: 'templates:read',
  input: z.strictObject({
    templateId: templateRef,
    ...listInput,
    behind: z
      .boolean()
      .optional()
      .describe('true: only those that follow an older revision; false: only those that follow the newest'),
  }),
  output: pageOf(
    z.strictObject({
      personaId: z.string(),
      slug: z.string(),
      name: z.string(),
      status: personaStatus,
      owner,
      ...revision,
    }),
  ),
  asOf: true,
  reads: [templates, personas],
  rejects: ['template-not-found'],
  run: async ({ templateId: idOrSlug, behind, limit, cursor }, ctx) => {
    const { templateId, templateVersion: current } = await existingTemplate(ctx, idOrSlug);
    const follows = { sql: "row->'template'->>'templateId' = ?", values: [templateId] };
    const isBehind = {
      sql: "((row->'template'->>'templateVersion')::int < ?::int) = ?::boolean",
      values: [current, behind],
    };
    const where = behind === undefined ? [follows] : [follows, isBehind];
    const { items, next } = await visiblePersonas(ctx, { where, limit, cursor });
    const made = items.map(({ personaId, slug, draft, status, owner: whose, template }) => ({
      personaId,
      slug,
      name: draft.name,
      status,
      owner: whose,
      ...revisionOf(template!.templateVersion, current),
    }));
    return { body: { items: made, next } };
  },
});
