/** What happened to a persona, in words. */
import type { Owner, personaEvents } from '../../domain/personas/events.js';
import type { Details } from './timeline-details.js';
import { governanceWords } from './timeline-governance.js';

const called = ({ kind, id }: Owner): string => (kind === 'user' ? id : `the ${kind} ${id}`);

/** The details of all entries; each has those of its type. */
interface AnyDetails {
  slug: string;
  origin: string;
  originRef?: { parentPersonaId?: string; source?: string; templateVersion?: number };
  fields: string[];
  values: Details;
  removed: string[];
  versionNo: number;
  channel: string;
  from: unknown;
  to: unknown;
  teamId: string;
  platformType: string;
  isPublic: boolean;
  isRefinement?: boolean;
  source?: string;
  mode: string;
  perClass: Record<string, string>;
}

/** Why there is a version that was not just published from the draft. */
function cause({ isRefinement = false, source }: AnyDetails): string {
  if (source === 'rollback') return ', a rollback';
  return isRefinement ? ', a refinement' : '';
}

const told: Record<keyof typeof personaEvents, (details: AnyDetails) => string> = {
  PersonaRegistered: ({ slug, origin, originRef }) => {
    if (origin === 'import') return `imported from ${originRef?.source} as ${slug}`;
    if (origin === 'template')
      return `made from version ${originRef?.templateVersion} of a template as ${slug}`;
    return `registered as ${slug}${origin === 'parent' ? `, derived from ${originRef?.parentPersonaId ?? 'another persona'}` : ''}`;
  },
  PersonaDraftEdited: ({ fields, values, removed }) => {
    const brief = new Map(Object.entries(values));
    const set = fields.map((name) =>
      brief.has(name) ? `${name} = ${JSON.stringify(brief.get(name))}` : name,
    );
    return `edited the draft: ${[...set, ...removed.map((name) => `without ${name}`)].join(', ')}`;
  },
  PersonaVersionPublished: (details) => `published version ${details.versionNo}${cause(details)}`,
  PersonaChannelMoved: ({ channel, from, to }) =>
    from === null
      ? `pointed ${channel} to version ${to as number}`
      : `moved ${channel} from version ${from as number} to ${to as number}`,
  PersonaOwnershipTransferred: ({ from, to }) =>
    `given by ${called(from as Owner)} to ${called(to as Owner)}`,
  PersonaVisibilityChanged: ({ isPublic }) =>
    isPublic ? 'made public in the tenant' : 'shown to whom it is shared with',
  PersonaSharedWithTeam: ({ teamId }) => `shared with the team ${teamId}`,
  PersonaUnsharedFromTeam: ({ teamId }) => `no longer shared with the team ${teamId}`,
  PersonaManifestChanged: () => 'given another agent manifest',
  PlatformAdaptationAdded: ({ platformType }) => `adapted to ${platformType}`,
  PlatformAdaptationChanged: ({ platformType }) => `changed the adaptation to ${platformType}`,
  PlatformAdaptationRemoved: ({ platformType }) => `removed the adaptation to ${platformType}`,
  PersonaTemplateAdopted: ({ from, to }) =>
    `took over version ${to as number} of its template, after ${from as number}`,
  PersonaAutonomyChanged: ({ mode, perClass }) => {
    const others = Object.entries(perClass).map(([name, own]) => `${name} ${own}`);
    return `set what machines propose to ${[mode, ...others].join(', ')}`;
  },
  PersonaActivated: () => 'activated',
  PersonaDeactivated: () => 'deactivated',
  PersonaArchived: () => 'archived',
  PersonaRestored: () => 'restored',
};

const words = { ...told, ...governanceWords } as Record<string, (details: never) => string>;

/** What happened, in words; made when it is read, so that better words need no rebuild. */
export const summaryOf = (type: string, details: Details): string =>
  Object.hasOwn(words, type) ? words[type]!(details as never) : type;
