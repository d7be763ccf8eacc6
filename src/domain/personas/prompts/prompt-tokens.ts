/** How many tokens a text has. The count always names its encoding: other models count otherwise. */

/** The encoding of the count, as OpenAI names it. */
export const tokenizer = 'o200k_base';

/**
 * The longest run without a break that is counted in one piece: the work of byte-pair encoding grows with the
 * square of a run.
 */
const longestRun = 256;

/** Texts about tokens are texts: `<|endoftext|>` in a prompt means its thirteen characters. */
const asText = { disallowedSpecial: new Set<string>() };

/**
 * The number of tokens of a text in o200k_base. Runs of more than 256 characters — of white space, of anything
 * but white space, or of slashes and line breaks — are cut into pieces of 256, each counted on its own.
 */
export async function countTokens(text: string): Promise<number> {
  // The table takes 70 MB and longer to load than most answers take: it is loaded when something is counted.
  const encoding = await import('gpt-tokenizer/encoding/o200k_base');
  return slicesOf(text).reduce((sum, slice) => sum + encoding.countTokens(slice, asText), 0);
}

/** The pieces that are counted: the whole text, but for cuts within runs that are too long. */
export const slicesOf = (text: string): string[] =>
  // The encoding takes what is joined by slashes and line breaks for one word, so they are a run of their own.
  cutRuns(text, /[\r\n/]+/g).flatMap((piece) => cutRuns(piece, /\S+|\s+/g));

function cutRuns(text: string, runs: RegExp): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (const { 0: run, index } of text.matchAll(runs)) {
    const end = index + run.length;
    for (let cut = cutAfter(text, index, end); cut < end; cut = cutAfter(text, cut, end)) {
      pieces.push(text.slice(start, cut));
      start = cut;
    }
  }
  return [...pieces, text.slice(start)];
}

/** Where the piece of a run that begins at `from` ends: never between the halves of a surrogate pair. */
function cutAfter(text: string, from: number, end: number): number {
  const cut = from + longestRun;
  if (cut >= end) return end;
  return text.codePointAt(cut - 1)! > 0xffff ? cut - 1 : cut;
}
