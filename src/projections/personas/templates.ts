import { rejecter, type EventMeta } from '../../domain/kernel.js';
import { personaRejections } from '../../domain/personas/rejections.js';
import type { TemplateBase } from '../../domain/personas/templates/template-base.js';
import { templateEvents } from '../../domain/personas/templates/template-events.js';
import type { Shared } from '../../domain/personas/visibility.js';
import { rowProjection, type QueryContext } from '../engine/declaration.js';
import { searchable } from './personas.js';
import { isVisible } from './visible.js';

export type TemplateRow = Shared & {
  templateId: string;
  slug: string;
  status: 'active' | 'retired';
  name: string;
  description: string;
  category: string;
  base: TemplateBase;
  customizableFields: string[];
  tags: string[];
  /** The number of the newest revision. */
  templateVersion: number;
  createdAt: string;
  updatedAt: string;
  /** Of the stream. */
  version: number;
  /** Name, slug, category and description in the form in which they are searched. */
  search: string;
  /** The name in the form in which it is sorted. */
  sortName: string;
};

type Named = Pick<TemplateRow, 'name' | 'slug' | 'category' | 'description'>;
const facets = ({ name, slug, category, description }: Named) => ({
  search: searchable([name, slug, category, description].join('\n')),
  sortName: searchable(name),
});

/** The row with new members, stamped with the event's version and time; nothing where there was no template. */
function changed(
  row: Readonly<TemplateRow> | null,
  { version, recordedAt }: EventMeta,
  members: Partial<TemplateRow>,
): TemplateRow | null {
  if (!row) return null;
  const after = { ...row, ...members, version, updatedAt: recordedAt };
  return { ...after, ...facets(after) };
}

/** The templates as they stand; as of any moment. */
export const templates = rowProjection<TemplateRow>()(templateEvents, {
  name: 'templates',
  version: 1,
  key: ({ meta }) => meta.streamId,
  asOf: 'history',
  indexes: ["row->>'sortName'", "row->>'category'"],
  on: {
    TemplateCreated: (_, created, { meta }) => ({
      ...created,
      status: 'active',
      templateVersion: 1,
      createdAt: meta.recordedAt,
      updatedAt: meta.recordedAt,
      version: meta.version,
      ...facets(created),
    }),
    TemplateRevised: (row, { templateVersion, changed: members }, { meta }) =>
      changed(row, meta, { ...(members as Partial<TemplateRow>), templateVersion }),
    TemplateSharedPublicly: (row, _, { meta }) => changed(row, meta, { isPublic: true }),
    TemplateVisibilityChanged: (row, { templateId: _, ...visibility }, { meta }) =>
      changed(row, meta, visibility),
    TemplateRetired: (row, _, { meta }) => changed(row, meta, { status: 'retired' }),
  },
});

/** A template by its id, as of the context's moment, or null. */
export const templateRow = async (ctx: QueryContext, templateId: string): Promise<TemplateRow | null> =>
  (await ctx.model(templates).get<TemplateRow>(templateId))?.row ?? null;

const reject = rejecter(personaRejections);

/**
 * A template by id or slug.
 * @throws Rejection `template-not-found`, in the same words for one that is not there, that was not there yet at
 * the asked moment, and that is hidden from the reader
 */
export async function existingTemplate(ctx: QueryContext, idOrSlug: string): Promise<TemplateRow> {
  const id = await ctx.resolve('template', 'template', idOrSlug);
  const row = id === null ? null : await templateRow(ctx, id);
  const now = row && ctx.asOf !== undefined ? await templateRow(ctx.current(), row.templateId) : row;
  if (row && now && isVisible(now, ctx.reader)) return row;
  const detail = 'there is no such template';
  return reject('template-not-found', detail, { errors: [{ pointer: '/templateId', detail }] });
}
