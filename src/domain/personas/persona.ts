import canonicalize from 'canonicalize';
import { v5 as uuidv5 } from 'uuid';
import { z } from 'zod';
import { contentHash, same } from '../content-hash.js';
import { deciderFor, defineModule, take, type Actor } from '../kernel.js';

import { changesBetween, draftAfter, draftEdit, editedDraft } from './draft-change.js';
import {
  channelName,
  importSource,
  importSourceId,
  personaEvents,
  personaRef,
  reason,
  versionNo,
  type Owner,
} from './events.js';
import { configIn, configRules, configShape, type PersonaConfig } from './persona-config.js';
import { chosenSlug, freeSlug, slugFrom } from './persona-slug.js';
import { personaRejections } from './rejections.js';

/** The newest published version. Versions count from 1 without gaps, so it tells which others there are. */
export interface Head {
  versionNo: number;
  versionHash: string;
  config: PersonaConfig;
}
export interface ExistingPersona {
  status: 'draft' | 'active' | 'inactive' | 'archived';
  slug: string;
  owner: Owner;
  draft: PersonaConfig;
  head: Head | null;
  /** Version number by channel. */
  channels: Record<string, number>;
}
export type Persona = { status: 'none' } | ExistingPersona;

/** Evolve meets an existing persona by construction: the stream begins with `PersonaRegistered`. */
const known = (state: Persona): ExistingPersona => state as ExistingPersona;

/** Names the ids of imported personas (RFC 9562, version 5). */
const importNamespace = '8f2d1a52-6a0e-5c1b-9a55-0d5f3c5e7a11';

export const persona = deciderFor<Persona>()({
  name: 'persona',
  id: 'personaId',
  events: personaEvents,
  rejections: personaRejections,
  initialState: () => ({ status: 'none' }),
  // What is imported twice from one source is one persona: the source decides the id.
  locate: ({ personaId, source, sourceId }, { tenantId, newId }) => {
    if (source === undefined) return { id: (personaId as string | undefined) ?? newId };
    return { id: uuidv5(canonicalize([tenantId, source, sourceId])!, importNamespace) };
  },
  evolve: {
    PersonaRegistered: (_, { slug, owner, config }) => ({
      status: 'draft',
      slug,
      owner,
      draft: config,
      head: null,
      channels: {},
    }),
    PersonaDraftEdited: (state, edit) => ({ ...known(state), draft: draftAfter(known(state).draft, edit) }),
    PersonaVersionPublished: (state, { versionNo, versionHash, config }) => ({
      ...known(state),
      head: { versionNo, versionHash, config },
    }),
    PersonaChannelMoved: (state, { channel, to }) => ({
      ...known(state),
      channels: { ...known(state).channels, [channel]: to },
    }),
    PersonaActivated: (state) => ({ ...known(state), status: 'active' }),
    PersonaDeactivated: (state) => ({ ...known(state), status: 'inactive' }),
    PersonaArchived: (state) => ({ ...known(state), status: 'archived' }),
    PersonaRestored: (state) => ({ ...known(state), status: 'inactive' }),
  },
  // An archived persona keeps its slug, so that an old address never leads to another persona.
  claims: { PersonaRegistered: ({ slug }) => [take('slug', slug)] },
  claimRejections: { slug: 'slug-taken' },
});

const existing = (state: Persona): ExistingPersona =>
  state.status === 'none' ? persona.reject('persona-not-found') : state;

function editable(state: Persona): ExistingPersona {
  const found = existing(state);
  return found.status === 'archived' ? persona.reject('persona-archived') : found;
}

const isManager = ({ roles }: Actor): boolean => roles.includes('admin') || roles.includes('owner');

/** Channels that applications trust: an editor's publication reaches them by an admin's or owner's hand only. */
const protectedChannels: ReadonlySet<string> = new Set(['production']);

const registration = z
  .strictObject({ slug: chosenSlug, ...configShape, parentPersonaId: personaRef.optional() })
  .superRefine(configRules);

const lifecycle = z.strictObject({ personaId: personaRef, reason: reason.optional() });

/** Leaves an absent reason absent, rather than a member without a value. */
const why = <R>(given: R | undefined): { reason?: R } => (given === undefined ? {} : { reason: given });

/** The reply to a publication: the newest version, whether it is new or was there already. */
const headOf = (state: Persona) => {
  const { head } = existing(state);
  return head ? { versionNo: head.versionNo, versionHash: head.versionHash } : undefined;
};

export const personaModule = defineModule(persona, {
  registerPersona: persona.command({
    http: 'POST /personas',
    summary: 'Register a persona; it begins as a draft without a version',
    permission: 'personas:write',
    input: registration,
    rejects: ['slug-taken', 'persona-not-found'],
    facts: async ({ slug, parentPersonaId }, read) => ({
      slugTaken: (await read.claimOwner('slug', slug)) !== null,
      parentExists: !parentPersonaId || (await read.state(persona, parentPersonaId)).status !== 'none',
    }),
    decide: (state, input, ctx) => {
      if (state.status !== 'none') return [];
      const { slug, parentPersonaId } = input;
      const config = configIn(input);
      if (ctx.facts.slugTaken) return ctx.reject('slug-taken', `the slug ${slug} is taken`);
      if (!ctx.facts.parentExists) {
        const detail = `there is no persona ${parentPersonaId}`;
        return ctx.reject('persona-not-found', detail, { errors: [{ pointer: '/parentPersonaId', detail }] });
      }
      return [
        persona.event('PersonaRegistered', {
          personaId: ctx.streamId,
          slug,
          owner: { kind: 'user', id: ctx.actor.id },
          origin: parentPersonaId ? 'parent' : 'new',
          ...(parentPersonaId && { originRef: { parentPersonaId } }),
          config,
          draftHash: contentHash(config),
        }),
      ];
    },
  }),

  importPersona: persona.command({
    http: 'POST /personas/import',
    summary: 'Import a persona from a source; importing it again changes nothing',
    permission: 'personas:write',
    input: z.strictObject({
      source: importSource,
      sourceId: importSourceId,
      persona: z.strictObject({ slug: chosenSlug.optional(), ...configShape }).superRefine(configRules),
    }),
    rejects: [],
    facts: async ({ persona: { slug, name } }, read) => {
      const isFree = async (slug: string) => (await read.claimOwner('slug', slug)) === null;
      return { slug: await freeSlug(slug ?? slugFrom(name), isFree) };
    },
    decide: (state, { source, sourceId, persona: given }, ctx) => {
      if (state.status !== 'none') return [];
      const config = configIn(given);
      return [
        persona.event('PersonaRegistered', {
          personaId: ctx.streamId,
          slug: ctx.facts.slug,
          owner: { kind: 'user', id: ctx.actor.id },
          origin: 'import',
          originRef: { source, sourceId },
          config,
          draftHash: contentHash(config),
        }),
      ];
    },
    reply: (state) => ({ slug: existing(state).slug }),
  }),

  editPersonaDraft: persona.command({
    http: 'PATCH /personas/:personaId/draft',
    summary: 'Change the draft by a merge patch (`set`) or by JSON Patch operations (`patch`)',
    permission: 'personas:write',
    input: z
      .strictObject({ personaId: personaRef, ...draftEdit })
      .refine(({ set, patch }) => (set === undefined) !== (patch === undefined), {
        error: 'must have either set or patch',
      }),
    rejects: ['persona-not-found', 'persona-archived', 'draft-invalid', 'patch-not-applicable'],
    decide: (state, { set, patch }, ctx) => {
      const { draft } = editable(state);
      const edited = editedDraft(draft, { set, patch });
      if ('code' in edited) return ctx.reject(edited.code, edited.detail, { errors: edited.errors });
      if (same(draft, edited.draft)) return [];
      return [
        persona.event('PersonaDraftEdited', {
          personaId: ctx.streamId,
          ...changesBetween(draft, edited.draft),
          draftHash: contentHash(edited.draft),
        }),
      ];
    },
  }),

  publishPersonaVersion: persona.command({
    http: 'POST /personas/:personaId/versions',
    summary: 'Publish the draft as the next version; a draft that is the newest version changes nothing',
    permission: 'personas:publish',
    input: z.strictObject({ personaId: personaRef }),
    rejects: ['persona-not-found', 'persona-archived'],
    decide: (state, _, ctx) => {
      const { draft, head } = editable(state);
      if (head && same(draft, head.config)) return [];
      return [
        persona.event('PersonaVersionPublished', {
          personaId: ctx.streamId,
          versionNo: (head?.versionNo ?? 0) + 1,
          versionHash: contentHash(draft),
          config: draft,
        }),
      ];
    },
    reply: headOf,
  }),

  movePersonaChannel: persona.command({
    http: 'PUT /personas/:personaId/channels/:channel',
    summary: 'Point a channel to a published version; `production` is moved by admins and owners only',
    permission: 'personas:write',
    input: z.strictObject({ personaId: personaRef, channel: channelName, versionNo, reason }),
    rejects: ['persona-not-found', 'persona-archived', 'channel-protected', 'version-not-published'],
    decide: (state, { channel, versionNo: to, reason: given }, ctx) => {
      const { head, channels } = editable(state);
      if (protectedChannels.has(channel) && !isManager(ctx.actor)) {
        return ctx.reject('channel-protected', `${channel} is moved by admins and owners only`);
      }
      if (to > (head?.versionNo ?? 0)) {
        const detail = `the newest version is ${head?.versionNo ?? 'not published yet'}`;
        return ctx.reject('version-not-published', detail, { errors: [{ pointer: '/versionNo', detail }] });
      }
      const from = channels[channel] ?? null;
      if (from === to) return [];
      return [
        persona.event('PersonaChannelMoved', { personaId: ctx.streamId, channel, from, to, reason: given }),
      ];
    },
  }),

  activatePersona: persona.command({
    http: 'POST /personas/:personaId/activate',
    summary: 'Activate a persona that has a published version',
    permission: 'personas:lifecycle',
    input: lifecycle,
    rejects: ['persona-not-found', 'persona-archived', 'persona-unpublished'],
    decide: (state, input, ctx) => {
      const { status, head } = editable(state);
      if (status === 'active') return [];
      if (!head) return ctx.reject('persona-unpublished');
      return [persona.event('PersonaActivated', { personaId: ctx.streamId, ...why(input.reason) })];
    },
  }),

  deactivatePersona: persona.command({
    http: 'POST /personas/:personaId/deactivate',
    summary: 'Deactivate an active persona',
    permission: 'personas:lifecycle',
    input: lifecycle,
    rejects: ['persona-not-found', 'persona-archived', 'persona-not-active'],
    decide: (state, input, ctx) => {
      const { status } = editable(state);
      if (status === 'inactive') return [];
      if (status !== 'active') return ctx.reject('persona-not-active');
      return [persona.event('PersonaDeactivated', { personaId: ctx.streamId, ...why(input.reason) })];
    },
  }),

  archivePersona: persona.command({
    http: 'POST /personas/:personaId/archive',
    summary: 'Archive a persona for good; only an owner can restore it',
    permission: 'personas:archive',
    input: lifecycle,
    rejects: ['persona-not-found', 'persona-owners-only'],
    decide: (state, input, ctx) => {
      const { status, owner } = existing(state);
      if (!isManager(ctx.actor) && owner.id !== ctx.actor.id) return ctx.reject('persona-owners-only');
      if (status === 'archived') return [];
      return [persona.event('PersonaArchived', { personaId: ctx.streamId, ...why(input.reason) })];
    },
  }),

  restorePersona: persona.command({
    http: 'POST /personas/:personaId/restore',
    summary: 'Bring an archived persona back; it is inactive then',
    permission: 'personas:restore',
    input: lifecycle,
    rejects: ['persona-not-found', 'persona-not-archived'],
    decide: (state, input, ctx) => {
      const { status } = existing(state);
      if (status === 'inactive') return [];
      if (status !== 'archived') return ctx.reject('persona-not-archived');
      return [persona.event('PersonaRestored', { personaId: ctx.streamId, ...why(input.reason) })];
    },
  }),
});
