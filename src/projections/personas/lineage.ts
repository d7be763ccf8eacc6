import { z } from 'zod';
import { personaRef } from '../../domain/personas/events.js';
import { query, type QueryContext } from '../engine/declaration.js';
import { existing } from './persona-versions.js';
import { personaRow, personas, type PersonaRow } from './personas.js';
import { revision, revisionOf, visiblePersonas } from './template-personas.js';
import { templateRow, templates } from './templates.js';
import { isVisible } from './visible.js';

/** Generations that one answer goes back, and personas that it tells of the next one. */
const maxAncestors = 100;
const maxChildren = 500;

const called = ({ personaId, slug, draft }: PersonaRow) => ({ personaId, slug, name: draft.name });
const hidden = { personaId: null, slug: null, name: null };

/** The chain of parents, nearest first; one that the reader may not see keeps its place and tells nothing. */
async function ancestorsOf(ctx: QueryContext, persona: PersonaRow) {
  const chain: PersonaRow[] = [];
  let parentId = persona.originRef?.parentPersonaId;
  while (parentId !== undefined && chain.length < maxAncestors) {
    const parent = await personaRow(ctx, parentId);
    if (!parent) break;
    chain.push(parent);
    parentId = parent.originRef?.parentPersonaId;
  }
  const current = ctx.current();
  const today = await Promise.all(chain.map(({ personaId }) => personaRow(current, personaId)));
  return chain.map((row, index) => {
    const now = today[index];
    return now && isVisible(now, ctx.reader) ? called(row) : hidden;
  });
}

async function childrenOf(ctx: QueryContext, { personaId }: PersonaRow) {
  const where = [{ sql: "row->'originRef'->>'parentPersonaId' = ?", values: [personaId] }];
  const { items } = await visiblePersonas(ctx, { where, limit: maxChildren });
  return items.map(called);
}

/** The template that a persona follows; its slug and name only if the reader may see it. */
async function templateOf(ctx: QueryContext, { template: followed }: PersonaRow) {
  const found = followed && (await templateRow(ctx, followed.templateId));
  if (!followed || !found) return null;
  const now = await templateRow(ctx.current(), followed.templateId);
  return {
    templateId: followed.templateId,
    ...(now && isVisible(now, ctx.reader) && { slug: found.slug, name: found.name }),
    ...revisionOf(followed.templateVersion, found.templateVersion),
  };
}

const maybe = z.string().nullable();

export const getPersonaLineage = query({
  http: 'GET /personas/:personaId/lineage',
  summary: 'The template that a persona follows, its ancestors and the personas derived from it',
  permission: 'personas:read',
  input: z.strictObject({ personaId: personaRef }),
  output: z.strictObject({
    personaId: z.string(),
    template: z
      .strictObject({
        templateId: z.string(),
        slug: z.string().optional().describe('Absent for a template that the reader may not see'),
        name: z.string().optional(),
        ...revision,
      })
      .nullable(),
    ancestors: z
      .array(z.strictObject({ personaId: maybe, slug: maybe, name: maybe }))
      .describe(`Nearest first, at most ${maxAncestors}; nulls stand for one that the reader may not see`),
    children: z
      .array(z.strictObject({ personaId: z.string(), slug: z.string(), name: z.string() }))
      .describe(`The first ${maxChildren}, by name, that the reader may see`),
  }),
  asOf: true,
  reads: [personas, templates],
  rejects: ['persona-not-found'],
  run: async ({ personaId: idOrSlug }, ctx) => {
    const persona = await existing(ctx, idOrSlug);
    const [template, ancestors, children] = await Promise.all([
      templateOf(ctx, persona),
      ancestorsOf(ctx, persona),
      childrenOf(ctx, persona),
    ]);
    return { body: { personaId: persona.personaId, template, ancestors, children } };
  },
});
