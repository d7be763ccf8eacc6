/** On what terms an approval is asked for, when several rules of several policies ask for one: the strictest. */
import type { Approvers, PolicyDocument } from './policy-document.js';
import { isSeen, modeOf, ruleId, type Finding, type PolicyInForce } from './policy-in-force.js';
import { hundredths } from './risk.js';
import type { EscalationLevel, RequiredApproval } from './verdict.js';

type Path = PolicyDocument['escalationPaths'][number];
type HumanPath = Path & { to: { kind: 'human' } };

/** As many as the terms of an approval can hold. */
const most = { roles: 7, members: 100, channels: 20 };

const united = <T>(lists: readonly (readonly T[])[], max: number): T[] =>
  [...new Set(lists.flat())].slice(0, max);

/**
 * The enforced paths to people that a trigger takes a persona's matters on, the highest priority first, ties in the
 * order of the policy.
 */
export function pathsOf(
  inForce: PolicyInForce,
  trigger: Path['triggers'][number],
  personaId: string,
): HumanPath[] {
  return inForce.policy.escalationPaths
    .filter((path): path is HumanPath => path.to.kind === 'human')
    .filter(({ name, mode }) => isSeen(modeOf(inForce, ruleId('escalationPaths', name), mode), 'enforced'))
    .filter(({ triggers }) => triggers.includes(trigger))
    .filter(({ fromPersonaId }) => fromPersonaId === undefined || fromPersonaId === personaId)
    .sort((a, b) => b.priority - a.priority);
}

/**
 * Who decides from `autoEscalationThreshold` on: those of the path for high risk with the highest priority — of all
 * such paths, where several have it — or whoever else decides where there is none.
 */
export function highRiskApprovers(inForce: PolicyInForce, personaId: string): Approvers {
  const paths = pathsOf(inForce, 'high_risk', personaId);
  const first = paths.filter(({ priority }) => priority === paths[0]!.priority);
  if (first.length === 0) return inForce.policy.approval.approvers;
  return {
    roles: united(
      first.map(({ to }) => to.roles),
      most.roles,
    ),
    members: united(
      first.map(({ to }) => to.members),
      most.members,
    ),
  };
}

/**
 * The approval that a decision calls for. Several rules together ask for the highest quorum, the shortest time and a
 * reason if any of them does; silence is a yes only where every one of them says so and no threshold of escalation is
 * reached. Where the floor asks, its rules say who decides and who is asked next, whatever the persona's policy says.
 * The approvers are those of the rule with the highest quorum, among the rules that escalate where one does; of people
 * who are named alone, no more have to agree than there are.
 * @param policies those that count
 * @param asking what asks for an approval, in the order of the verdict
 */
export function requiredApproval(
  policies: readonly PolicyInForce[],
  asking: readonly Finding[],
  personaId: string,
  score: number,
): RequiredApproval {
  const terms = asking.map((one) => one.terms!);
  const ofFloor = asking.filter(({ matched }) => matched.source === 'floor');
  const approvers = approversOf(ofFloor.length > 0 ? ofFloor : asking);
  const asked = ofFloor.length > 0 ? policies.filter(({ ref }) => ref.source === 'floor') : policies;
  const isBelowEscalation = policies.every(
    ({ policy }) => hundredths(score) < hundredths(policy.autoEscalationThreshold),
  );
  return {
    quorum: Math.min(Math.max(...terms.map(({ quorum }) => quorum)), mostWhoAgree(approvers)),
    approvers,
    timeoutSeconds: Math.min(...terms.map(({ timeoutSeconds }) => timeoutSeconds)),
    requireReason: terms.some(({ requireReason }) => requireReason),
    autoApproveAfterTimeout:
      isBelowEscalation && terms.every(({ autoApproveAfterTimeout }) => autoApproveAfterTimeout),
    notifyChannels: united(
      terms.map(({ notifyChannels }) => notifyChannels),
      most.channels,
    ),
    escalation: escalationOf(asked, personaId),
    rules: united([asking.map(({ matched }) => matched.rule)], Infinity),
  };
}

/** Those of the first rule with the highest quorum, among the rules that escalate where one does. */
function approversOf(asking: readonly Finding[]): Approvers {
  const escalating = asking.filter(({ escalates }) => escalates);
  const deciding = (escalating.length > 0 ? escalating : asking).map((one) => one.terms!);
  return deciding.reduce((most, one) => (one.quorum > most.quorum ? one : most)).approvers;
}

/** How many can agree at most: how many hold a role is not known here. */
const mostWhoAgree = ({ roles, members }: Approvers): number =>
  roles.length > 0 ? Infinity : Math.max(1, new Set(members).size);

function escalationOf(policies: readonly PolicyInForce[], personaId: string): EscalationLevel[] {
  return policies
    .flatMap((inForce) => pathsOf(inForce, 'approval_timeout', personaId))
    .sort((a, b) => b.priority - a.priority)
    .map(({ name, to: { roles, members }, timeoutSeconds }) => ({
      name,
      to: { roles, members },
      timeoutSeconds,
    }));
}
