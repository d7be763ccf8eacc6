import { describe, expect, it } from 'vitest';
import { contentFacts, type Direction } from '../../../src/domain/safety/action-facts.js';
import {
  analyseContent,
  patternIdOf,
  type ContentPart,
  type ContentText,
} from '../../../src/domain/safety/content-analysis.js';
import { decideAction } from '../../../src/domain/safety/decide.js';
import { workOf } from '../../../src/domain/safety/work.js';
import { factsOf, inForce, openWith } from '../../support/decision-examples.js';

const customPatterns = [{ name: 'order', pattern: 'ORD-[0-9]+' }];
const policy = openWith({
  inputFilters: [{ name: 'in', pattern: 'in', action: 'warn' }],
  outputFilters: [
    { name: 'out', pattern: 'out', action: 'warn' },
    { name: 'off', pattern: 'off', action: 'warn', mode: 'off' },
  ],
  pii: { customPatterns, exemptedFields: ['to'] },
});
const [out, off, order] = ['out', 'off', 'ORD-[0-9]+'].map(patternIdOf) as [string, string, string];
const text = (text: string, field?: string): ContentText => ({ text, field });
const args = (...texts: ContentText[]): ContentPart => ({ part: 'args', direction: 'output', texts });
const content = (one: string, direction: Direction = 'output'): ContentPart => ({
  part: 'content',
  direction,
  texts: [text(one)],
});
const looked = (parts: ContentPart[], exemptedFields: string[] = [], policies = [policy, policy]) =>
  analyseContent({
    parts,
    policies: policies.map((one) => inForce(one)),
    exemptedFields,
    pause: () => Promise.resolve(),
  });
const analysed = async (...given: Parameters<typeof looked>) => (await looked(...given)).facts;

describe('what is found in a part', () => {
  it('are the patterns of its direction and of personal data, 0 included, whatever their modes', async () => {
    const parts = [args(text('out')), content('out, out, in and ORD-1', 'input')];
    expect((await analysed(parts)).map(({ part, patterns }) => [part, patterns])).toEqual([
      ['args', { [out]: 1, [off]: 0, [order]: 0 }],
      ['content', { [patternIdOf('in')]: 1, [order]: 1 }],
    ]);
  });

  it('is personal data of every kind, whatever a policy asks for', async () => {
    const parts = [args(text('a@b.co'), text('a@b.co')), content('a@b.co 10.0.0.1 c@d.co')];
    expect((await analysed(parts)).map(({ pii }) => pii)).toEqual([
      { email: 2 },
      { email: 2, ip_address: 1 },
    ]);
  });

  it('is told apart for members of `args` that a policy exempts; a text has none', async () => {
    const inTo = [text('c@d.co ORD-1', 'to'), text('10.0.0.1', 'to')];
    const parts = [args(...inTo, text('a@b.co', 'body')), content('e@f.co')];
    const found = await analysed(parts, ['to', 'cc', 'to']);
    expect(found.map(({ exemptedFields }) => exemptedFields)).toEqual([
      [
        { field: 'cc', pii: {}, patterns: {} },
        { field: 'to', pii: { email: 1, ip_address: 1 }, patterns: { [order]: 1 } },
      ],
      [],
    ]);
    expect(contentFacts.parse(found)).toStrictEqual(found);
  });

  it('is enough for every policy that it was looked for by, though they exempt different fields', async () => {
    const blocking = (exemptedFields: string[], source: 'persona' | 'floor') =>
      inForce(openWith({ pii: { action: 'block', exemptedFields } }), { source });
    const policies = [blocking(['to'], 'persona'), blocking([], 'floor')];
    const documents = policies.map((one) => one.policy);
    const facts = factsOf({ content: await analysed([args(text('a@b.co', 'to'))], ['to'], documents) });
    const { matchedRules } = decideAction(policies, facts);
    expect(matchedRules.map(({ source, rule }) => `${source} ${rule}`)).toEqual(['floor pii/email']);
  });
});

describe('where it stands', () => {
  it('is known for each text that it was looked for in, and for those with something in them alone', async () => {
    const { findings } = await looked([args(text('out'), text('-')), content('in a@b.co', 'input')]);
    expect([...findings.spansOf('out')]).toEqual([['out', [{ start: 0, end: 3 }]]]);
    expect([...findings.spansOf('in')]).toEqual([['in a@b.co', [{ start: 0, end: 2 }]]]);
    expect([...findings.pii.keys()]).toEqual(['in a@b.co']);
    expect(findings.spansOf('off').size).toBe(0);
  });
});

describe('more than a check may take', () => {
  const many = (length: number) =>
    openWith({
      outputFilters: Array.from({ length }, (_, n) => ({
        name: `f${n}`,
        pattern: `[a-z]{480}${n}`,
        action: 'warn',
      })),
    });
  const long = 'a'.repeat(65_536);

  it('is not begun, and told: of all parts together', async () => {
    const enough = await analysed([content(long)], [], [many(4)]);
    expect(enough[0]).not.toHaveProperty('tooMuch');
    const parts = [args(text('short')), content(long)];
    expect(4.5 * 480 * long.length).toBeLessThan(workOf.most);
    const facts = await analysed(parts, ['to'], [many(5)]);
    expect(facts).toEqual([
      expect.objectContaining({ part: 'args', tooMuch: true, patterns: {}, pii: {}, exemptedFields: [] }),
      expect.objectContaining({ part: 'content', tooMuch: true, patterns: {}, pii: {}, exemptedFields: [] }),
    ]);
    expect(contentFacts.parse(facts)).toStrictEqual(facts);
  });

  describe('never is what does not count', () => {
    const costly = many(6);
    const calm = openWith({ outputFilters: [{ name: 'x', pattern: 'aaa', action: 'warn' }] });
    const parts = [content(long)];
    const pause = () => Promise.resolve();
    const waivedRules = costly.outputFilters.map(({ name }) => `outputFilters/${name}`);
    const inMode = (mode: 'shadow' | 'off') =>
      inForce({ ...costly, outputFilters: costly.outputFilters.map((one) => ({ ...one, mode })) });

    it.each([
      ['a policy in shadow', inForce(costly, { mode: 'shadow' })],
      ['rules in shadow', inMode('shadow')],
      ['rules that are off', inMode('off')],
      ['rules that are waived', inForce(costly, { source: 'floor', waivedRules })],
    ])('%s', async (_, beside) => {
      const deciding = inForce(calm);
      const { facts } = await analyseContent({
        parts,
        policies: [beside, deciding],
        exemptedFields: [],
        pause,
      });
      expect(facts.map(({ tooMuch, patterns }) => [tooMuch, patterns[patternIdOf('aaa')]! > 0])).toEqual([
        [undefined, true],
      ]);
      expect(decideAction([deciding, beside], factsOf({ content: facts })).decision).toBe('allow');
    });
  });

  it('is less where the same text is there twice: it is looked through once', async () => {
    const twice = await analysed([args(text(long)), content(long)], [], [many(4)]);
    expect(twice.some(({ tooMuch }) => tooMuch)).toBe(false);
  });
});

it('others are let go on while much is looked through, and not for a little', async () => {
  let pauses = 0;
  const pause = () => Promise.resolve(void pauses++);
  const through = (one: string) =>
    analyseContent({ parts: [content(one)], policies: [inForce(policy)], exemptedFields: [], pause });
  await through('Write to kim@example.org, out of office, about ORD-77.'.repeat(10));
  expect(pauses).toBe(0);
  await through('out '.repeat(16_000));
  expect(pauses).toBeGreaterThan(3);
});
