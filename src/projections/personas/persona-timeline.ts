import { z } from 'zod';
import { personaEvents, personaRef } from '../../domain/personas/events.js';
import { query, rowProjection, type ProjectedEvent } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { reject } from './persona-versions.js';

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
  version: 1,
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
    PersonaActivated: (_, data, event) => entry(event, reasonOf(data)),
    PersonaDeactivated: (_, data, event) => entry(event, reasonOf(data)),
    PersonaArchived: (_, data, event) => entry(event, reasonOf(data)),
    PersonaRestored: (_, data, event) => entry(event, reasonOf(data)),
  },
});

/** The details of all entries; each has those of its type. */
interface AnyDetails {
  slug: string;
  origin: string;
  originRef?: { parentPersonaId?: string; source?: string };
  fields: string[];
  values: Details;
  removed: string[];
  versionNo: number;
  channel: string;
  from: number | null;
  to: number;
}

const told: Record<keyof typeof personaEvents, (details: AnyDetails) => string> = {
  PersonaRegistered: ({ slug, origin, originRef }) => {
    if (origin === 'import') return `imported from ${originRef?.source} as ${slug}`;
    return `registered as ${slug}${origin === 'parent' ? `, derived from ${originRef?.parentPersonaId}` : ''}`;
  },
  PersonaDraftEdited: ({ fields, values, removed }) => {
    const brief = new Map(Object.entries(values));
    const set = fields.map((name) =>
      brief.has(name) ? `${name} = ${JSON.stringify(brief.get(name))}` : name,
    );
    return `edited the draft: ${[...set, ...removed.map((name) => `without ${name}`)].join(', ')}`;
  },
  PersonaVersionPublished: ({ versionNo }) => `published version ${versionNo}`,
  PersonaChannelMoved: ({ channel, from, to }) =>
    from === null ? `pointed ${channel} to version ${to}` : `moved ${channel} from version ${from} to ${to}`,
  PersonaActivated: () => 'activated',
  PersonaDeactivated: () => 'deactivated',
  PersonaArchived: () => 'archived',
  PersonaRestored: () => 'restored',
};

/** What happened, in words; made when it is read, so that better words need no rebuild. */
export const summaryOf = (type: string, details: Details): string =>
  Object.hasOwn(told, type) ? told[type as keyof typeof told](details as unknown as AnyDetails) : type;

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
  reads: [personaTimeline],
  rejects: ['persona-not-found'],
  run: async ({ personaId: idOrSlug, limit, cursor }, ctx) => {
    const personaId = await ctx.resolve('slug', 'persona', idOrSlug);
    const where = [{ sql: "row->>'personaId' = ?", values: [personaId] }];
    const page = await ctx.model(personaTimeline).list<TimelineRow>({ where, limit, cursor });
    // A persona has an entry from its first moment on: where there is none, there is no persona.
    if (page.items.length === 0 && cursor === undefined) return reject('persona-not-found');
    const items = page.items.map(({ row: { type, at, actor, version, details }, position }) => ({
      position: String(position),
      type,
      at,
      actor,
      version,
      summary: summaryOf(type, details),
      details,
    }));
    return { body: { items, next: page.next } };
  },
});
