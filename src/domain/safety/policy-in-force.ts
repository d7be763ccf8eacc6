/** A policy that decides, and what its rules come to once they are looked at. */
import type { ApprovalTerms, PolicyDocument, RuleMode } from './policy-document.js';
import type { MatchedRule, PolicyRef } from './verdict.js';

/** What a policy says, with where it comes from and how it is in force. */
export interface PolicyInForce {
  ref: PolicyRef;
  policy: PolicyDocument;
}

/** `enforced`: only what counts is looked at. `watched`: as it would be if rules in shadow counted too. */
export type View = 'enforced' | 'watched';

/** A rule that matched, with what only the decision has to know of it. */
export interface Finding {
  matched: MatchedRule;
  /** Where the rule stands in its section. */
  position: number;
  /** Says what is to be done with texts. */
  isOfContent?: true;
  /** On what terms it asks for an approval. */
  terms?: ApprovalTerms;
  /** Asks for those of an escalation path, whoever else may be asked. */
  escalates?: true;
}

/** A rule's name in verdicts and waivers: its section, and what it is called there. */
export const ruleId = (section: string, name?: string): string =>
  name === undefined ? section : `${section}/${name}`;

/**
 * How a rule counts here: a rule of the floor that is waived is off, and every rule of a policy in shadow is in shadow.
 * @param mode what the rule says of itself
 */
export function modeOf(inForce: PolicyInForce, rule: string, mode: RuleMode = 'enforce'): RuleMode {
  const { ref } = inForce;
  return ref.source === 'floor' && ref.waivedRules?.includes(rule) ? 'off' : writtenMode(inForce, mode);
}

/** How a rule counts here, whatever is waived. */
export const writtenMode = ({ ref }: PolicyInForce, mode: RuleMode): RuleMode =>
  ref.mode === 'shadow' && mode !== 'off' ? 'shadow' : mode;

/** Whether a rule of this mode is looked at. */
export const isSeen = (mode: RuleMode, view: View): boolean =>
  mode === 'enforce' || (mode === 'shadow' && view === 'watched');

/** A finding of a rule in its mode. */
export function finding(
  { ref }: PolicyInForce,
  rule: string,
  mode: RuleMode,
  position: number,
  effect: MatchedRule['effect'],
  detail?: string,
): Finding {
  const matched: MatchedRule = {
    rule,
    source: ref.source,
    effect,
    mode: mode === 'enforce' ? 'enforce' : 'shadow',
    ...(ref.mode === 'shadow' && { watched: true }),
  };
  return { matched: detail === undefined ? matched : { ...matched, detail }, position };
}
