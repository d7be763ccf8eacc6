import { z } from 'zod';
import type { EventMeta } from '../../domain/kernel.js';
import { draftAfter } from '../../domain/personas/draft-change.js';
import { personaEvents, type Owner } from '../../domain/personas/events.js';
import type { PersonaConfig } from '../../domain/personas/persona-config.js';
import { rowProjection, type QueryContext } from '../engine/declaration.js';

export const personaStatus = z.enum(['draft', 'active', 'inactive', 'archived']);

export type PersonaRow = {
  personaId: string;
  slug: string;
  status: z.output<typeof personaStatus>;
  owner: Owner;
  origin: 'new' | 'parent' | 'import';
  originRef?: { parentPersonaId?: string; source?: string; sourceId?: string };
  draft: PersonaConfig;
  draftHash: string;
  /** Number of the newest published version. */
  head: number | null;
  /** Version number by channel. */
  channels: Record<string, number>;
  /** Names of the draft's knowledge domains. */
  domains: string[];
  createdAt: string;
  updatedAt: string;
  /** Of the stream. */
  version: number;
  /** Name, slug and description in the form in which they are searched. */
  search: string;
  /** The name in the form in which it is sorted. */
  sortName: string;
};

/** Case and compatibility forms do not count when people look for something. */
export const searchable = (text: string): string => text.normalize('NFKC').toLowerCase();

/** What a row says about its draft, for lists and filters. */
const facets = ({ slug, draft }: { slug: string; draft: PersonaConfig }) => ({
  domains: draft.knowledgeDomains.map(({ name }) => name),
  search: searchable([draft.name, slug, draft.description].join('\n')),
  sortName: searchable(draft.name),
});

type Change = (row: Readonly<PersonaRow>) => Partial<PersonaRow>;
/** The row with a change, stamped with the event's version and time; nothing where there was no persona. */
const changed = (row: Readonly<PersonaRow> | null, { version, recordedAt }: EventMeta, change: Change) =>
  row && { ...row, ...change(row), version, updatedAt: recordedAt };
const become =
  (status: PersonaRow['status']) =>
  (row: Readonly<PersonaRow> | null, _: unknown, { meta }: { meta: EventMeta }) =>
    changed(row, meta, () => ({ status }));

/** The personas as they stand: status, draft, newest version, channels; as of any moment. */
export const personas = rowProjection<PersonaRow>()(personaEvents, {
  name: 'personas',
  version: 1,
  key: ({ meta }) => meta.streamId,
  asOf: 'history',
  indexes: ["row->>'sortName'", "row->>'createdAt'", "row->>'updatedAt'", "row->>'status'"],
  on: {
    PersonaRegistered: (_, { personaId, slug, owner, origin, originRef, config, draftHash }, { meta }) => ({
      personaId,
      slug,
      status: 'draft',
      owner,
      origin,
      ...(originRef && { originRef }),
      draft: config,
      draftHash,
      head: null,
      channels: {},
      ...facets({ slug, draft: config }),
      createdAt: meta.recordedAt,
      updatedAt: meta.recordedAt,
      version: meta.version,
    }),
    PersonaDraftEdited: (row, edit, { meta }) =>
      changed(row, meta, ({ slug, draft: before }) => {
        const draft = draftAfter(before, edit);
        return { draft, draftHash: edit.draftHash, ...facets({ slug, draft }) };
      }),
    PersonaVersionPublished: (row, { versionNo }, { meta }) =>
      changed(row, meta, () => ({ head: versionNo })),
    PersonaChannelMoved: (row, { channel, to }, { meta }) =>
      changed(row, meta, ({ channels }) => ({ channels: { ...channels, [channel]: to } })),
    PersonaActivated: become('active'),
    PersonaDeactivated: become('inactive'),
    PersonaArchived: become('archived'),
    PersonaRestored: become('inactive'),
  },
});

/** A persona by id or slug, as of the context's moment, or null. */
export async function personaRow(ctx: QueryContext, idOrSlug: string): Promise<PersonaRow | null> {
  const id = await ctx.resolve('slug', 'persona', idOrSlug);
  return id === null ? null : ((await ctx.model(personas).get<PersonaRow>(id))?.row ?? null);
}
