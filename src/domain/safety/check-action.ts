import { z } from 'zod';
import { opaqueId } from '../ids.js';
import { defineModule } from '../kernel.js';
import { personaRef } from '../personas/events.js';
import { personal } from '../sealed.js';
import { bytes, isTooLarge } from '../text.js';
import { actionCheck, type AskedAction } from './action-check.js';
import { direction, givenFacts } from './action-facts.js';
import { decideVersion } from './decide.js';
import { decision } from './decision.js';
import { isErased } from './erased.js';
import { judged } from './judgement.js';
import { knownPersona } from './known-persona.js';
import { actionName } from './policy-document.js';
import type { PolicyRef } from './verdict.js';

const maxArgsBytes = 65_536;
const args = z
  .record(z.string(), z.unknown())
  .refine((value) => bytes(JSON.stringify(value)) <= maxArgsBytes, { error: 'are larger than 64 KiB' })
  .refine((value) => !isErased(value), { error: 'read like arguments that were erased' });
const text = z.string().refine((value) => !isTooLarge(value), { error: 'is larger than 64 KiB' });

/** The number of the version of a source that decides; null where there is none, or the built-in policy. */
const versionOf = (policies: readonly PolicyRef[], source: PolicyRef['source']): number | null =>
  policies.find((ref) => ref.source === source && ref.mode === 'enforce')?.versionNo ?? null;

/** A check with its command. */
export const decisionModule = defineModule(decision, {
  checkAction: decision.command({
    http: 'POST /personas/:personaId/check-action',
    summary: 'Ask whether a persona may do something; the answer is recorded with all that it depends on',
    permission: 'actions:check',
    input: z.strictObject({
      personaId: personaRef,
      action: actionName,
      args: personal('subjectId', args)
        .optional()
        .describe(
          'Of the action. They are looked through as output, since they go out to a tool, whatever `content` is',
        ),
      content: z
        .strictObject({ direction, text: personal('subjectId', text) })
        .optional()
        .describe('A text on its way to the persona, or from it'),
      conversationId: opaqueId.optional(),
      subjectId: opaqueId.optional().describe('Whom arguments and content are about'),
      facts: givenFacts.optional(),
    }),
    rejects: ['persona-not-found', 'decision-recorded'],
    // Facts are gathered from the input as it was sent: nothing of it is sealed yet.
    facts: async (asked, read) => ({ check: await actionCheck(asked as unknown as AskedAction, read) }),
    decide: (state, { personaId, action, args: given, content, conversationId, subjectId }, ctx) => {
      const { policies, facts, unresolved, masked, maskedArgs } = knownPersona(ctx.facts.check);
      if (state.status === 'recorded') return ctx.reject('decision-recorded');
      const { verdict, decisionHash } = judged(policies, facts, unresolved);
      return [
        decision.event('ActionChecked', {
          checkId: ctx.streamId,
          personaId,
          action,
          ...(subjectId !== undefined && { subjectId }),
          ...(conversationId !== undefined && { conversationId }),
          ...(given !== undefined && { args: given }),
          ...(content && { content }),
          ...(masked && { masked }),
          ...(maskedArgs && { maskedArgs }),
          facts,
          ...verdict,
          policies: policies.map(({ ref }) => ref),
          ...(unresolved && { unresolved }),
          ...(verdict.decision === 'require_approval' && { approvalId: ctx.id('approval') }),
          decideVersion,
          decisionHash,
          durationUs: ctx.elapsedUs,
        }),
      ];
    },
    reply: (_, [checked]) => {
      const { data } = checked!;
      return {
        checkId: data.checkId,
        decision: data.decision,
        riskScore: data.riskScore,
        riskLevel: data.riskLevel,
        matchedRules: data.matchedRules,
        ...(data.approvalId !== undefined && { approvalId: data.approvalId }),
        policyVersion: versionOf(data.policies, 'persona') ?? versionOf(data.policies, 'floor'),
        floorVersion: versionOf(data.policies, 'floor'),
        ...(data.shadowDecision !== undefined && { shadowDecision: data.shadowDecision }),
        ...(data.contentAction !== undefined && { contentAction: data.contentAction }),
        ...(data.masked && { masked: data.masked }),
        ...(data.maskedArgs && { maskedArgs: data.maskedArgs }),
        decisionHash: data.decisionHash,
      };
    },
  }),
});
