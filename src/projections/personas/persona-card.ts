import { z } from 'zod';
import { cardFrom } from '../../domain/personas/cards/card-export.js';
import { channelName, personaRef, versionNo } from '../../domain/personas/events.js';
import { personaJson } from '../../domain/personas/persona-json.js';
import { query, type QueryContext } from '../engine/declaration.js';
import { existing, personaVersions, version } from './persona-versions.js';
import { shownOf, type Shown } from './persona-view.js';
import { personas, type PersonaRow } from './personas.js';

const input = z
  .strictObject({
    personaId: personaRef,
    format: z
      .enum(['dramatis', 'v2', 'v3'])
      .default('dramatis')
      .describe('Dramatis’ own JSON, or a character card V2 or V3'),
    channel: channelName.optional(),
    versionNo: versionNo.optional(),
    draft: z.boolean().default(false).describe('The draft, in the place of the configuration in force'),
  })
  .refine((asked) => [asked.channel, asked.versionNo, asked.draft || undefined].filter(isGiven).length <= 1, {
    error: 'ask for a channel, for a version or for the draft, not for more than one',
  });

function isGiven(value: unknown): boolean {
  return value !== undefined;
}

/** Dramatis' own document; what is sealed in it is opened on its way out. */
async function documentOf(ctx: QueryContext, persona: PersonaRow, shown: Shown) {
  const { personaId, slug, manifest, platforms } = persona;
  const { versionNo: number, config } = shown;
  const published = number === null ? undefined : await version(ctx, persona, number);
  const versionHash = published?.versionHash ?? persona.draftHash;
  const exportedFrom = { personaId, versionNo: number, versionHash };
  return personaJson({ slug, config, manifest, platforms, exportedFrom });
}

export const exportPersona = query({
  http: 'GET /personas/:personaId/card',
  summary: 'A persona as a document: in Dramatis’ own JSON, or as a character card V2 or V3',
  permission: 'personas:read',
  input,
  output: z
    .record(z.string(), z.unknown())
    .describe('The document (docs/character-cards.md); a card never tells what is about a real person'),
  asOf: true,
  reads: [personas, personaVersions],
  rejects: ['persona-not-found', 'channel-not-found', 'version-not-found', 'version-not-readable-yet'],
  run: async ({ personaId, format, draft, ...asked }, ctx) => {
    const persona = await existing(ctx, personaId);
    const shown = draft ? { versionNo: null, config: persona.draft } : await shownOf(ctx, persona, asked);
    const isCard = format !== 'dramatis';
    const body = isCard ? cardFrom(shown.config, format) : await documentOf(ctx, persona, shown);
    return { body, version: persona.version };
  },
});
