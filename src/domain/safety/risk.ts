/** How risky an action is: a pure function of a table and of the facts. */
import type { ActionFacts } from './action-facts.js';
import { patternsOver } from './action-pattern.js';
import { personalDataIn } from './content-rules.js';
import { riskLevel, type RiskLevel, type RiskTable } from './policy-document.js';
import { remembered } from './remembered.js';

/** A score as a whole number of hundredths, so that sums and comparisons are exact: 0.7 + 0.2 is 0.9. */
export const hundredths = (score: number): number => Math.round(score * 100);

/** The facts that a score depends on. */
export type RiskFacts = Pick<
  ActionFacts,
  'action' | 'affectsExternal' | 'irreversible' | 'involvesPii' | 'content'
>;

export interface Risk {
  /** 0–1 in steps of 0.01. */
  score: number;
  level: RiskLevel;
  /** Of the rows of the table that match, in its order. */
  categories: readonly string[];
}

/** What a table says of an action by its name alone: hundredths, and whose rows match. */
type NamedRisk = Pick<Risk, 'score' | 'categories'>;

/** Names of actions whose rows are remembered for a table: a persona does the same few things over and over. */
const mostActions = 500;
const ofTables = new WeakMap<RiskTable, (action: string) => NamedRisk>();

function namedRisk(table: RiskTable, action: string): NamedRisk {
  let ofTable = ofTables.get(table);
  if (!ofTable) {
    ofTable = remembered(mostActions, (name) => {
      const matches = patternsOver(name);
      const rows = table.actions.filter(({ pattern }) => matches(pattern));
      return {
        score: hundredths(rows.length > 0 ? Math.max(...rows.map(({ score }) => score)) : table.base),
        categories: [...new Set(rows.map(({ category }) => category))],
      };
    });
    ofTables.set(table, ofTable);
  }
  return ofTable(action);
}

/**
 * The risk of an action. The highest score of the rows that match — the table's base where none does — and what each
 * factor adds; never more than 1. Personal data that was found in the texts counts like `involvesPii`.
 * @param exemptedFields members of `args` in which personal data is expected, as the policy has it
 * @throws ContentUnknown where it was not told apart what stands in those members
 */
export function riskOf(table: RiskTable, facts: RiskFacts, exemptedFields: readonly string[] = []): Risk {
  const named = namedRisk(table, facts.action);
  const { affectsExternal, irreversible, involvesPii } = table.factors;
  const isPersonal =
    facts.involvesPii || (facts.content && personalDataIn(facts.content, exemptedFields).length > 0);
  const sum =
    named.score +
    (facts.affectsExternal ? hundredths(affectsExternal) : 0) +
    (facts.irreversible ? hundredths(irreversible) : 0) +
    (isPersonal ? hundredths(involvesPii) : 0);
  const score = Math.min(sum, 100) / 100;
  return { score, level: levelOf(table, score), categories: named.categories };
}

function levelOf({ levels }: RiskTable, score: number): RiskLevel {
  const reached = hundredths(score);
  if (reached >= hundredths(levels.critical)) return 'critical';
  if (reached >= hundredths(levels.high)) return 'high';
  return reached >= hundredths(levels.medium) ? 'medium' : 'low';
}

/** Whether a level is another one, or above it. */
export const isAtLeast = (level: RiskLevel, least: RiskLevel): boolean =>
  riskLevel.options.indexOf(level) >= riskLevel.options.indexOf(least);
