import { z } from 'zod';
import { personaRef } from '../../domain/personas/events.js';
import { query, rowProjection, type Found, type ProjectedEvent } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { existing } from './persona-versions.js';
import { personas } from './personas.js';
import { shownOrigin } from './shown-origin.js';
import { detailsByType, timelineEvents, type Details } from './timeline-details.js';
import { summaryOf } from './timeline-summary.js';

type TimelineRow = {
  personaId: string;
  type: string;
  at: string;
  actor: { kind: string; id: string; onBehalfOf?: string };
  /** Of the stream that it happened in. */
  version: number;
  details: Details;
};

/** Whose it is; policies of the tenant and approvals of something else are no persona's. */
const personaOf = ({ data }: Pick<ProjectedEvent, 'data'>): string | undefined =>
  data['personaId'] as string | undefined;

/** Who acted, and for whom; not with which key and roles. */
const actorOf = ({ kind, id, onBehalfOf }: ProjectedEvent['meta']['actor']): TimelineRow['actor'] => ({
  kind,
  id,
  ...(onBehalfOf !== undefined && { onBehalfOf }),
});

/** The entry of an event, or none. */
function entryOf(event: ProjectedEvent): TimelineRow | null {
  const { type, meta, data } = event;
  const personaId = personaOf(event);
  if (personaId === undefined) return null;
  return {
    personaId,
    type,
    at: meta.recordedAt,
    actor: actorOf(meta.actor),
    version: meta.version,
    details: detailsByType[type]!(data),
  };
}

const told = Object.keys(timelineEvents) as (keyof typeof timelineEvents)[];

/** Everything that happened to a persona, in whichever stream: one entry per event, sorted by position. */
export const personaTimeline = rowProjection<TimelineRow>()(timelineEvents, {
  name: 'persona_timeline',
  version: 3,
  key: (event) => `${personaOf(event) ?? '-'}/${String(event.position).padStart(16, '0')}`,
  asOf: 'immutable',
  indexes: ["row->>'personaId'"],
  on: Object.fromEntries(
    told.map((type) => [type, (_: unknown, __: unknown, event: ProjectedEvent) => entryOf(event)]),
  ),
});

const item = z.strictObject({
  position: z.string(),
  type: z.string(),
  at: z.string(),
  actor: z.strictObject({
    kind: z.string(),
    id: z.string(),
    onBehalfOf: z.string().optional().describe('Whose act made a reactor act'),
  }),
  version: z.int().describe('Of the stream that it happened in: the persona’s, a refinement’s, …'),
  summary: z.string(),
  details: z.record(z.string(), z.unknown()),
});

export const getPersonaTimeline = query({
  http: 'GET /personas/:personaId/timeline',
  summary: 'What happened to a persona, its refinements, approvals and policies, newest last',
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
