/**
 * What a pattern costs to compile, told from its text before it is compiled: repetitions multiply what they stand
 * behind, so that a few characters can mean millions of instructions.
 */

/** A property such as `\pL` has hundreds of ranges; to fold the case of a range, each character of it is looked at. */
const classCosts = { property: 40, foldedCharacter: 1 / 40 };
/** The last character that has another case. */
const lastFolded = 0x1e943;

/**
 * The instructions that a pattern compiles to at most, and what its classes take beyond them; a thousand are some
 * 10 ms. What is no pattern has a cost, too.
 */
export function patternCost(pattern: string): number {
  /** Of the groups around the one that is read: what stands before it in each. */
  const outer: number[] = [];
  // Every program begins and ends, and one of nothing has an instruction too. `last` is what would be repeated.
  let [size, last, classes, at] = [3, 0, 0, 0];
  let isFolded = false;
  const follows = (instructions: number): void => {
    size += last;
    last = instructions;
  };
  while (at < pattern.length) {
    const char = pattern[at]!;
    const repeat = char === '{' ? repeatAt(pattern, at) : undefined;
    if (repeat) {
      last = repeated(last, repeat);
      at = repeat.end;
    } else if (pattern.startsWith('\\Q', at)) {
      const end = quoteEnd(pattern, at);
      follows(end - at);
      at = end;
    } else if (char === '\\') {
      follows(1);
      if (isProperty(pattern, at)) classes += classCosts.property;
      at = escapeEnd(pattern, at);
    } else if (char === '[') {
      const { end, cost } = classAt(pattern, at, isFolded);
      follows(1);
      classes += cost;
      at = end;
    } else if (char === '(') {
      const { end, flags, own } = groupAt(pattern, at);
      isFolded ||= flags.includes('i');
      if (own !== undefined) {
        outer.push(size + last);
        [size, last] = [own, 0];
      }
      at = end;
    } else {
      if (char === ')') [size, last] = [outer.pop() ?? 0, size + last];
      else if (char === '*' || char === '+' || char === '?') last += 2;
      else follows(char === '|' ? 2 : 1);
      at++;
    }
  }
  return outer.reduce((sum, before) => sum + before, size + last) + classes;
}

interface Repeat {
  least: number;
  /** Absent: as often as it can be. */
  most?: number;
  end: number;
}

const repeated = (size: number, { least, most }: Repeat): number =>
  most === undefined
    ? Math.max(least, 1) * size + 2
    : Math.max(least, most, 1) * size + Math.max(most - least, 0);

/** Digits alone; no count of a pattern has more of them. */
const isCount = (digits: string): boolean =>
  digits.length > 0 && digits.length <= 9 && Array.from(digits).every((char) => char >= '0' && char <= '9');

/** `{n}`, `{n,}` or `{n,m}`; any other brace stands for itself. */
function repeatAt(pattern: string, at: number): Repeat | undefined {
  const close = pattern.indexOf('}', at);
  const [least, most, ...more] = pattern.slice(at + 1, Math.max(close, 0)).split(',');
  if (close < 0 || more.length > 0 || !isCount(least!)) return undefined;
  const end = close + 1;
  if (most === '') return { least: Number(least), end };
  if (most === undefined) return { least: Number(least), most: Number(least), end };
  return isCount(most) ? { least: Number(least), most: Number(most), end } : undefined;
}

function quoteEnd(pattern: string, at: number): number {
  const close = pattern.indexOf('\\E', at);
  return close < 0 ? pattern.length : close + 2;
}

const isProperty = (pattern: string, at: number): boolean =>
  pattern.startsWith('\\p', at) || pattern.startsWith('\\P', at);

/** Behind an escape: `\p{…}` and `\x{…}` have a brace of their own. */
function escapeEnd(pattern: string, at: number): number {
  const mayHaveBrace = isProperty(pattern, at) || pattern.startsWith('\\x', at);
  if (!mayHaveBrace || pattern[at + 2] !== '{') return at + 2 + (isProperty(pattern, at) ? 1 : 0);
  const close = pattern.indexOf('}', at);
  return close < 0 ? pattern.length : close + 1;
}

/**
 * What a parenthesis opens: a group, flags for what follows, or both. A group of nothing is an instruction of its own;
 * where what it captures begins and ends, there is another.
 */
function groupAt(pattern: string, at: number): { end: number; flags: string; own?: number } {
  if (pattern[at + 1] !== '?') return { end: at + 1, flags: '', own: 3 };
  let end = at + 2;
  while (end < pattern.length && !':)>'.includes(pattern[end]!)) end++;
  const flags = pattern.slice(at + 2, end);
  if (pattern[end] === ')') return { end: end + 1, flags };
  return { end: end + 1, flags, own: pattern[end] === '>' ? 3 : 1 };
}

/** A class in brackets: where it ends, and what its properties and ranges take. */
function classAt(pattern: string, open: number, isFolded: boolean): { end: number; cost: number } {
  let at = open + 1;
  let cost = 0;
  let former = 0;
  if (pattern[at] === '^') at++;
  // A bracket that stands first is a character.
  for (let isFirst = true; at < pattern.length && (isFirst || pattern[at] !== ']'); isFirst = false) {
    const named = pattern.startsWith('[:', at) ? pattern.indexOf(':]', at + 2) : -1;
    if (named >= 0) {
      at = named + 2;
      continue;
    }
    if (isProperty(pattern, at)) {
      cost += classCosts.property;
      at = escapeEnd(pattern, at);
      continue;
    }
    const isRange = pattern[at] === '-' && !isFirst && pattern[at + 1] !== ']';
    const { code, end } = characterAt(pattern, isRange ? at + 1 : at);
    if (isRange && isFolded)
      cost += Math.max(0, Math.min(code, lastFolded) - former) * classCosts.foldedCharacter;
    former = code;
    at = end;
  }
  return { end: at + 1, cost };
}

/** A character of a class, which may be escaped: `\x{1F600}`, `\x41`, `\101`, `\-`. */
function characterAt(pattern: string, at: number): { code: number; end: number } {
  if (pattern[at] !== '\\') {
    const code = pattern.codePointAt(at) ?? 0;
    return { code, end: at + (code > 0xffff ? 2 : 1) };
  }
  const end = escapeEnd(pattern, at);
  if (!pattern.startsWith('\\x', at)) return { code: pattern.codePointAt(at + 1) ?? 0, end };
  if (pattern[at + 2] === '{')
    return { code: Number.parseInt(pattern.slice(at + 3, end - 1), 16) || lastFolded, end };
  return { code: Number.parseInt(pattern.slice(at + 2, at + 4), 16) || 0, end: at + 4 };
}
