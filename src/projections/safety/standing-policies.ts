/** What decides on a persona's actions, read from the models: now, or as of any moment. */
import type { Unresolved } from '../../domain/safety/decide.js';
import { decidingPolicies, type Standing, type WaivedRules } from '../../domain/safety/policies-in-force.js';
import type { PolicyInForce } from '../../domain/safety/policy-in-force.js';
import type { QueryContext } from '../engine/declaration.js';
import { policies, type PolicyRow } from './policies.js';

export interface StandingPolicies {
  /** The row of the persona's own policy, or of the floor where no persona is asked for; null where there is none. */
  own: PolicyRow | null;
  policies: PolicyInForce[];
  unresolved?: Unresolved;
}

const none: Standing = { enforced: null, watched: null, isSuspended: false };

/**
 * The waiver as long as it lasts at the context's moment. A moment of the past is a position: the waiver held as long
 * as the log had not gone beyond the waiver's end.
 */
async function lastingWaiver(ctx: QueryContext, row: PolicyRow | null): Promise<WaivedRules | null> {
  if (!row?.waiver) return null;
  const { until } = row.waiver;
  if (until > ctx.now) return row.waiver;
  return ctx.asOf !== undefined && ctx.asOf <= (await ctx.at(until)) ? row.waiver : null;
}

/** What decides on the actions of a persona, or — without one — of a persona that has no policy of its own. */
export async function standingPolicies(
  ctx: QueryContext,
  personaId: string | undefined,
): Promise<StandingPolicies> {
  const model = ctx.model(policies);
  const row = async (key: string): Promise<PolicyRow | null> =>
    (await model.get<PolicyRow>(key))?.row ?? null;
  const [floor, own] = await Promise.all([
    row(ctx.reader.tenantId),
    personaId === undefined ? null : row(personaId),
  ]);
  const deciding = decidingPolicies(own ?? none, floor ?? none, await lastingWaiver(ctx, own));
  return { own: personaId === undefined ? floor : own, ...deciding };
}
