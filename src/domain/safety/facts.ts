/** What other areas, and checks, may ask of safety when they decide. */
import type { FactReader } from '../kernel.js';
import { approval, type Approval } from './approval.js';
import type { Unresolved } from './decide.js';
import { decidingPolicies } from './policies-in-force.js';
import { policy } from './policy.js';
import type { PolicyInForce } from './policy-in-force.js';

/** The policies that decide on a persona's actions at `read.now`, and why nothing can be decided if so. */
export async function policiesInForce(
  personaId: string,
  read: FactReader,
): Promise<{ policies: PolicyInForce[]; unresolved?: Unresolved }> {
  const [own, floor] = await Promise.all([read.state(policy, personaId), read.state(policy, read.tenantId)]);
  const isWaived = own.waiver !== null && own.waiver.until > read.now;
  return decidingPolicies(own, floor, isWaived ? own.waiver : null);
}

/** Whether anything decides on a persona's actions: with a suspended policy, all of them would be denied. */
export async function isPolicyResolvable(personaId: string, read: FactReader): Promise<boolean> {
  return (await policiesInForce(personaId, read)).unresolved === undefined;
}

/** An approval, whoever asks. */
export const approvalFact = (approvalId: string, read: FactReader): Promise<Approval> =>
  read.state(approval, approvalId);
