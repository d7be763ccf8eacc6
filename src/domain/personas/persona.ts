/** A persona: its state, how that follows from its events, and the guards that its commands share. */
import canonicalize from 'canonicalize';
import { v5 as uuidv5 } from 'uuid';
import type { z } from 'zod';
import { same } from '../content-hash.js';
import { deciderFor, take, type Actor, type Caller } from '../kernel.js';
import { draftAfter } from './draft-change.js';
import { personaEvents } from './events.js';
import type { Manifest } from './manifest.js';
import type { PersonaConfig } from './persona-config.js';
import type { PlatformAdaptation } from './platform-adaptation.js';
import { usualAutonomy, type Autonomy } from './refinements/autonomy.js';
import { handsWith, isReactor } from './refinements/hands.js';
import { personaRejections } from './rejections.js';
import { canSee, manages, type Shared } from './visibility.js';

/** The newest published version. Versions count from 1 without gaps, so it tells which others there are. */
export interface Head {
  versionNo: number;
  versionHash: string;
  config: PersonaConfig;
  /** The refinement that it applies or is recorded by; versions that are older than refinements have none. */
  refinementId?: string;
}
/** The revision of a template that a persona follows. */
export interface Followed {
  templateId: string;
  templateVersion: number;
}
export interface ExistingPersona extends Shared {
  status: 'draft' | 'active' | 'inactive' | 'archived';
  slug: string;
  template: Followed | null;
  draft: PersonaConfig;
  /** Who has edited the draft since it was the newest version. */
  draftHands: string[];
  head: Head | null;
  /** Version number by channel. */
  channels: Record<string, number>;
  manifest: Manifest | null;
  /** Adaptation by platform. */
  platforms: Record<string, PlatformAdaptation>;
  autonomy: Autonomy;
}
export type Persona = { status: 'none' } | ExistingPersona;

/** Evolve meets an existing persona by construction: the stream begins with `PersonaRegistered`. */
const known = (state: Persona): ExistingPersona => state as ExistingPersona;
const change = (state: Persona, members: Partial<ExistingPersona>): Persona => ({
  ...known(state),
  ...members,
});

/** Those whose work is in the draft; in one that is the newest version there is nobody's. */
function handsAfter({ draftHands, head }: ExistingPersona, draftHash: string, actor: Actor): string[] {
  if (draftHash === head?.versionHash) return [];
  return isReactor(actor) ? draftHands : handsWith(draftHands, actor);
}

/** A version as its publication tells it. */
export function headFrom({
  versionNo,
  versionHash,
  config,
  refinementId,
}: z.output<(typeof personaEvents)['PersonaVersionPublished']>): Head {
  return { versionNo, versionHash, config, ...(refinementId !== undefined && { refinementId }) };
}

/** Names the ids of imported personas (RFC 9562, version 5). */
const importNamespace = '8f2d1a52-6a0e-5c1b-9a55-0d5f3c5e7a11';

export const persona = deciderFor<Persona>()({
  name: 'persona',
  id: 'personaId',
  events: personaEvents,
  // 2: sharing, templates and the facets prompt, identity, writing and card. 3: the refinement of a version.
  schemaVersions: { PersonaRegistered: 2, PersonaDraftEdited: 2, PersonaVersionPublished: 3 },
  rejections: personaRejections,
  initialState: () => ({ status: 'none' }),
  // What is imported twice from one source is one persona: the source decides the id.
  locate: ({ personaId, source, sourceId }, { tenantId, newId }) => {
    if (source === undefined) return { id: (personaId as string | undefined) ?? newId };
    return { id: uuidv5(canonicalize([tenantId, source, sourceId])!, importNamespace) };
  },
  evolve: {
    PersonaRegistered: (_, { slug, owner, originRef, config, isPublic, allowedUsers, allowedRoles }) => ({
      status: 'draft',
      slug,
      owner,
      isPublic,
      allowedUsers,
      allowedRoles,
      allowedTeams: [],
      template: originRef?.templateId
        ? { templateId: originRef.templateId, templateVersion: originRef.templateVersion ?? 1 }
        : null,
      draft: config,
      draftHands: [],
      head: null,
      channels: {},
      manifest: null,
      platforms: {},
      autonomy: usualAutonomy,
    }),
    PersonaDraftEdited: (state, edit, { actor }) =>
      change(state, {
        draft: draftAfter(known(state).draft, edit),
        draftHands: handsAfter(known(state), edit.draftHash, actor),
      }),
    PersonaVersionPublished: (state, version) =>
      change(state, {
        head: headFrom(version),
        // A version that comes from a refinement leaves what somebody works on, and whose work it is.
        ...(same(known(state).draft, version.config) && { draftHands: [] }),
      }),
    PersonaChannelMoved: (state, { channel, to }) =>
      change(state, { channels: { ...known(state).channels, [channel]: to } }),
    PersonaOwnershipTransferred: (state, { to }) => change(state, { owner: to }),
    PersonaVisibilityChanged: (state, { isPublic, allowedUsers, allowedRoles }) =>
      change(state, { isPublic, allowedUsers, allowedRoles }),
    PersonaSharedWithTeam: (state, { teamId }) =>
      change(state, { allowedTeams: [...known(state).allowedTeams, teamId] }),
    PersonaUnsharedFromTeam: (state, { teamId }) =>
      change(state, { allowedTeams: known(state).allowedTeams.filter((id) => id !== teamId) }),
    PersonaManifestChanged: (state, { manifest }) => change(state, { manifest }),
    PlatformAdaptationAdded: (state, { platformType, adaptation }) =>
      change(state, { platforms: { ...known(state).platforms, [platformType]: adaptation } }),
    PlatformAdaptationChanged: (state, { platformType, adaptation }) =>
      change(state, { platforms: { ...known(state).platforms, [platformType]: adaptation } }),
    PlatformAdaptationRemoved: (state, { platformType }) => {
      const { [platformType]: _, ...platforms } = known(state).platforms;
      return change(state, { platforms });
    },
    PersonaTemplateAdopted: (state, { templateId, to }) =>
      change(state, { template: { templateId, templateVersion: to } }),
    PersonaAutonomyChanged: (state, { mode, perClass }) => change(state, { autonomy: { mode, perClass } }),
    PersonaActivated: (state) => change(state, { status: 'active' }),
    PersonaDeactivated: (state) => change(state, { status: 'inactive' }),
    PersonaArchived: (state) => change(state, { status: 'archived' }),
    PersonaRestored: (state) => change(state, { status: 'inactive' }),
  },
  // An archived persona keeps its slug, so that an old address never leads to another persona.
  claims: { PersonaRegistered: ({ slug }) => [take('slug', slug)] },
  claimRejections: { slug: 'slug-taken' },
});

/** The persona, if the caller may know of it; one that is hidden answers as one that is not there. */
export function existing(state: Persona, caller: Caller, pointer = '/personaId'): ExistingPersona {
  if (state.status !== 'none' && canSee(state, caller)) return state;
  return missing(pointer);
}

/** Refuses a persona that is not there, or not for the caller, in the very same words. */
export function missing(pointer: string): never {
  const detail = 'there is no such persona';
  return persona.reject('persona-not-found', detail, { errors: [{ pointer, detail }] });
}

/** The persona, as long as it is not archived. */
export function editable(state: Persona, caller: Caller): ExistingPersona {
  const found = existing(state, caller);
  return found.status === 'archived' ? persona.reject('persona-archived') : found;
}

/** The persona, if the caller looks after it. */
export function managed(state: Persona, caller: Caller): ExistingPersona {
  const found = existing(state, caller);
  return manages(found, caller) ? found : persona.reject('persona-owners-only');
}
