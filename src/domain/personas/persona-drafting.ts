/** Commands that change the draft, publish it and point channels to what is published. */
import { z } from 'zod';
import { settingsFact } from '../configuration/facts.js';
import { contentHash, same } from '../content-hash.js';
import type { Caller } from '../kernel.js';
import { changesBetween, draftEdit, editedDraft, pointerInEdit } from './draft-change.js';
import { channelName, personaRef, reason, versionNo } from './events.js';
import { tokensOf } from '../json-pointer.js';
import { touchedLocks } from './locked-parts.js';
import { editable, persona, type ExistingPersona, type Persona } from './persona.js';
import type { PersonaConfig } from './persona-config.js';
import { classOf, touchedBetween } from './refinements/change-class.js';
import { recordedId } from './refinements/recorded-refinement.js';
import { adopted } from './templates/template-instance.js';
import { templateFact, usable } from './templates/template-use.js';

/** Whether a caller moves channels that applications trust: an editor's publication reaches them by such a hand only. */
export const movesProtected = ({ roles }: Caller): boolean =>
  roles.includes('admin') || roles.includes('owner');

/** The event of an edited draft, or none where nothing is different. */
export function draftEvents(personaId: string, before: PersonaConfig, after: PersonaConfig) {
  if (same(before, after)) return [];
  return [
    persona.event('PersonaDraftEdited', {
      personaId,
      ...changesBetween(before, after),
      draftHash: contentHash(after),
    }),
  ];
}

/** What a publication has to do with refinements: all but the first one are recorded as such. */
function recordOf(
  personaId: string,
  versionNo: number,
  before: PersonaConfig | undefined,
  after: PersonaConfig,
) {
  if (!before) return {};
  return {
    refinementId: recordedId(personaId, versionNo),
    source: 'user_modified' as const,
    changeClass: classOf(touchedBetween(before, after)),
  };
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
      if ('code' in edited) {
        const { code, detail, errors } = edited;
        const next = code === 'patch-not-applicable' && { next: 'PATCH /personas/:personaId/draft' };
        return ctx.reject(code, detail, { errors, ...next });
      }
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
    summary:
      'Publish the draft as the next version; a draft that is the newest version changes nothing. Where changes are reviewed, only the first is published so',
    permission: 'personas:publish',
    input: z.strictObject({ personaId: personaRef }),
    rejects: ['persona-not-found', 'persona-archived', 'change-reviewed'],
    facts: async (_, read) => ({ settings: await settingsFact(read) }),
    decide: (state, _, ctx) => {
      const { draft, head } = editable(state, ctx.actor);
      if (head && same(draft, head.config)) return [];
      if (head && ctx.facts.settings.changeControl === 'reviewed') {
        return ctx.reject('change-reviewed', 'propose the draft as a refinement of the newest version');
      }
      const versionNo = (head?.versionNo ?? 0) + 1;
      return [
        persona.event('PersonaVersionPublished', {
          personaId: ctx.streamId,
          versionNo,
          versionHash: contentHash(draft),
          config: draft,
          ...recordOf(ctx.streamId, versionNo, head?.config, draft),
        }),
      ];
    },
    reply: headOf,
  }),

  movePersonaChannel: persona.command({
    http: 'PUT /personas/:personaId/channels/:channel',
    summary:
      'Point a channel to a published version; protected ones (`production`, where nothing else is set) are moved by admins and owners only',
    permission: 'personas:write',
    input: z.strictObject({ personaId: personaRef, channel: channelName, versionNo, reason }),
    rejects: ['persona-not-found', 'persona-archived', 'channel-protected', 'version-not-published'],
    facts: async (_, read) => ({ settings: await settingsFact(read) }),
    decide: (state, { channel, versionNo: to, reason: given }, ctx) => {
      const { head, channels } = editable(state, ctx.actor);
      if (ctx.facts.settings.protectedChannels.includes(channel) && !movesProtected(ctx.actor)) {
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
