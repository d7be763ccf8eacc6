/** Patterns over texts in RE2's syntax: compiled once, matched in time linear in the text. */
import { RE2JS } from 're2js';
import { patternCost } from './pattern-cost.js';
import type { Work } from './work.js';

/** A piece of a text: from, inclusive, and to, exclusive, in UTF-16 code units. */
export interface Span {
  start: number;
  end: number;
}

/**
 * What a pattern may cost: it is compiled in some 10 ms then, whoever wrote it; and how many instructions it may have,
 * since each of them may be looked at for each character.
 */
const most = { cost: 1_000, program: 500 };
/** What those that are kept cost together: 10–60 MB. The one that was not asked for the longest goes first. */
const mostKept = 100_000;

interface Compiled {
  re: RE2JS;
  cost: number;
}
const kept = new Map<string, Compiled>();
let keptCost = 0;

/** Undefined for what is no pattern, or too large a one: that is found out again each time, and never kept. */
function compiled(pattern: string): RE2JS | undefined {
  const known = kept.get(pattern);
  if (known) {
    kept.delete(pattern);
    kept.set(pattern, known);
    return known.re;
  }
  const cost = patternCost(pattern);
  const re = cost > most.cost ? undefined : compiledOrNone(pattern);
  if (!re || re.programSize() > most.program) return undefined;
  kept.set(pattern, { re, cost });
  keptCost += cost;
  for (const [oldest, { cost: freed }] of kept) {
    if (keptCost <= mostKept) break;
    kept.delete(oldest);
    keptCost -= freed;
  }
  return re;
}

function compiledOrNone(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

function thePattern(pattern: string): RE2JS {
  const re = compiled(pattern);
  if (!re) throw new Error(`is no pattern: ${pattern}`);
  return re;
}

/** How many patterns are kept compiled, and what they cost together. */
export const keptPatterns = (): { count: number; cost: number } => ({ count: kept.size, cost: keptCost });

/** Whether a text is a pattern in RE2's syntax, which has no look-around and no back-references, and not too large. */
export const isTextPattern = (pattern: string): boolean => compiled(pattern) !== undefined;

/** The instructions of a pattern, up to 500. @throws Error for what is no pattern */
export const programSize = (pattern: string): number => thePattern(pattern).programSize();

/** Whether a pattern matches the empty text, and so every one. */
export const matchesNothing = (pattern: string): boolean => compiled(pattern)?.matcher('').find() ?? false;

/** What it takes to begin a search, in instructions that are looked at for a character. */
const toBegin = 100;

/** The work of looking for a pattern once in some texts of a length together: instructions for each character. */
export const searchWork = (pattern: string, length: number, texts = 1): number =>
  programSize(pattern) * length + toBegin * texts;

/**
 * Where a pattern is found, from left to right, not overlapping; matches of no characters are none. To find one, a
 * pattern such as `a(.*b)?` looks to the end of the text, again for each: where there is no work left to spend on that,
 * the rest of the text is one match, so that what is to be masked or blocked is.
 * @throws Error for what is no pattern
 */
export async function spansOf(pattern: string, text: string, work: Work): Promise<Span[]> {
  const re = thePattern(pattern);
  const program = re.programSize();
  // Without `*`, `+` and `{n,}` it looks no further than it is long.
  const isEndless = ['*', '+', ',}'].some((sign) => pattern.includes(sign));
  const reach = isEndless ? text.length : 2 * program;
  const matcher = re.matcher(text);
  const spans: Span[] = [];
  let isLast = false;
  let wait = work.before(searchWork(pattern, text.length));
  if (wait) await wait;
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (isLast) return start < text.length ? [...spans, { start, end: text.length }] : spans;
    if (end > start) spans.push({ start, end });
    const again = program * Math.min(text.length - end, reach);
    isLast = !work.spend(again);
    wait = work.before(again);
    if (wait) await wait;
  }
  return spans;
}
