import { describe, expect, it } from 'vitest';
import { occursIn } from '../../../../src/domain/personas/prompts/prompt-words.js';

const occurs = (phrase: string, text: string): boolean => occursIn(text)(phrase);

describe('a word occurs', () => {
  it.each([
    ['error', 'An ERROR, again'],
    ['error', 'error'],
    ['error', '(error)'],
    ['stack trace', 'the stack\n  trace says'],
    ['café', 'Ein Cafe\u0301!'],
    ['ÄRGER', 'so viel ärger'],
    ['C++', 'I like c++.'],
    ['c#', 'C# or F#'],
    ['don’t', 'I don’t'],
    ['日本', '私は日本語を学ぶ'],
    ['カー', 'スーパーカーです'],
    ['ภาษา', 'เรียนภาษาไทย'],
    ['🙂', 'well🙂done'],
    ['ﬁle', 'a file'],
  ])('%s in %j', (phrase, text) => {
    expect(occurs(phrase, text)).toBe(true);
  });

  it.each([
    ['err', 'error'],
    ['rror', 'error'],
    ['error', 'errors'],
    ['error', 'error_code'],
    ['error', 'error5'],
    ['café', 'cafétéria'],
    ['stack trace', 'stack a trace'],
    ['stack trace', 'trace stack'],
    ['stack trace', 'stack-trace'],
    ['c++', 'c'],
    ['вид', 'видео'],
    ['', 'anything'],
    ['  ', 'any thing'],
    ['a', ''],
  ])('%j does not in %j', (phrase, text) => {
    expect(occurs(phrase, text)).toBe(false);
  });

  it('in its own case only, where that is asked for', () => {
    const exactly = occursIn('Ada met an ADA compiler', { anyCase: false });
    expect(['Ada', 'ADA', 'ada'].map(exactly)).toEqual([true, true, false]);
  });
});
