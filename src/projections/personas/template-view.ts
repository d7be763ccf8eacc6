import { z } from 'zod';
import { owner } from '../../domain/personas/events.js';
import { templateBase } from '../../domain/personas/templates/template-base.js';
import { templateRef } from '../../domain/personas/templates/template-events.js';
import { clear } from '../../domain/sealed.js';
import { role } from '../../domain/tenancy/events.js';
import { query, type Condition } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { searchable } from './personas.js';
import { existingTemplate, templates, type TemplateRow } from './templates.js';
import { visibleTo } from './visible.js';

const summary = {
  templateId: z.string(),
  slug: z.string(),
  status: z.enum(['active', 'retired']),
  name: z.string(),
  description: z.string(),
  category: z.string(),
  tags: z.array(z.string()),
  customizableFields: z.array(z.string()),
  templateVersion: z.int().describe('The number of the newest revision'),
  owner,
  isPublic: z.boolean(),
  version: z.int().describe('Of the stream: what If-Match takes'),
  createdAt: z.string(),
  updatedAt: z.string(),
};
const wholeTemplate = z.strictObject({
  ...summary,
  base: templateBase.describe('What every persona begins with'),
  allowedUsers: z.array(z.string()),
  allowedRoles: z.array(role),
  allowedTeams: z.array(z.string()),
});

const word = clear(z.string().min(1).max(200));
const listTemplatesInput = z.strictObject({
  ...listInput,
  category: word.optional(),
  tag: word.optional(),
  q: word.optional().describe('Occurs in name, slug, category or description, in any case'),
  includeRetired: z.boolean().default(false),
});

function conditions(asked: z.output<typeof listTemplatesInput>): Condition[] {
  const wanted: [string, string | undefined][] = [
    ["row->>'status' = ?", asked.includeRetired ? undefined : 'active'],
    ["row->>'category' = ?", asked.category],
    ["row->'tags' @> to_jsonb(?::text)", asked.tag],
    ["strpos(row->>'search', ?) > 0", asked.q && searchable(asked.q)],
  ];
  return wanted.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, values: [value] }]));
}

export const listTemplates = query({
  http: 'GET /templates',
  summary: 'The templates that the reader may see',
  permission: 'templates:read',
  input: listTemplatesInput,
  output: pageOf(z.strictObject(summary)),
  asOf: true,
  reads: [templates],
  run: async (asked, ctx) => {
    const page = await ctx.model(templates).list<TemplateRow>({
      where: conditions(asked),
      whereNow: visibleTo(ctx.reader),
      orderBy: "row->>'sortName'",
      limit: asked.limit,
      cursor: asked.cursor,
    });
    const items = page.items.map(({ row }) => ({
      templateId: row.templateId,
      slug: row.slug,
      status: row.status,
      name: row.name,
      description: row.description,
      category: row.category,
      tags: row.tags,
      customizableFields: row.customizableFields,
      templateVersion: row.templateVersion,
      owner: row.owner,
      isPublic: row.isPublic,
      version: row.version,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
    }));
    return { body: { items, next: page.next } };
  },
});

export const getTemplate = query({
  http: 'GET /templates/:templateId',
  summary: 'A template with its base',
  permission: 'templates:read',
  input: z.strictObject({ templateId: templateRef }),
  output: wholeTemplate,
  asOf: true,
  reads: [templates],
  rejects: ['template-not-found'],
  run: async ({ templateId }, ctx) => {
    const { search: _, sortName: __, ...body } = await existingTemplate(ctx, templateId);
    return { body, version: body.version };
  },
});
