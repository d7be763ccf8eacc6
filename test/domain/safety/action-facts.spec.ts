import { describe, expect, it } from 'vitest';
import { actionFacts, contentFacts, givenFacts, patternId } from '../../../src/domain/safety/action-facts.js';
import { contentOf, factsOf, partOf } from '../../support/decision-examples.js';

describe('the facts of an action', () => {
  it('say nothing of what is not known', () => {
    expect(actionFacts.parse(factsOf())).toStrictEqual(factsOf());
  });

  it('take what the caller says as it is', () => {
    const given = { affectsExternal: true, tokens: 12, turnId: 't1', labels: ['beta'] };
    expect(actionFacts.parse(factsOf(givenFacts.parse(given)))).toMatchObject(given);
  });

  it.each([{ tokens: -1 }, { labels: ['with space'] }, { turnId: 'kim@example.org' }, { roles: ['owner'] }])(
    'do not take %j from a caller',
    (given) => {
      expect(givenFacts.safeParse(given).success).toBe(false);
    },
  );
});

describe('what was found in texts', () => {
  it('is told by counts, never by text', () => {
    const content = contentOf(
      { secret: 0 },
      { pii: { email: 1 }, exemptedFields: [{ field: 'to', pii: { email: 1 }, patterns: {} }] },
    );
    expect(contentFacts.parse(content)).toStrictEqual(content);
    expect(JSON.stringify(content)).not.toContain('secret');
  });

  it.each([
    { pii: { email: 0 } },
    { pii: { name: 1 } },
    { patterns: { secret: 1 } },
    { exemptedFields: ['to'] },
    { part: 'body' },
    { tooMuch: false },
  ])('is not %j', (given) => {
    expect(contentFacts.safeParse([partOf({}, given as object)]).success).toBe(false);
  });

  it('names patterns by 16 hex digits', () => {
    expect(patternId.safeParse('ba7816bf8f01cfea').success).toBe(true);
  });
});
