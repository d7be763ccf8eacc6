/** What a policy's rules about texts come to, by what was found in the texts; the texts themselves are not needed. */
import { createHash } from 'node:crypto';
import type { ContentFacts, Direction, PartFacts } from './action-facts.js';
import { piiKind, type ContentFilter, type PiiKind, type RuleMode } from './policy-document.js';
import {
  finding,
  isSeen,
  modeOf,
  ruleId,
  type Finding,
  type PolicyInForce,
  type View,
} from './policy-in-force.js';
import { remembered } from './remembered.js';

/** The facts do not tell what a policy asks of the texts: it was not looked for when they were taken. */
export class ContentUnknown extends Error {
  override readonly name = 'ContentUnknown';
}

/** What stands for a pattern in facts: the first 16 hex digits of its SHA-256 (UTF-8). */
export const patternIdOf = remembered(5_000, (pattern) =>
  createHash('sha256').update(pattern).digest('hex').slice(0, 16),
);

const sections = { input: 'inputFilters', output: 'outputFilters' } as const;

/** The section of a policy whose filters look at texts of a direction. */
export const filterSection = (direction: Direction): 'inputFilters' | 'outputFilters' => sections[direction];

/** A filter that found something and is not set aside, with how it counts and where it stands. */
export interface MatchingFilter {
  filter: ContentFilter;
  rule: string;
  mode: 'enforce' | 'shadow';
  position: number;
}

/**
 * The filters of a direction that matched, in the order of their places. An `allow` that matched sets aside those of
 * lower priority — not its equals — in its own policy.
 * @param isFound whether a filter's pattern is found in the part of the action that is looked at
 */
export function matchingFilters(
  inForce: PolicyInForce,
  direction: Direction,
  view: View,
  isFound: (pattern: string, mode: RuleMode) => boolean,
): MatchingFilter[] {
  const section = filterSection(direction);
  const found: MatchingFilter[] = [];
  for (const [position, filter] of inForce.policy[section].entries()) {
    const rule = ruleId(section, filter.name);
    const mode = modeOf(inForce, rule, filter.mode);
    if (mode !== 'off' && isSeen(mode, view) && isFound(filter.pattern, mode))
      found.push({ filter, rule, mode, position });
  }
  const allowed = found.filter(({ filter }) => filter.action === 'allow');
  const bar = Math.max(-1, ...allowed.map(({ filter }) => filter.priority));
  return found.filter(({ filter }) => filter.priority >= bar);
}

/**
 * The same for what was found in a part: its direction's filters.
 * @throws ContentUnknown where one that counts was not looked for
 */
export const filtersOfPart = (inForce: PolicyInForce, part: PartFacts, view: View): MatchingFilter[] =>
  matchingFilters(
    inForce,
    part.direction,
    view,
    (pattern, mode) => countIn(part.patterns, pattern, mode) > 0,
  );

const effects = { block: 'deny', warn: 'warn', mask: 'mask', allow: 'allow' } as const;

/** The parts that were looked through: of the others nothing is known. */
const looked = (content: ContentFacts): PartFacts[] => content.filter(({ tooMuch }) => !tooMuch);

/** Whether there was more text than could be looked through. */
export const isTooMuch = (content: ContentFacts | undefined): boolean =>
  content !== undefined && content.some(({ tooMuch }) => tooMuch);

/**
 * What the filters of a direction come to in the parts that go that way: each counts once, and an `allow` sets others
 * aside only in the part in which it matched.
 * @throws ContentUnknown where one of them was not looked for
 */
export function filterFindings(
  inForce: PolicyInForce,
  content: ContentFacts,
  direction: Direction,
  view: View,
): Finding[] {
  const parts = looked(content).filter((part) => part.direction === direction);
  const found = new Map<number, MatchingFilter>();
  for (const one of parts.flatMap((part) => filtersOfPart(inForce, part, view))) found.set(one.position, one);
  return [...found.values()]
    .sort((a, b) => a.position - b.position)
    .map(({ filter, rule, mode, position }) => ({
      ...finding(inForce, rule, mode, position, effects[filter.action], filter.message),
      isOfContent: true,
    }));
}

/**
 * What the rule about personal data comes to: a finding for each kind, and for each pattern of its own, that was
 * found outside of the exempted fields.
 * @throws ContentUnknown where one of its patterns was not looked for, or what stands in an exempted field is unknown
 */
export function piiFindings(inForce: PolicyInForce, content: ContentFacts, view: View): Finding[] {
  const { pii } = inForce.policy;
  if (!isSeen(modeOf(inForce, 'pii', pii.mode), view)) return [];
  const found = new Set(looked(content).flatMap((part) => piiOfPart(inForce, part, view)));
  return [...piiNames(inForce.policy)]
    .filter((name) => found.has(name))
    .map((name, position) => {
      const rule = ruleId('pii', name);
      const mode = modeOf(inForce, rule, pii.mode);
      return { ...finding(inForce, rule, mode, position, effects[pii.action]), isOfContent: true };
    });
}

/** What the rule about personal data looks for, in the order in which it is told. */
const piiNames = ({ pii }: PolicyInForce['policy']): Set<string> =>
  new Set([...pii.kinds, ...pii.customPatterns.map(({ name }) => name)]);

/**
 * The kinds and own patterns of the rule about personal data that count, and were found in a part outside of the
 * exempted fields.
 * @throws ContentUnknown as `piiFindings` does
 */
export function piiOfPart(inForce: PolicyInForce, part: PartFacts, view: View): string[] {
  const { pii } = inForce.policy;
  const modeFor = (name: string): RuleMode => modeOf(inForce, ruleId('pii', name), pii.mode);
  const isLookedFor = (name: string): boolean => isSeen(modeFor(name), view);
  if (!isSeen(modeOf(inForce, 'pii', pii.mode), view)) return [];
  const custom = pii.customPatterns.filter(
    ({ name, pattern }) =>
      isLookedFor(name) && countOutside(pattern, part, pii.exemptedFields, modeFor(name)) > 0,
  );
  const kinds = kindsIn(part, pii.exemptedFields, pii.kinds);
  return [...kinds, ...custom.map(({ name }) => name)].filter(isLookedFor);
}

/**
 * The kinds of personal data that were found outside of some members of `args`.
 * @throws ContentUnknown where some were found, and it was not told apart whether they stand in one of those members
 */
export function personalDataIn(content: ContentFacts, exempted: readonly string[]): PiiKind[] {
  const found = new Set(looked(content).flatMap((part) => kindsIn(part, exempted, piiKind.options)));
  return piiKind.options.filter((kind) => found.has(kind));
}

function kindsIn(part: PartFacts, exempted: readonly string[], kinds: readonly PiiKind[]): PiiKind[] {
  const found = kinds.filter((kind, index) => part.pii[kind] !== undefined && kinds.indexOf(kind) === index);
  return found.filter((kind) => part.pii[kind]! > sumIn(part, exempted, (told) => told.pii[kind]));
}

function countOutside(pattern: string, part: PartFacts, exempted: readonly string[], mode: RuleMode): number {
  const count = countIn(part.patterns, pattern, mode);
  if (count === 0) return 0;
  const id = patternIdOf(pattern);
  return count - sumIn(part, exempted, ({ patterns }) => patterns[id]);
}

/** What a rule in shadow asks for may have been left out, where there was too much to do: it decides nothing. */
function countIn(patterns: PartFacts['patterns'], pattern: string, mode: RuleMode): number {
  const id = patternIdOf(pattern);
  if (Object.hasOwn(patterns, id)) return patterns[id]!;
  if (mode !== 'enforce') return 0;
  throw new ContentUnknown('a pattern was not looked for');
}

type Exempted = PartFacts['exemptedFields'][number];

/** How often something was found in some fields together; a text has none. */
function sumIn(
  { part, exemptedFields }: PartFacts,
  names: readonly string[],
  count: (field: Exempted) => number | undefined,
): number {
  if (part === 'content') return 0;
  let sum = 0;
  for (const [index, name] of names.entries()) {
    const field = exemptedFields.find((one) => one.field === name);
    if (!field) throw new ContentUnknown('what stands in an exempted field is not known apart');
    if (names.indexOf(name) === index) sum += count(field) ?? 0;
  }
  return sum;
}
