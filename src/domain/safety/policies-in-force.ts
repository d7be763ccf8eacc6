/** Which policies decide: a persona's own and the tenant's floor, or the built-in one where nothing else does. */
import type { Unresolved } from './decide.js';
import type { PolicyVersion, Waiver } from './policy.js';
import type { PolicyInForce } from './policy-in-force.js';
import { policyHash } from './policy-input.js';
import { definitionHash } from './policy-rules.js';
import { seedPolicies } from './seed-policies.js';
import type { PolicyRef } from './verdict.js';

/** A version as far as it has to be known to decide by it. */
type Version = Pick<PolicyVersion, 'versionNo' | 'policyHash' | 'policy'>;
/** How a policy stands: what decides, and what is watched beside it. */
export interface Standing {
  enforced: Version | null;
  watched: Version | null;
  isSuspended: boolean;
}
/** The rules that a waiver names, each as the floor had it. */
export type WaivedRules = Pick<Waiver, 'rules' | 'definitions'>;

/** Holds where neither a persona nor its tenant has a policy that counts. */
const builtIn: PolicyInForce = {
  ref: { source: 'floor', versionNo: null, policyHash: policyHash(seedPolicies.general), mode: 'enforce' },
  policy: seedPolicies.general,
};

/**
 * The policies that decide on a persona's actions. What is only watched (`shadow`) is listed after what its source
 * enforces, and decides nothing: the built-in policy does, where nothing is enforced.
 * @param waiver that of the persona, as long as it lasts: a rule that says something else by now counts again
 */
export function decidingPolicies(
  own: Standing,
  floor: Standing,
  waiver: WaivedRules | null,
): { policies: PolicyInForce[]; unresolved?: Unresolved } {
  const policies = [...inForce('persona', own, null), ...inForce('floor', floor, waiver)];
  if (!policies.some(({ ref }) => ref.mode === 'enforce')) policies.push(builtIn);
  if (own.isSuspended) return { policies, unresolved: 'policy-suspended' };
  return floor.isSuspended ? { policies, unresolved: 'floor-suspended' } : { policies };
}

function inForce(
  source: PolicyRef['source'],
  { enforced, watched }: Standing,
  waiver: WaivedRules | null,
): PolicyInForce[] {
  const as = (version: Version | null, mode: PolicyRef['mode']): PolicyInForce[] => {
    if (!version) return [];
    const { versionNo, policyHash, policy } = version;
    const waivedRules = stillWaived(waiver, version);
    const ref = { source, versionNo, policyHash, mode, ...(waivedRules.length > 0 && { waivedRules }) };
    return [{ ref, policy }];
  };
  return [...as(enforced, 'enforce'), ...as(watched, 'shadow')];
}

/** The rules that a document has as they were when they were waived. */
const stillWaived = (waiver: WaivedRules | null, { policy }: Version): string[] =>
  waiver?.rules.filter((rule) => waiver.definitions[rule] === definitionHash(policy, rule)) ?? [];
