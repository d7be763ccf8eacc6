/** Commands that bring an approved refinement about, take an applied one back, and record what needed no approval. */
import { z } from 'zod';
import { settingsFact } from '../../configuration/facts.js';
import { digest, memberId } from '../../ids.js';
import type { Caller } from '../../kernel.js';
import { reason, versionNo } from '../events.js';
import { touchedLocks } from '../locked-parts.js';
import { pastVersions } from '../past-versions.js';
import { persona, type ExistingPersona, type Head } from '../persona.js';
import { movesProtected } from '../persona-drafting.js';
import { classOf, touchedBetween } from './change-class.js';
import { refinementSource } from './change-source.js';
import { failureCode, failureDetail, refinementId } from './events.js';
import { contentBetween } from './field-changes.js';
import { existing, guardBase, refinement, standing, type ExistingRefinement } from './refinement.js';
import { aroundFact, aroundWithOwnFact, baseOf } from './refinement-facts.js';

const personaId = z.uuid();

/** Refuses, where changes are reviewed, a rollback that nobody would have looked at. */
function guardReviewed(changeControl: string, { source }: ExistingRefinement, actor: Caller): void {
  if (changeControl !== 'reviewed') return;
  if (source === 'rollback') {
    refinement.reject('change-reviewed', 'it is a rollback itself: propose what it took back anew');
  }
  if (movesProtected(actor)) return;
  refinement.reject('change-reviewed', 'only admins and owners roll back: propose what is to be otherwise');
}

/**
 * The newest version, as long as it is what the refinement made: also a later version that is equal to it, such as
 * one to which all that came after was rolled back.
 */
function untouched({ head }: ExistingPersona, own: Head | undefined): Head {
  if (head && head.versionHash === own?.versionHash) return head;
  const detail = `later changes stand on it: the newest version is ${head?.versionNo ?? 'not there'}`;
  return refinement.reject('rollback-not-newest', detail, { currentVersionNo: head?.versionNo ?? null });
}

/** Refuses to take back a change of locked prompt parts, unless an owner of the tenant does. */
function guardLocks(head: Head, base: Head, { roles }: Caller): void {
  if (roles.includes('owner') || touchedLocks(head.config, base.config, '').length === 0) return;
  const detail = 'it touches locked prompt parts: an owner of the tenant has to roll it back';
  refinement.reject('prompt-locked', undefined, { errors: [{ pointer: '/refinementId', detail }] });
}

export const applyingCommands = {
  applyRefinement: refinement.command({
    http: 'POST /refinements/:refinementId/apply',
    summary: 'Publish what was approved as the next version; takes the hash of the difference that was shown',
    permission: 'refinements:apply',
    input: z.strictObject({
      refinementId,
      diffHash: digest.describe('`diffHash` of the refinement as it was shown'),
    }),
    rejects: [
      'refinement-not-found',
      'refinement-not-approved',
      'diff-changed',
      'persona-archived',
      'base-version-moved',
    ],
    facts: aroundFact,
    decide: (state, { diffHash }, ctx) => {
      const { found, persona: whose } = existing(state, ctx.facts.persona);
      const isUnderWay = found.status === 'applying' || found.status === 'applied';
      if (found.status !== 'approved' && !isUnderWay) {
        return ctx.reject('refinement-not-approved', `it is ${found.status.replace('_', ' ')}`);
      }
      if (diffHash !== found.diffHash) {
        const detail = 'look at it again: what would be applied is not what was shown';
        return ctx.reject('diff-changed', detail, { diffHash: found.diffHash });
      }
      if (isUnderWay) return [];
      if (whose.status === 'archived') return persona.reject('persona-archived');
      guardBase(found, whose);
      const about = { refinementId: ctx.streamId, personaId: found.personaId };
      return [refinement.event('RefinementApplying', { ...about, diffHash })];
    },
    reply: standing,
  }),

  completeRefinement: refinement.command({
    http: 'internal',
    summary: 'Take note of the version that a refinement became',
    permission: 'refinements:apply',
    input: z.strictObject({ refinementId, versionNo }),
    rejects: [],
    decide: (state, { versionNo: published }, ctx) => {
      if (state.status !== 'applying') return [];
      const about = { refinementId: ctx.streamId, personaId: state.personaId };
      return [refinement.event('RefinementApplied', { ...about, versionNo: published })];
    },
  }),

  failRefinement: refinement.command({
    http: 'internal',
    summary: 'Take note that a refinement could not be applied',
    permission: 'refinements:apply',
    input: z.strictObject({ refinementId, code: failureCode, detail: failureDetail }),
    rejects: [],
    decide: (state, { code, detail }, ctx) => {
      if (state.status !== 'applying') return [];
      const about = { refinementId: ctx.streamId, personaId: state.personaId };
      return [refinement.event('RefinementFailed', { ...about, code, detail })];
    },
  }),

  rollbackRefinement: refinement.command({
    http: 'POST /refinements/:refinementId/rollback',
    summary:
      'Publish the version before it again, as a new one, while nothing newer stands on it; channels follow, protected ones by the hand of an admin or owner',
    permission: 'refinements:rollback',
    input: z.strictObject({
      refinementId,
      reason,
      trigger: z.enum(['manual', 'guardrail']).default('manual'),
    }),
    rejects: [
      'refinement-not-found',
      'refinement-not-applied',
      'persona-archived',
      'change-reviewed',
      'rollback-not-newest',
      'prompt-locked',
    ],
    facts: async (input, read) => ({
      ...(await aroundWithOwnFact(input, read)),
      settings: await settingsFact(read),
    }),
    decide: (state, { reason: why, trigger }, ctx) => {
      const { found, persona: whose } = existing(state, ctx.facts.persona);
      if (found.status === 'rolled_back') return [];
      if (found.status !== 'applied' || found.versionNo === null) return ctx.reject('refinement-not-applied');
      if (whose.status === 'archived') return persona.reject('persona-archived');
      guardReviewed(ctx.facts.settings.changeControl, found, ctx.actor);
      const head = untouched(whose, ctx.facts.own);
      guardLocks(head, baseOf(ctx.facts), ctx.actor);
      return [
        refinement.event('RefinementRolledBack', {
          refinementId: ctx.streamId,
          personaId: found.personaId,
          versionNo: found.versionNo,
          toVersionNo: found.baseVersionNo,
          headVersionNo: head.versionNo,
          trigger,
          moveProtected: movesProtected(ctx.actor),
          reason: why,
        }),
      ];
    },
    reply: standing,
  }),

  failRollback: refinement.command({
    http: 'internal',
    summary: 'Take note that a refinement could not be rolled back',
    permission: 'refinements:rollback',
    input: z.strictObject({
      refinementId,
      headVersionNo: versionNo,
      code: failureCode,
      detail: failureDetail,
    }),
    rejects: [],
    decide: (state, { headVersionNo, code, detail }, ctx) => {
      if (state.status !== 'rolled_back' || state.headVersionNo !== headVersionNo) return [];
      const about = { refinementId: ctx.streamId, personaId: state.personaId };
      return [refinement.event('RefinementRollbackFailed', { ...about, code, detail })];
    },
  }),

  recordRefinement: refinement.command({
    http: 'internal',
    summary: 'Record a version that was published without a proposal as an applied refinement',
    permission: 'refinements:propose',
    input: z.strictObject({
      refinementId,
      personaId,
      versionNo,
      source: refinementSource,
      proposerId: memberId,
    }),
    rejects: ['version-not-found'],
    facts: (input, read) =>
      pastVersions(input.personaId, [input.versionNo - 1, input.versionNo], read).then((versions) => ({
        versions,
      })),
    decide: (state, input, ctx) => {
      if (state.status !== 'none') return [];
      const [base, published] = ctx.facts.versions ?? [];
      if (!base || !published) return ctx.reject('version-not-found');
      const about = { refinementId: ctx.streamId, personaId: input.personaId };
      const to = { personaId: input.personaId, baseHash: base.versionHash };
      return [
        refinement.event('RefinementProposed', {
          ...about,
          baseVersionNo: base.versionNo,
          baseHash: base.versionHash,
          ...contentBetween(to, base.config, published.config),
          source: input.source,
          changeClass: classOf(touchedBetween(base.config, published.config)),
          proposerId: input.proposerId,
          evidence: [],
        }),
        refinement.event('RefinementApplied', { ...about, versionNo: published.versionNo }),
      ];
    },
  }),
};
