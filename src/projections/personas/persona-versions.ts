import { z } from 'zod';
import { rejecter } from '../../domain/kernel.js';
import { personaEvents, personaRef } from '../../domain/personas/events.js';
import { personaConfig, type PersonaConfig } from '../../domain/personas/persona-config.js';
import { changeClass, type ChangeClass } from '../../domain/personas/refinements/change-class.js';
import { refinementSource, type RefinementSource } from '../../domain/personas/refinements/change-source.js';
import { personaRejections } from '../../domain/personas/rejections.js';
import { query, rowProjection, type QueryContext } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { personaRow, personas, type PersonaRow } from './personas.js';
import { isVisible } from './visible.js';

type VersionRow = {
  personaId: string;
  versionNo: number;
  versionHash: string;
  config: PersonaConfig;
  publishedAt: string;
  publishedBy: string;
  refinementId?: string;
  source?: RefinementSource;
  changeClass?: ChangeClass;
};

/** Keys sort as versions count. */
const keyOf = (personaId: string, versionNo: number): string =>
  `${personaId}/${String(versionNo).padStart(10, '0')}`;

/** Every published version with its configuration, for ever. */
export const personaVersions = rowProjection<VersionRow>()(personaEvents, {
  name: 'persona_versions',
  version: 2,
  key: ({ meta, data }) => keyOf(meta.streamId, data['versionNo'] as number),
  asOf: 'immutable',
  indexes: ["row->>'personaId'"],
  on: {
    PersonaVersionPublished: (_, version, { meta }) => ({
      ...version,
      publishedAt: meta.recordedAt,
      publishedBy: meta.actor.id,
    }),
  },
});

export const reject = rejecter(personaRejections);

/**
 * A persona by id or slug.
 * @throws Rejection `persona-not-found`, in the same words for one that is not there, that was not there yet at
 * the asked moment, and that is hidden from the reader
 */
export async function existing(ctx: QueryContext, idOrSlug: string): Promise<PersonaRow> {
  const row = await personaRow(ctx, idOrSlug);
  const now = ctx.asOf === undefined ? row : await personaRow(ctx.current(), idOrSlug);
  if (row && now && isVisible(now, ctx.reader)) return row;
  return reject('persona-not-found', 'there is no such persona');
}

/**
 * A version of a persona.
 * @throws Rejection `version-not-found`; `version-not-readable-yet` when this model is a moment behind the
 * one that the persona was read from
 */
export async function version(
  ctx: QueryContext,
  persona: PersonaRow,
  versionNo: number,
): Promise<VersionRow> {
  if (versionNo > (persona.head ?? 0)) {
    return reject('version-not-found', `the newest version is ${persona.head ?? 'not published yet'}`);
  }
  const found = await ctx.model(personaVersions).get<VersionRow>(keyOf(persona.personaId, versionNo));
  return found?.row ?? reject('version-not-readable-yet');
}

const summary = z.strictObject({
  personaId: z.string(),
  versionNo: z.int(),
  versionHash: z.string().describe('SHA-256 of the configuration’s canonical JSON (RFC 8785)'),
  publishedAt: z.string(),
  publishedBy: z.string(),
  refinementId: z
    .string()
    .optional()
    .describe('The refinement that it applies or is recorded by; the first version has none'),
  source: refinementSource.optional(),
  changeClass: changeClass.optional(),
});
const versionNo = z.int().min(1).max(1_000_000_000);

export const listPersonaVersions = query({
  http: 'GET /personas/:personaId/versions',
  summary: 'The published versions of a persona, oldest first',
  permission: 'personas:read',
  input: z.strictObject({ personaId: personaRef, ...listInput }),
  output: pageOf(summary),
  asOf: true,
  reads: [personas, personaVersions],
  rejects: ['persona-not-found'],
  run: async ({ personaId: idOrSlug, limit, cursor }, ctx) => {
    const { personaId } = await existing(ctx, idOrSlug);
    const where = [{ sql: "row->>'personaId' = ?", values: [personaId] }];
    const page = await ctx.model(personaVersions).list<VersionRow>({ where, limit, cursor });
    const items = page.items.map(({ row }) => {
      const { config: _, ...summary } = row;
      return summary;
    });
    return { body: { items, next: page.next } };
  },
});

export const getPersonaVersion = query({
  http: 'GET /personas/:personaId/versions/:versionNo',
  summary: 'One published version with its configuration; it never changes',
  permission: 'personas:read',
  input: z.strictObject({ personaId: personaRef, versionNo }),
  output: z.strictObject({ ...summary.shape, config: personaConfig }),
  asOf: true,
  reads: [personas, personaVersions],
  rejects: ['persona-not-found', 'version-not-found', 'version-not-readable-yet'],
  run: async (asked, ctx) => {
    const body = await version(ctx, await existing(ctx, asked.personaId), asked.versionNo);
    return { body, version: body.versionNo };
  },
});
