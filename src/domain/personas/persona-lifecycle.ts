/** Commands that change a persona's status. */
import { z } from 'zod';
import { isPolicyResolvable } from '../safety/facts.js';
import { personaRef, reason } from './events.js';
import { editable, existing, managed, persona } from './persona.js';

const lifecycle = z.strictObject({ personaId: personaRef, reason: reason.optional() });

/** Leaves an absent reason absent, rather than a member without a value. */
const why = <R>(given: R | undefined): { reason?: R } => (given === undefined ? {} : { reason: given });

export const lifecycleCommands = {
  activatePersona: persona.command({
    http: 'POST /personas/:personaId/activate',
    summary: 'Activate a persona that has a published version',
    permission: 'personas:lifecycle',
    input: lifecycle,
    rejects: ['persona-not-found', 'persona-archived', 'persona-unpublished', 'policy-unresolvable'],
    facts: async (_, read) => ({ isPolicyResolvable: await isPolicyResolvable(read.streamId, read) }),
    decide: (state, input, ctx) => {
      const { status, head } = editable(state, ctx.actor);
      if (status === 'active') return [];
      if (!head) return ctx.reject('persona-unpublished');
      if (!ctx.facts.isPolicyResolvable) return ctx.reject('policy-unresolvable');
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
      const { status } = editable(state, ctx.actor);
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
      const { status } = managed(state, ctx.actor);
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
      const { status } = existing(state, ctx.actor);
      if (status === 'inactive') return [];
      if (status !== 'archived') return ctx.reject('persona-not-archived');
      return [persona.event('PersonaRestored', { personaId: ctx.streamId, ...why(input.reason) })];
    },
  }),
};
