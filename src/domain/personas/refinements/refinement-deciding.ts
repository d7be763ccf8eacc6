/** Commands by which it is decided whether a refinement goes on: by who proposed it, and by its approval. */
import { z } from 'zod';
import type { FactReader, FieldError } from '../../kernel.js';
import { digest } from '../../ids.js';
import { settingsFact } from '../../configuration/facts.js';
import { mayFact, memberFact } from '../../tenancy/facts.js';
import { reason } from '../events.js';
import { persona } from '../persona.js';
import { touchedBetween } from './change-class.js';
import { approvalId, approvers, refinementId, refusedBy } from './events.js';
import {
  effectOf,
  existing,
  guardBase,
  guardPersons,
  isOpen,
  mayEnd,
  open,
  refinement,
  standing,
  waitingFor,
} from './refinement.js';
import { aroundFact } from './refinement-facts.js';
import { handsWith } from './hands.js';
import { acceptedMode, modeFor, submission, usualTerms, type Terms } from './refinement-submission.js';

const someApprovers = approvers.refine(({ roles, members }) => roles.length + members.length > 0, {
  error: 'must name a role or a member',
});

function refuseAt(code: 'quorum-too-low' | 'approvers-too-few', pointer: string, detail: string) {
  return refinement.reject(code, detail, { errors: [{ pointer, detail }] });
}

/** Why some of those who are named could not vote: they are no members, or hold no role that may. */
async function strangersAmong(named: readonly string[], read: FactReader): Promise<FieldError[]> {
  const errors = named.map(async (id, index): Promise<FieldError[]> => {
    if (await mayFact(id, 'approvals:vote', read)) return [];
    const detail = (await memberFact(id, read)) ? `${id} may not vote` : `there is no member ${id}`;
    return [{ pointer: `/approvers/members/${index}`, detail }];
  });
  return (await Promise.all(errors)).flat();
}

/** Refuses terms that are weaker than the tenant's, and such under which nobody could ever agree. */
function guardTerms(
  { quorum, approvers: { roles, members } }: Terms,
  of: { leastQuorum: number; strangers: FieldError[]; without: readonly string[] },
): void {
  if (quorum < of.leastQuorum) refuseAt('quorum-too-low', '/quorum', `must be at least ${of.leastQuorum}`);
  const [stranger] = of.strangers;
  if (stranger) refinement.reject('approver-unknown', stranger.detail, { errors: of.strangers });
  const voters = new Set(members.filter((id) => !of.without.includes(id)));
  if (roles.length === 0 && voters.size < quorum) {
    refuseAt(
      'approvers-too-few',
      '/approvers/members',
      `${quorum} have to agree, and ${voters.size} may vote`,
    );
  }
}

export const decidingCommands = {
  submitRefinement: refinement.command({
    http: 'POST /refinements/:refinementId/submit',
    summary: 'Ask for the approval of a refinement as it is; whoever wrote or submitted it does not vote',
    permission: 'refinements:propose',
    input: z.strictObject({
      refinementId,
      quorum: z
        .int()
        .min(1)
        .max(20)
        .optional()
        .describe('So many different people have to agree; not fewer than the tenant’s setting'),
      approvers: someApprovers.optional().describe('Default: approvers, admins and owners'),
      deadlineSeconds: z.int().min(1).max(2_592_000).optional().describe('Default: the tenant’s setting'),
    }),
    rejects: [
      'refinement-not-found',
      'refinement-not-open',
      'refinement-not-yours',
      'persona-archived',
      'base-version-moved',
      'autonomy-manual',
      'quorum-too-low',
      'approver-unknown',
      'approvers-too-few',
    ],
    facts: async (input, read) => ({
      ...(await aroundFact(input, read)),
      settings: await settingsFact(read),
      strangers: await strangersAmong(input.approvers?.members ?? [], read),
    }),
    decide: (state, { quorum, approvers: asked, deadlineSeconds }, ctx) => {
      const { found, persona: whose } = existing(state, ctx.facts.persona);
      const { status, personaId, diffHash, hands, source } = open(found);
      guardPersons(found, ctx.actor);
      if (status === 'awaiting_approval' || status === 'approved') return [];
      if (whose.status === 'archived') return persona.reject('persona-archived');
      guardBase(found, whose);
      const { settings, strangers } = ctx.facts;
      const usual = usualTerms(settings);
      const terms = {
        quorum: quorum ?? usual.quorum,
        approvers: asked ?? usual.approvers,
        deadlineSeconds: deadlineSeconds ?? usual.deadlineSeconds,
      };
      const without = settings.fourEyes ? handsWith(hands, ctx.actor) : [];
      guardTerms(terms, { leastQuorum: usual.quorum, strangers, without });
      const { was, changed } = effectOf(found);
      // A person who submits what a machine proposed takes it on.
      const modeOf = ctx.actor.kind === 'user' ? modeFor : acceptedMode;
      const mode = modeOf(source, whose.autonomy, touchedBetween(was, changed));
      const what = { refinementId: ctx.streamId, personaId, diffHash };
      const by = { actor: ctx.actor, approvalId: ctx.id('approval') };
      return [submission(what, { terms, mode, hands }, by)];
    },
    reply: standing,
  }),

  withdrawRefinement: refinement.command({
    http: 'POST /refinements/:refinementId/withdraw',
    summary: 'Take a refinement back',
    permission: 'refinements:propose',
    input: z.strictObject({ refinementId, reason: reason.optional() }),
    rejects: ['refinement-not-found', 'refinement-not-open', 'refinement-not-yours'],
    facts: aroundFact,
    decide: (state, input, ctx) => {
      const { found, persona: whose } = existing(state, ctx.facts.persona);
      if (!mayEnd(found, whose, ctx.actor)) return ctx.reject('refinement-not-yours');
      if (found.status === 'withdrawn') return [];
      return [
        refinement.event('RefinementWithdrawn', {
          refinementId: ctx.streamId,
          personaId: open(found).personaId,
          ...(input.reason !== undefined && { reason: input.reason }),
          ...waitingFor(found),
        }),
      ];
    },
    reply: standing,
  }),

  supersedeRefinement: refinement.command({
    http: 'internal',
    summary: 'End a refinement because another one takes its place',
    permission: 'refinements:propose',
    input: z.strictObject({ refinementId, by: refinementId }),
    rejects: [],
    decide: (state, { by }, ctx) => {
      if (state.status === 'none' || !isOpen(state)) return [];
      const about = { refinementId: ctx.streamId, personaId: state.personaId };
      return [refinement.event('RefinementSuperseded', { ...about, by, ...waitingFor(state) })];
    },
  }),

  approveRefinement: refinement.command({
    http: 'internal',
    summary: 'Take note that the approval was given',
    permission: 'refinements:propose',
    input: z.strictObject({ refinementId, approvalId, diffHash: digest }),
    rejects: [],
    decide: (state, { approvalId: given, diffHash }, ctx) => {
      if (state.status !== 'awaiting_approval' || state.approvalId !== given) return [];
      const about = { refinementId: ctx.streamId, personaId: state.personaId, approvalId: given };
      // It became another one while the last vote was cast.
      if (state.diffHash !== diffHash) return [refinement.event('RefinementReturned', about)];
      return [refinement.event('RefinementApproved', { ...about, diffHash })];
    },
  }),

  rejectRefinement: refinement.command({
    http: 'internal',
    summary: 'Take note that the approval was refused, or that nobody answered',
    permission: 'refinements:propose',
    input: z.strictObject({ refinementId, approvalId, outcome: refusedBy }),
    rejects: [],
    decide: (state, { approvalId: given, outcome }, ctx) => {
      if (state.status !== 'awaiting_approval' || state.approvalId !== given) return [];
      return [
        refinement.event('RefinementRejected', {
          refinementId: ctx.streamId,
          personaId: state.personaId,
          approvalId: given,
          outcome,
        }),
      ];
    },
  }),
};
