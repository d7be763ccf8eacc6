/** What becomes of a persona by refinements, and what becomes of changes that machines propose to it. */
import { z } from 'zod';
import { settingsFact } from '../configuration/facts.js';
import { contentHash, same } from '../content-hash.js';
import { draftAfter } from './draft-change.js';
import { personaRef, reason, versionNo } from './events.js';
import { refinementFact } from './facts.js';
import { pastVersions } from './past-versions.js';
import { editable, missing, persona, type ExistingPersona, type Head, type Persona } from './persona.js';
import type { PersonaConfig } from './persona-config.js';
import { draftEvents } from './persona-drafting.js';
import { autonomyShape } from './refinements/autonomy.js';
import { classOf, touchedBetween } from './refinements/change-class.js';
import { draftFollowing } from './refinements/draft-following.js';
import { recordedId } from './refinements/recorded-refinement.js';
import { effectOf, guardBase } from './refinements/refinement.js';

const personaId = z.uuid();
const refinementId = z.uuid();

/** The persona with its newest version, whoever asks: these commands come from reactors. */
function published(state: Persona): ExistingPersona & { head: Head } {
  if (state.status === 'none') return missing('/personaId');
  const { head } = state;
  return head ? { ...state, head } : persona.reject('persona-unpublished');
}

/** The events of a version that was not published from the draft: the draft follows. */
function versionEvents(
  id: string,
  { draft, head }: { draft: PersonaConfig; head: Head },
  version: { config: PersonaConfig } & Required<Pick<PublishedBy, 'refinementId' | 'source' | 'changeClass'>>,
) {
  const { config } = version;
  return [
    persona.event('PersonaVersionPublished', {
      personaId: id,
      versionNo: head.versionNo + 1,
      versionHash: contentHash(config),
      ...version,
    }),
    ...draftEvents(id, draft, draftFollowing(draft, head.config, config)),
  ];
}
type PublishedBy = Parameters<typeof persona.event<'PersonaVersionPublished'>>[1];

export const refiningCommands = {
  setPersonaAutonomy: persona.command({
    http: 'PUT /personas/:personaId/autonomy',
    summary: 'Say what becomes of changes that machines propose, and of which class of them',
    permission: 'personas:autonomy',
    input: z.strictObject({
      personaId: personaRef,
      ...autonomyShape,
      perClass: autonomyShape.perClass.default({}),
    }),
    rejects: ['persona-not-found', 'persona-archived'],
    decide: (state, { mode, perClass }, ctx) => {
      const { autonomy } = editable(state, ctx.actor);
      if (same(autonomy, { mode, perClass })) return [];
      return [persona.event('PersonaAutonomyChanged', { personaId: ctx.streamId, mode, perClass })];
    },
  }),

  publishRefinement: persona.command({
    http: 'internal',
    summary: 'Publish what a refinement makes of the newest version',
    permission: 'personas:publish',
    input: z.strictObject({ personaId, refinementId }),
    rejects: [
      'persona-not-found',
      'persona-unpublished',
      'persona-archived',
      'refinement-not-found',
      'base-version-moved',
    ],
    facts: async (input, read) => ({ refinement: await refinementFact(input.refinementId, read) }),
    decide: (state, input, ctx) => {
      const found = published(state);
      const { refinement } = ctx.facts;
      if (refinement.status === 'none') return ctx.reject('refinement-not-found');
      // Delivered again: it has been published already.
      if (found.head.refinementId === input.refinementId || refinement.status !== 'applying') return [];
      if (found.status === 'archived') return ctx.reject('persona-archived');
      guardBase(refinement, found);
      const { source, changeClass } = refinement;
      const config = draftAfter(found.head.config, effectOf(refinement));
      const version = { config, refinementId: input.refinementId, source, changeClass };
      return versionEvents(ctx.streamId, found, version);
    },
  }),

  publishRollback: persona.command({
    http: 'internal',
    summary: 'Publish a former version again, as a new one, for those who use the one that is rolled back',
    permission: 'personas:publish',
    input: z.strictObject({
      personaId,
      refinementId,
      toVersionNo: versionNo,
      headVersionNo: versionNo,
      moveProtected: z.boolean(),
      reason,
    }),
    rejects: [
      'persona-not-found',
      'persona-unpublished',
      'refinement-not-found',
      'version-not-found',
      'rollback-not-newest',
    ],
    facts: async (input, read) => {
      const wanted = [input.toVersionNo, input.headVersionNo + 1];
      const versions = await pastVersions(input.personaId, wanted, read);
      const [former, next] = wanted.map((one) => versions.find((version) => version.versionNo === one));
      const refinement = await refinementFact(input.refinementId, read);
      return { refinement, former, next, settings: await settingsFact(read) };
    },
    // A persona that was archived meanwhile is rolled back all the same: this was decided before.
    decide: (state, { headVersionNo, moveProtected, reason: why }, ctx) => {
      const found = published(state);
      const { head, channels } = found;
      const { refinement, former, next, settings } = ctx.facts;
      if (refinement.status === 'none') return ctx.reject('refinement-not-found');
      // It was given up, or decided anew.
      if (refinement.status !== 'rolled_back' || refinement.headVersionNo !== headVersionNo) return [];
      if (!former) return ctx.reject('version-not-found');
      const to = headVersionNo + 1;
      // Delivered again, or somebody was faster: the former version is there already.
      const there = head.versionNo === to ? head : next;
      const isThere = there?.versionHash === former.versionHash;
      if (isThere && head.versionNo > to) return [];
      if (!isThere && head.versionNo !== headVersionNo) {
        return ctx.reject('rollback-not-newest', `the newest version is ${head.versionNo}`);
      }
      const { config } = former;
      const version = {
        config,
        refinementId: recordedId(ctx.streamId, to),
        source: 'rollback' as const,
        changeClass: classOf(touchedBetween(head.config, config)),
      };
      const versions = isThere ? [] : versionEvents(ctx.streamId, found, version);
      const left = new Set([refinement.versionNo, headVersionNo]);
      const following = Object.entries(channels).filter(
        ([channel, from]) =>
          left.has(from) && (moveProtected || !settings.protectedChannels.includes(channel)),
      );
      const moves = following.map(([channel, from]) =>
        persona.event('PersonaChannelMoved', { personaId: ctx.streamId, channel, from, to, reason: why }),
      );
      return [...versions, ...moves];
    },
  }),
};
