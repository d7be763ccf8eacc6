/** What policies look for in the texts of an action: each text is searched once, whoever wants to know. */
import { direction, type ContentFacts, type Direction, type PartFacts } from './action-facts.js';
import { filterSection, patternIdOf } from './content-rules.js';
import { foundPii, piiVersion, type PiiFound } from './pii.js';
import type { RuleMode } from './policy-document.js';
import { modeOf, ruleId, type PolicyInForce } from './policy-in-force.js';
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
 * nothing where what counts would be more work than a check may take. What does not count — in shadow, off, waived — is
 * looked for as far as there is room: it may serve a back-test, and never changes a decision. Others are let go on meanwhile.
 * @param exemptedFields members of `args` that some policy exempts: what stands in them is told apart
 */
export async function analyseContent({
  parts,
  policies,
  exemptedFields,
  pause,
}: {
  parts: readonly ContentPart[];
  policies: readonly PolicyInForce[];
  exemptedFields: readonly string[];
  pause: Pause;
}): Promise<Looked> {
  const all = textsOf(parts);
  const searches = searchesFor(parts, policies, all);
  let work = 0;
  const done = new Map<string, Search>();
  for (const [pattern, search] of searches) {
    const more = searchWork(pattern, search.length, search.texts.size);
    if (work + more > workOf.most) {
      if (search.counts) return { facts: parts.map(notLookedThrough), findings: nothingFound };
      continue;
    }
    work += more;
    done.set(pattern, search);
  }
  const findings = await foundIn(done, all, pause);
  const fields = [...new Set(exemptedFields)].sort();
  const facts = parts.map((part) => {
    const wanted = [...done].filter(([, { ways }]) => ways.has(part.direction));
    return factsOf(
      part,
      wanted.map(([pattern]) => pattern),
      fields,
      findings,
    );
  });
  return { facts, findings };
}

/** A pattern's search: through which texts, for which directions, and whether some rule that wants it counts. */
interface Search extends Texts {
  ways: Set<Direction>;
  counts: boolean;
}

/** What is to be searched for, by pattern: what counts comes first. */
function searchesFor(
  parts: readonly ContentPart[],
  policies: readonly PolicyInForce[],
  all: Texts,
): Map<string, Search> {
  const searches = new Map<string, Search>();
  for (const way of direction.options) {
    const inIt = parts.filter((part) => part.direction === way);
    if (inIt.length === 0) continue;
    const texts = textsOf(inIt);
    for (const { pattern, counts } of patternsOf(policies, way)) {
      const known = searches.get(pattern);
      const isBothWays = known !== undefined && !known.ways.has(way);
      searches.set(pattern, {
        ...(isBothWays ? all : (known ?? texts)),
        ways: new Set([...(known?.ways ?? []), way]),
        counts: counts || (known?.counts ?? false),
      });
    }
  }
  return new Map([...searches].sort(([, a], [, b]) => Number(b.counts) - Number(a.counts)));
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

/** The patterns of policies for a direction, whatever the modes, and whether their rules count. */
const patternsOf = (
  policies: readonly PolicyInForce[],
  way: Direction,
): { pattern: string; counts: boolean }[] =>
  policies.flatMap((inForce) => {
    const { policy } = inForce;
    const section = filterSection(way);
    const counts = (rule: string, mode: RuleMode): boolean => modeOf(inForce, rule, mode) === 'enforce';
    return [
      ...policy[section].map(({ name, pattern, mode }) => ({
        pattern,
        counts: counts(ruleId(section, name), mode),
      })),
      ...policy.pii.customPatterns.map(({ name, pattern }) => ({
        pattern,
        counts: counts(ruleId('pii', name), policy.pii.mode),
      })),
    ];
  });

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
