import { z } from 'zod';
import { channelName, owner, personaRef, versionNo } from '../../domain/personas/events.js';
import { manifest } from '../../domain/personas/manifest.js';
import { personaConfig, type PersonaConfig } from '../../domain/personas/persona-config.js';
import { completenessOf, platformShape } from '../../domain/personas/platform-adaptation.js';
import { autonomyShape } from '../../domain/personas/refinements/autonomy.js';
import { role } from '../../domain/tenancy/events.js';
import { query, type QueryContext } from '../engine/declaration.js';
import { existing, personaVersions, reject, version } from './persona-versions.js';
import { personas, personaStatus, type PersonaRow } from './personas.js';
import { shownOrigin } from './shown-origin.js';

/** A configuration and the version it is of; null for the draft. */
export interface Shown {
  versionNo: number | null;
  config: PersonaConfig;
}

/**
 * The configuration that is asked for: of a version, of a channel, or else the one in force — of
 * `production`, else of the newest version, else the draft.
 * @throws Rejection `channel-not-found`, `version-not-found`, `version-not-readable-yet`
 */
export async function shownOf(
  ctx: QueryContext,
  persona: PersonaRow,
  asked: { channel?: string | undefined; versionNo?: number | undefined } = {},
): Promise<Shown> {
  const pointed = asked.channel === undefined ? undefined : persona.channels[asked.channel];
  if (asked.channel !== undefined && pointed === undefined) {
    return reject('channel-not-found', `the channel ${asked.channel} does not point to a version`);
  }
  const number = asked.versionNo ?? pointed ?? persona.channels['production'] ?? persona.head;
  if (number === null) return { versionNo: null, config: persona.draft };
  const { versionNo, config } = await version(ctx, persona, number);
  return { versionNo, config };
}

const completeness = {
  completeness: z.int().describe('Share of the descriptive members that are there, 0–100'),
  missing: z.array(z.string()),
};

export const getPersona = query({
  http: 'GET /personas/:personaId',
  summary: 'A persona with its draft and a configuration: of a channel, a version, or the one in force',
  permission: 'personas:read',
  input: z
    .strictObject({
      personaId: personaRef,
      channel: channelName.optional(),
      versionNo: versionNo.optional(),
    })
    .refine(({ channel, versionNo }) => channel === undefined || versionNo === undefined, {
      error: 'ask for a channel or for a version, not for both',
    }),
  output: z.strictObject({
    personaId: z.string(),
    slug: z.string(),
    status: personaStatus,
    owner,
    isPublic: z.boolean(),
    allowedUsers: z.array(z.string()),
    allowedRoles: z.array(role),
    allowedTeams: z.array(z.string()),
    version: z.int().describe('Of the stream: what If-Match takes'),
    draft: personaConfig,
    draftHash: z.string(),
    head: z.int().nullable().describe('The newest published version'),
    channels: z.record(z.string(), z.int()).describe('Version number by channel'),
    config: personaConfig,
    configVersionNo: z.int().nullable().describe('The version that `config` is of; null for the draft'),
    manifest: manifest.optional(),
    platforms: z
      .record(z.string(), z.strictObject({ ...platformShape, ...completeness }))
      .describe('Adaptation by platform, with how complete it is'),
    autonomy: z.strictObject(autonomyShape).describe('What becomes of changes that machines propose'),
    template: z.strictObject({ templateId: z.string(), templateVersion: z.int() }).optional(),
    origin: z.enum(['new', 'parent', 'import', 'template']),
    originRef: z
      .strictObject({
        parentPersonaId: z.string().optional(),
        templateId: z.string().optional(),
        templateVersion: z.int().optional(),
        source: z.string().optional(),
        sourceId: z.string().optional(),
      })
      .optional(),
    createdAt: z.string(),
    updatedAt: z.string(),
  }),
  asOf: true,
  reads: [personas, personaVersions],
  rejects: ['persona-not-found', 'channel-not-found', 'version-not-found', 'version-not-readable-yet'],
  run: async ({ personaId, channel, versionNo }, ctx) => {
    const row = await existing(ctx, personaId);
    const { domains: _, search: __, sortName: ___, ...persona } = row;
    const shown = await shownOf(ctx, row, { channel, versionNo });
    const platforms = Object.fromEntries(
      Object.entries(row.platforms).map(([name, one]) => [name, { ...one, ...completenessOf(one) }]),
    );
    const origin = row.originRef && { originRef: await shownOrigin(ctx, row.originRef) };
    const body = { ...persona, ...origin, platforms, config: shown.config, configVersionNo: shown.versionNo };
    return { body, version: row.version };
  },
});
