/** The people whom a policy names to decide on approvals. */
import { pointerOf } from '../json-pointer.js';
import type { FactReader, FieldError } from '../kernel.js';
import { mayFact } from '../tenancy/facts.js';
import type { PolicyDocument } from './policy-document.js';

interface NamedApprover {
  memberId: string;
  /** Where the document names them. */
  pointer: string;
}

/** Everybody who is named in the terms of approvals and in paths of escalation, with where that is. */
export function namedApprovers(policy: PolicyDocument): NamedApprover[] {
  const { approval, requireApproval, hitlTriggers, escalationPaths } = policy;
  const at = (path: PropertyKey[], members: readonly string[]): NamedApprover[] =>
    members.map((memberId, index) => ({ memberId, pointer: pointerOf([...path, 'members', index]) }));
  return [
    ...at(['approval', 'approvers'], approval.approvers.members),
    ...requireApproval.flatMap((rule, index) =>
      at(['requireApproval', index, 'approvers'], rule.approvers.members),
    ),
    ...hitlTriggers.flatMap((trigger, index) =>
      at(['hitlTriggers', index, 'approvers'], trigger.approvers.members),
    ),
    ...escalationPaths.flatMap(({ to }, index) =>
      to.kind === 'human' ? at(['escalationPaths', index, 'to'], to.members) : [],
    ),
  ];
}

/** Those of them who could not vote on an approval: who are no members, or hold no role that may. */
export async function namedInVain(policy: PolicyDocument, read: FactReader): Promise<FieldError[]> {
  const named = namedApprovers(policy);
  const ids = [...new Set(named.map(({ memberId }) => memberId))];
  const answers = await Promise.all(ids.map((id) => mayFact(id, 'approvals:vote', read)));
  const unable = new Set(ids.filter((_, index) => !answers[index]));
  return named
    .filter(({ memberId }) => unable.has(memberId))
    .map(({ memberId, pointer }) => ({ pointer, detail: `${memberId} is no member who may vote` }));
}
