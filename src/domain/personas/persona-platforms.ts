/** Commands for what holds beside the versions of a persona: its agent manifest and its platform adaptations. */
import { z } from 'zod';
import { same } from '../content-hash.js';
import { ownMember } from '../own-member.js';
import { personaRef } from './events.js';
import { manifestShape } from './manifest.js';
import { editable, persona } from './persona.js';
import { maxPlatforms, platformRules, platformShape, platformType } from './platform-adaptation.js';

export const platformCommands = {
  setPersonaManifest: persona.command({
    http: 'PUT /personas/:personaId/manifest',
    summary:
      'Say what a persona can do among others: capabilities, delegation, its part in orchestrated work',
    permission: 'personas:write',
    input: z.strictObject({ personaId: personaRef, ...manifestShape }),
    rejects: ['persona-not-found', 'persona-archived'],
    decide: (state, { personaId: _, ...manifest }, ctx) => {
      if (same(editable(state, ctx.actor).manifest, manifest)) return [];
      return [persona.event('PersonaManifestChanged', { personaId: ctx.streamId, manifest })];
    },
  }),

  setPlatformAdaptation: persona.command({
    http: 'PUT /personas/:personaId/platforms/:platformType',
    summary: 'Say how a persona appears on a platform, in place of what was said before',
    permission: 'personas:write',
    input: z
      .strictObject({ personaId: personaRef, platformType, ...platformShape })
      .superRefine(platformRules),
    rejects: ['persona-not-found', 'persona-archived', 'too-many-platforms'],
    decide: (state, { personaId: _, platformType: platform, ...adaptation }, ctx) => {
      const { platforms } = editable(state, ctx.actor);
      const before = ownMember(platforms, platform);
      if (before && same(before, adaptation)) return [];
      if (!before && Object.keys(platforms).length >= maxPlatforms) {
        return ctx.reject('too-many-platforms', `a persona has at most ${maxPlatforms}`);
      }
      const data = { personaId: ctx.streamId, platformType: platform, adaptation };
      return [
        before
          ? persona.event('PlatformAdaptationChanged', data)
          : persona.event('PlatformAdaptationAdded', data),
      ];
    },
  }),

  removePlatformAdaptation: persona.command({
    http: 'DELETE /personas/:personaId/platforms/:platformType',
    summary: 'Remove the adaptation to a platform',
    permission: 'personas:write',
    input: z.strictObject({ personaId: personaRef, platformType }),
    rejects: ['persona-not-found', 'persona-archived'],
    decide: (state, { platformType: platform }, ctx) => {
      if (!ownMember(editable(state, ctx.actor).platforms, platform)) return [];
      return [
        persona.event('PlatformAdaptationRemoved', { personaId: ctx.streamId, platformType: platform }),
      ];
    },
  }),
};
