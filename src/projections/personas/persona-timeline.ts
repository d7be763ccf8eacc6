import { z } from 'zod';
import { personaEvents, personaRef } from '../../domain/personas/events.js';
import { query, rowProjection, type Found, type ProjectedEvent } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { existing } from './persona-versions.js';
import { personas } from './personas.js';
import { shownOrigin } from './shown-origin.js';
import { summaryOf } from './timeline-summary.js';

type Details = Record<string, unknown>;
type TimelineRow = {
  personaId: string;
  type: string;
  at: string;
  actor: { kind: string; id: string };
  /** Of the persona's stream. */
  version: number;
  details: Details;
};

/** What an entry says of an event; a configuration can be read elsewhere and is left out. */
const entry = (
  { type, meta, data }: ProjectedEvent<{ personaId: string }>,
  details: Details,
): TimelineRow => ({
  personaId: data.personaId,
  type,
  at: meta.recordedAt,
  actor: { kind: meta.actor.kind, id: meta.actor.id },
  version: meta.version,
  details,
});

const isBrief = (value: unknown): boolean =>
  typeof value === 'string' ? value.length <= 100 : typeof value === 'number' || typeof value === 'boolean';

/** The fields that an edit changed, with those of their new values that fit into a line. */
const edited = ({ changed, removed }: { changed: Details; removed: string[] }): Details => ({
  fields: Object.keys(changed),
  values: Object.fromEntries(Object.entries(changed).filter(([, value]) => isBrief(value))),
  removed,
});
const reasonOf = ({ reason }: { reason?: unknown }): Details => (reason === undefined ? {} : { reason });

/** Everything that happened to a persona, one entry per event. */
export const personaTimeline = rowProjection<TimelineRow>()(personaEvents, {
  name: 'persona_timeline',
  version: 2,
  key: ({ meta, position }) => `${meta.streamId}/${String(position).padStart(16, '0')}`,
  asOf: 'immutable',
  indexes: ["row->>'personaId'"],
  on: {
    PersonaRegistered: (_, { slug, origin, originRef }, event) =>
      entry(event, { slug, origin, ...(originRef && { originRef }) }),
    PersonaDraftEdited: (_, edit, event) => entry(event, edited(edit)),
    PersonaVersionPublished: (_, { versionNo, versionHash }, event) =>
      entry(event, { versionNo, versionHash }),
    PersonaChannelMoved: (_, { personaId: __, ...details }, event) => entry(event, details),
    PersonaOwnershipTransferred: (_, { personaId: __, ...details }, event) => entry(event, details),
    PersonaVisibilityChanged: (_, { personaId: __, ...details }, event) => entry(event, details),
    PersonaSharedWithTeam: (_, { teamId }, event) => entry(event, { teamId }),
    PersonaUnsharedFromTeam: (_, { teamId }, event) => entry(event, { teamId }),
    PersonaManifestChanged: (_, { manifest }, event) => entry(event, { role: manifest.role }),
    PlatformAdaptationAdded: (_, { platformType }, event) => entry(event, { platformType }),
    PlatformAdaptationChanged: (_, { platformType }, event) => entry(event, { platformType }),
    PlatformAdaptationRemoved: (_, { platformType }, event) => entry(event, { platformType }),
    PersonaTemplateAdopted: (_, { personaId: __, ...details }, event) => entry(event, details),
    PersonaActivated: (_, data, event) => entry(event, reasonOf(data)),
    PersonaDeactivated: (_, data, event) => entry(event, reasonOf(data)),
    PersonaArchived: (_, data, event) => entry(event, reasonOf(data)),
    PersonaRestored: (_, data, event) => entry(event, reasonOf(data)),
  },
});

const item = z.strictObject({
  position: z.string(),
  type: z.string(),
  at: z.string(),
  actor: z.strictObject({ kind: z.string(), id: z.string() }),
  version: z.int().describe('Of the persona’s stream'),
  summary: z.string(),
  details: z.record(z.string(), z.unknown()),
});

export const getPersonaTimeline = query({
  http: 'GET /personas/:personaId/timeline',
  summary: 'What happened to a persona, newest last',
  permission: 'personas:read',
  input: z.strictObject({ personaId: personaRef, ...listInput }),
  output: pageOf(item),
  asOf: true,
  reads: [personas, personaTimeline],
  rejects: ['persona-not-found'],
  run: async ({ personaId: idOrSlug, limit, cursor }, ctx) => {
    const { personaId } = await existing(ctx, idOrSlug);
    const where = [{ sql: "row->>'personaId' = ?", values: [personaId] }];
    const page = await ctx.model(personaTimeline).list<TimelineRow>({ where, limit, cursor });
    const shown = async ({ row: { details, type, at, actor, version }, position }: Found<TimelineRow>) => {
      const origin = details['originRef'] as { parentPersonaId?: string } | undefined;
      const told = origin ? { ...details, originRef: await shownOrigin(ctx, origin) } : details;
      const entry = { position: String(position), type, at, actor, version };
      return { ...entry, summary: summaryOf(type, told), details: told };
    };
    const items = await Promise.all(page.items.map(shown));
    return { body: { items, next: page.next } };
  },
});
