/** What an entry of the timeline says of an event; configurations, policies and arguments can be read elsewhere. */
import type { z } from 'zod';
import type { EventSchemas } from '../../domain/kernel.js';
import { personaEvents } from '../../domain/personas/events.js';
import { refinementEvents } from '../../domain/personas/refinements/events.js';
import { recordedId } from '../../domain/personas/refinements/recorded-refinement.js';
import { approvalEvents, policyEvents } from '../../domain/safety/events.js';

export type Details = Record<string, unknown>;
type Told<E extends EventSchemas> = { [K in keyof E & string]: (data: z.output<E[K]>) => Details };

const isBrief = (value: unknown): boolean =>
  typeof value === 'string' ? value.length <= 100 : typeof value === 'number' || typeof value === 'boolean';

/** The fields that an edit changed, with those of their new values that fit into a line. */
const edited = ({ changed, removed }: { changed: Details; removed: string[] }): Details => ({
  fields: Object.keys(changed),
  values: Object.fromEntries(Object.entries(changed).filter(([, value]) => isBrief(value))),
  removed,
});
const reasonOf = ({ reason }: { reason?: unknown }): Details => (reason === undefined ? {} : { reason });
/** Everything but whose it is. */
const all = ({ personaId: _, ...details }: Details): Details => details;

/** Whether a version applies a refinement that was proposed, rather than being recorded as one afterwards. */
const isApplied = (
  personaId: string,
  { versionNo, refinementId }: { versionNo: number; refinementId?: string | undefined },
): boolean => refinementId !== undefined && refinementId !== recordedId(personaId, versionNo);

const ofPersonas: Told<typeof personaEvents> = {
  PersonaRegistered: ({ slug, origin, originRef }) => ({ slug, origin, ...(originRef && { originRef }) }),
  PersonaDraftEdited: edited,
  PersonaVersionPublished: ({ personaId, config: _, ...version }) => ({
    ...version,
    ...(isApplied(personaId, version) && { isRefinement: true }),
  }),
  PersonaChannelMoved: all,
  PersonaOwnershipTransferred: all,
  PersonaVisibilityChanged: all,
  PersonaSharedWithTeam: all,
  PersonaUnsharedFromTeam: all,
  PersonaManifestChanged: ({ manifest }) => ({ role: manifest.role }),
  PlatformAdaptationAdded: ({ platformType }) => ({ platformType }),
  PlatformAdaptationChanged: ({ platformType }) => ({ platformType }),
  PlatformAdaptationRemoved: all,
  PersonaTemplateAdopted: all,
  PersonaAutonomyChanged: all,
  PersonaActivated: reasonOf,
  PersonaDeactivated: reasonOf,
  PersonaArchived: reasonOf,
  PersonaRestored: reasonOf,
};

/** Without the values of the change: its fields tell where they are. */
const ofChange = ({ personaId: _, changed: __, removed: ___, was: ____, ...details }: Details): Details =>
  details;

const ofRefinements: Told<typeof refinementEvents> = {
  RefinementProposed: (proposed) => ({
    ...ofChange(proposed),
    // A change that was published without a proposal: this is its record.
    isRecord: proposed.refinementId === recordedId(proposed.personaId, proposed.baseVersionNo + 1),
  }),
  RefinementAmended: ofChange,
  RefinementFieldsResolved: all,
  RefinementSubmitted: all,
  RefinementRebased: ofChange,
  RefinementApproved: all,
  RefinementReturned: all,
  RefinementRejected: all,
  RefinementWithdrawn: all,
  RefinementSuperseded: all,
  RefinementApplying: all,
  RefinementApplied: all,
  RefinementFailed: all,
  RefinementRolledBack: all,
  RefinementRollbackFailed: all,
};

/** Members of events of safety that an entry has: what was said and shown to those who decide stays with them. */
const shown = new Set(
  (
    'approvalId kind ref action riskScore quorum deadline by onBehalfOf decision reason level name from to until ' +
    'grantId expiresAt rule rules seed policyHash versionNo toVersionNo mode'
  ).split(' '),
);
const brief = (data: Details): Details => ({
  ...Object.fromEntries(Object.entries(data).filter(([name]) => shown.has(name))),
  ...('changed' in data && { fields: Object.keys(data['changed'] as object) }),
});
const briefly = (events: EventSchemas): Record<string, (data: Details) => Details> =>
  Object.fromEntries(Object.keys(events).map((type) => [type, brief]));

/** The events that a timeline tells. */
export const timelineEvents = { ...personaEvents, ...refinementEvents, ...approvalEvents, ...policyEvents };

/** By type of event, the details of its entry. */
export const detailsByType = {
  ...ofPersonas,
  ...ofRefinements,
  ...briefly(approvalEvents),
  ...briefly(policyEvents),
} as unknown as Record<string, (data: Details) => Details>;
