import { z } from 'zod';
import type { EventMeta } from '../../domain/kernel.js';
import { draftAfter } from '../../domain/personas/draft-change.js';
import { personaEvents } from '../../domain/personas/events.js';
import type { Manifest } from '../../domain/personas/manifest.js';
import type { PersonaConfig } from '../../domain/personas/persona-config.js';
import type { PlatformAdaptation } from '../../domain/personas/platform-adaptation.js';
import { usualAutonomy, type Autonomy } from '../../domain/personas/refinements/autonomy.js';
import type { Shared } from '../../domain/personas/visibility.js';
import { rowProjection, type QueryContext } from '../engine/declaration.js';

export const personaStatus = z.enum(['draft', 'active', 'inactive', 'archived']);

export type PersonaRow = Shared & {
  personaId: string;
  slug: string;
  status: z.output<typeof personaStatus>;
  origin: 'new' | 'parent' | 'import' | 'template';
  originRef?: {
    parentPersonaId?: string;
    templateId?: string;
    templateVersion?: number;
    source?: string;
    sourceId?: string;
  };
  /** The revision of a template that the draft follows. */
  template?: { templateId: string; templateVersion: number };
  draft: PersonaConfig;
  draftHash: string;
  /** Number of the newest published version. */
  head: number | null;
  /** Version number by channel. */
  channels: Record<string, number>;
  manifest?: Manifest;
  /** Adaptation by platform. */
  platforms: Record<string, PlatformAdaptation>;
  autonomy: Autonomy;
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

const adapt = (
  row: Readonly<PersonaRow> | null,
  { platformType, adaptation }: { platformType: string; adaptation: PlatformAdaptation },
  { meta }: { meta: EventMeta },
) => changed(row, meta, ({ platforms }) => ({ platforms: { ...platforms, [platformType]: adaptation } }));

/** The revision that a persona was made from, if it was made from a template. */
const followed = (ref: PersonaRow['originRef']): Pick<PersonaRow, 'template'> =>
  ref?.templateId === undefined
    ? {}
    : { template: { templateId: ref.templateId, templateVersion: ref.templateVersion ?? 1 } };

/** The personas as they stand: status, draft, newest version, channels; as of any moment. */
export const personas = rowProjection<PersonaRow>()(personaEvents, {
  name: 'personas',
  version: 3,
  key: ({ meta }) => meta.streamId,
  asOf: 'history',
  indexes: [
    "row->>'sortName'",
    "row->>'createdAt'",
    "row->>'updatedAt'",
    "row->>'status'",
    "row->'template'->>'templateId'",
    "row->'originRef'->>'parentPersonaId'",
  ],
  on: {
    PersonaRegistered: (_, { config, ...made }, { meta }) => ({
      ...made,
      status: 'draft',
      allowedTeams: [],
      ...followed(made.originRef),
      draft: config,
      head: null,
      channels: {},
      platforms: {},
      autonomy: usualAutonomy,
      ...facets({ slug: made.slug, draft: config }),
      createdAt: meta.recordedAt,
      updatedAt: meta.recordedAt,
      version: meta.version,
    }),
    PersonaDraftEdited: (row, edit, { meta }) =>
      changed(row, meta, ({ slug, draft: before }) => {
        const draft = draftAfter(before, edit);
        return { draft, draftHash: edit.draftHash, ...facets({ slug, draft }) };
      }),
    PersonaVersionPublished: (row, { versionNo: head }, { meta }) => changed(row, meta, () => ({ head })),
    PersonaChannelMoved: (row, { channel, to }, { meta }) =>
      changed(row, meta, ({ channels }) => ({ channels: { ...channels, [channel]: to } })),
    PersonaOwnershipTransferred: (row, { to }, { meta }) => changed(row, meta, () => ({ owner: to })),
    PersonaVisibilityChanged: (row, { personaId: _, ...shown }, { meta }) => changed(row, meta, () => shown),
    PersonaSharedWithTeam: (row, { teamId }, { meta }) =>
      changed(row, meta, ({ allowedTeams }) => ({ allowedTeams: [...allowedTeams, teamId] })),
    PersonaUnsharedFromTeam: (row, { teamId }, { meta }) =>
      changed(row, meta, ({ allowedTeams }) => ({
        allowedTeams: allowedTeams.filter((id) => id !== teamId),
      })),
    PersonaManifestChanged: (row, { manifest }, { meta }) => changed(row, meta, () => ({ manifest })),
    PlatformAdaptationAdded: adapt,
    PlatformAdaptationChanged: adapt,
    PlatformAdaptationRemoved: (row, { platformType }, { meta }) =>
      changed(row, meta, ({ platforms }) => {
        const { [platformType]: _, ...others } = platforms;
        return { platforms: others };
      }),
    PersonaTemplateAdopted: (row, { templateId, to }, { meta }) =>
      changed(row, meta, () => ({ template: { templateId, templateVersion: to } })),
    PersonaAutonomyChanged: (row, { mode, perClass }, { meta }) =>
      changed(row, meta, () => ({ autonomy: { mode, perClass } })),
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
