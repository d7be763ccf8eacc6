/** Commands that change the draft, publish it and point channels to what is published. */
import { z } from 'zod';
import { contentHash, same } from '../content-hash.js';
import type { Caller } from '../kernel.js';
import { changesBetween, draftEdit, editedDraft, pointerInEdit } from './draft-change.js';
import { channelName, personaRef, reason, versionNo } from './events.js';
import { tokensOf } from '../json-pointer.js';
import { touchedLocks } from './locked-parts.js';
import { editable, persona, type ExistingPersona, type Persona } from './persona.js';
import type { PersonaConfig } from './persona-config.js';
import { adopted } from './templates/template-instance.js';
import { templateFact, usable } from './templates/template-use.js';

/** Channels that applications trust: an editor's publication reaches them by an admin's or owner's hand only. */
const protectedChannels: ReadonlySet<string> = new Set(['production']);
const isManager = ({ roles }: Caller): boolean => roles.includes('admin') || roles.includes('owner');

/** The event of an edited draft, or none where nothing is different. */
function draftEvents(personaId: string, before: PersonaConfig, after: PersonaConfig) {
  if (same(before, after)) return [];
  return [
    persona.event('PersonaDraftEdited', {
      personaId,
      ...changesBetween(before, after),
      draftHash: contentHash(after),
    }),
  ];
}

/** The reply to a publication: the newest version, whether it is new or was there already. */
const headOf = (state: Persona) => {
  const { head } = state as ExistingPersona;
  return head ? { versionNo: head.versionNo, versionHash: head.versionHash } : undefined;
};

export const draftingCommands = {
  editPersonaDraft: persona.command({
    http: 'PATCH /personas/:personaId/draft',
    summary: 'Change the draft by a merge patch (`set`) or by JSON Patch operations (`patch`)',
    permission: 'personas:write',
    input: z
      .strictObject({ personaId: personaRef, ...draftEdit })
      .refine(({ set, patch }) => (set === undefined) !== (patch === undefined), {
        error: 'must have either set or patch',
      }),
    rejects: [
      'persona-not-found',
      'persona-archived',
      'draft-invalid',
      'patch-not-applicable',
      'prompt-locked',
    ],
    decide: (state, { set, patch }, ctx) => {
      const { draft } = editable(state, ctx.actor);
      const edited = editedDraft(draft, { set, patch });
      if ('code' in edited) return ctx.reject(edited.code, edited.detail, { errors: edited.errors });
      const errors = touchedLocks(draft, edited.draft, '').map(({ pointer, detail }) => ({
        pointer: pointerInEdit({ set, patch }, tokensOf(pointer)),
        detail,
      }));
      if (errors.length > 0 && !ctx.actor.roles.includes('owner')) {
        return ctx.reject('prompt-locked', undefined, { errors });
      }
      return draftEvents(ctx.streamId, draft, edited.draft);
    },
  }),

  publishPersonaVersion: persona.command({
    http: 'POST /personas/:personaId/versions',
    summary: 'Publish the draft as the next version; a draft that is the newest version changes nothing',
    permission: 'personas:publish',
    input: z.strictObject({ personaId: personaRef }),
    rejects: ['persona-not-found', 'persona-archived'],
    decide: (state, _, ctx) => {
      const { draft, head } = editable(state, ctx.actor);
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
      const { head, channels } = editable(state, ctx.actor);
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

  adoptTemplateRevision: persona.command({
    http: 'POST /personas/:personaId/adopt-template',
    summary: 'Take over into the draft what the newest revision of the persona’s template fixes',
    permission: 'personas:write',
    input: z.strictObject({ personaId: personaRef }),
    rejects: [
      'persona-not-found',
      'persona-archived',
      'template-missing',
      'template-not-found',
      'draft-invalid',
      'prompt-locked',
    ],
    facts: async ({ personaId }, read) => {
      const found = await read.state(persona, personaId);
      const followed = found.status === 'none' ? null : found.template;
      return { template: await templateFact(followed?.templateId, read) };
    },
    decide: (state, _, ctx) => {
      const { draft, template: followed } = editable(state, ctx.actor);
      if (!followed) return ctx.reject('template-missing');
      const current = usable(ctx.facts.template, ctx.actor, '/personaId');
      if (followed.templateVersion === current.templateVersion) return [];
      const after = adopted(draft, current.base, current.customizableFields);
      if ('code' in after) return ctx.reject('draft-invalid', after.detail, { errors: after.errors });
      if (touchedLocks(draft, after.draft, '').length > 0 && !ctx.actor.roles.includes('owner')) {
        const detail = 'it touches locked prompt parts: an owner of the tenant has to adopt this revision';
        return ctx.reject('prompt-locked', undefined, { errors: [{ pointer: '/personaId', detail }] });
      }
      return [
        ...draftEvents(ctx.streamId, draft, after.draft),
        persona.event('PersonaTemplateAdopted', {
          personaId: ctx.streamId,
          templateId: followed.templateId,
          from: followed.templateVersion,
          to: current.templateVersion,
        }),
      ];
    },
  }),
};
