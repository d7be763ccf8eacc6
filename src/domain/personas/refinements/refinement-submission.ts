/** Asking for the approval of a refinement. */
import type { z } from 'zod';
import type { Caller } from '../../kernel.js';
import { autonomyFor, type Autonomy, type AutonomyMode } from './autonomy.js';
import { classesOf, type Touched } from './change-class.js';
import { isMachine, type RefinementSource } from './change-source.js';
import type { approvers } from './events.js';
import { handsWith } from './hands.js';
import { refinement } from './refinement.js';

/** What the persona's autonomy makes of a change: null for one that a person proposes. */
export function modeFor(
  source: RefinementSource,
  autonomy: Autonomy,
  touched: readonly Touched[],
): AutonomyMode | null {
  return isMachine(source) ? autonomyFor(autonomy, classesOf(touched)) : null;
}

/**
 * The same, where a persona takes such changes at all.
 * @throws Rejection `autonomy-manual`
 */
export function acceptedMode(...asked: Parameters<typeof modeFor>): AutonomyMode | null {
  const mode = modeFor(...asked);
  if (mode !== 'manual') return mode;
  const classes = classesOf(asked[2]).join(', ');
  return refinement.reject('autonomy-manual', `changes of ${classes} are made by people`);
}

/** On what terms it is submitted. */
export interface Terms {
  quorum: number;
  approvers: z.output<typeof approvers>;
  deadlineSeconds: number;
}

/** Who decides where nobody else is named. */
const usualApprovers: Terms['approvers'] = { roles: ['approver', 'admin', 'owner'], members: [] };

/** The terms that hold where a submission gives no others. */
export const usualTerms = (settings: {
  refinementQuorum: number;
  refinementDeadlineSeconds: number;
}): Terms => ({
  quorum: settings.refinementQuorum,
  approvers: usualApprovers,
  deadlineSeconds: settings.refinementDeadlineSeconds,
});

/** The event of a submission; the approval is opened by the reactor, under the id that is given here. */
export function submission(
  what: { refinementId: string; personaId: string; diffHash: string },
  { terms, mode, hands }: { terms: Terms; mode: AutonomyMode | null; hands: readonly string[] },
  { actor, approvalId }: { actor: Caller; approvalId: string },
) {
  return refinement.event('RefinementSubmitted', {
    ...what,
    approvalId,
    ...terms,
    excluded: handsWith(hands, actor),
    ...(mode === 'auto' && { waitsBecause: 'gate-unavailable' as const }),
  });
}
