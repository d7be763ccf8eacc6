/** What policies look for in the texts of an action: each text is searched once, whoever wants to know. */
import { direction, type ContentFacts, type Direction, type PartFacts } from './action-facts.js';
import { filterSection, patternIdOf } from './content-rules.js';
import { foundPii, piiVersion, type PiiFound } from './pii.js';
import type { PolicyDocument } from './policy-document.js';
import { searchWork, spansOf, type Span } from './text-pattern.js';
import { beginWork, workOf, type Pause } from './work.js';

export { patternIdOf } from './content-rules.js';

/** A text of an action; `field` is the member of `args` that it stands in. */
export interface ContentText {
  field?: string | undefined;
  text: string;
}

/** What is looked through together: all arguments, or the text that the action is about. */
export interface ContentPart {
  part: PartFacts['part'];
  direction: Direction;
  texts: readonly ContentText[];
}

/** Where in texts something was found: by the text, those in which there is something alone. */
export interface Findings {
  spansOf(pattern: string): ReadonlyMap<string, readonly Span[]>;
  pii: ReadonlyMap<string, readonly PiiFound[]>;
}

/** What is known of texts once they were looked through. */
export interface Looked {
  facts: ContentFacts;
  findings: Findings;
}

/**
 * Looks for everything that some policies ask of the texts of an action, and for personal data of every kind; for
 * nothing where that would be more work than a check may take. Others are let go on meanwhile.
 * @param exemptedFields members of `args` that some policy exempts: what stands in them is told apart
 */
export async function analyseContent({
  parts,
  policies,
  exemptedFields,
  pause,
}: {
  parts: readonly ContentPart[];
  policies: readonly PolicyDocument[];
  exemptedFields: readonly string[];
  pause: Pause;
}): Promise<Looked> {
  const all = textsOf(parts);
  const wanted = new Map<Direction, string[]>();
  const searches = new Map<string, Texts>();
  for (const way of direction.options) {
    const inIt = parts.filter((part) => part.direction === way);
    const patterns = inIt.length > 0 ? patternsOf(policies, way) : [];
    const texts = textsOf(inIt);
    wanted.set(way, patterns);
    for (const pattern of patterns) searches.set(pattern, searches.has(pattern) ? all : texts);
  }
  let work = 0;
  for (const [pattern, { texts, length }] of searches) work += searchWork(pattern, length, texts.size);
  if (work > workOf.most) return { facts: parts.map(notLookedThrough), findings: nothingFound };

  const findings = await foundIn(searches, all, pause);
  const fields = [...new Set(exemptedFields)].sort();
  const facts = parts.map((part) => factsOf(part, wanted.get(part.direction)!, fields, findings));
  return { facts, findings };
}

/** Different texts, and how long they are together. */
interface Texts {
  texts: ReadonlySet<string>;
  length: number;
}

function textsOf(parts: readonly ContentPart[]): Texts {
  const texts = new Set(parts.flatMap((part) => part.texts.map(({ text }) => text)));
  let length = 0;
  for (const text of texts) length += text.length;
  return { texts, length };
}

/** The patterns of policies for a direction, whatever the modes: a candidate of a back-test may enforce them. */
const patternsOf = (policies: readonly PolicyDocument[], way: Direction): string[] => [
  ...new Set(
    policies.flatMap((policy) => [
      ...policy[filterSection(way)].map(({ pattern }) => pattern),
      ...policy.pii.customPatterns.map(({ pattern }) => pattern),
    ]),
  ),
];

const nowhere: ReadonlyMap<string, Span[]> = new Map();
const nothingFound: Findings = { spansOf: () => nowhere, pii: new Map() };

async function foundIn(searches: ReadonlyMap<string, Texts>, all: Texts, pause: Pause): Promise<Findings> {
  const work = beginWork(pause);
  const spans = new Map<string, Map<string, Span[]>>();
  for (const [pattern, { texts }] of searches) {
    const ofPattern = new Map<string, Span[]>();
    for (const text of texts) {
      const found = await spansOf(pattern, text, work);
      if (found.length > 0) ofPattern.set(text, found);
    }
    if (ofPattern.size > 0) spans.set(pattern, ofPattern);
  }
  const pii = new Map<string, PiiFound[]>();
  for (const text of all.texts) {
    const found = await foundPii(text, work);
    if (found.length > 0) pii.set(text, found);
  }
  return { spansOf: (pattern) => spans.get(pattern) ?? nowhere, pii };
}

const notLookedThrough = ({ part, direction: way }: ContentPart): PartFacts => ({
  part,
  direction: way,
  tooMuch: true,
  patterns: {},
  pii: {},
  detectorVersion: piiVersion,
  exemptedFields: [],
});

function factsOf(
  { part, direction: way, texts }: ContentPart,
  patterns: readonly string[],
  fields: readonly string[],
  findings: Findings,
): PartFacts {
  const inside = (field: string): PartFacts['exemptedFields'][number] => {
    const there = texts.filter((one) => one.field === field);
    const found = countsOf(there, patterns, findings);
    const counts = Object.entries(found.patterns).filter(([, count]) => count > 0);
    return { field, pii: found.pii, patterns: Object.fromEntries(counts) };
  };
  return {
    part,
    direction: way,
    ...countsOf(texts, patterns, findings),
    detectorVersion: piiVersion,
    exemptedFields: part === 'args' ? fields.map(inside) : [],
  };
}

function countsOf(
  texts: readonly ContentText[],
  patterns: readonly string[],
  findings: Findings,
): Pick<PartFacts, 'patterns' | 'pii'> {
  const counts = patterns.map((pattern): [string, number] => {
    const spans = findings.spansOf(pattern);
    const count =
      spans.size === 0 ? 0 : texts.reduce((sum, { text }) => sum + (spans.get(text)?.length ?? 0), 0);
    return [patternIdOf(pattern), count];
  });
  const pii: PartFacts['pii'] = {};
  for (const { text } of texts)
    for (const { kind } of findings.pii.get(text) ?? []) pii[kind] = (pii[kind] ?? 0) + 1;
  return { patterns: Object.fromEntries(counts), pii };
}
