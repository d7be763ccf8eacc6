import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cardIn,
  cardInput,
  configFromCard,
  personaFromCard,
} from '../../../../src/domain/personas/cards/card-import.js';
import { personaConfig } from '../../../../src/domain/personas/persona-config.js';
import { v1Card, v2Card, v3Card } from '../../../support/card-arbitrary.js';
import { seedFor } from '../../../support/seed.js';

const seed = seedFor('character cards come in');
const v2 = (data: object, outer: object = {}) => ({
  ...outer,
  spec: 'chara_card_v2',
  spec_version: '2.0',
  data,
});
const reading = (json: unknown) => {
  const found = cardIn(json);
  if ('refused' in found) throw new Error(JSON.stringify(found.refused));
  return found;
};
const refusal = (json: unknown) => {
  const found = cardIn(json);
  return 'refused' in found ? found.refused : null;
};
const configOf = (json: unknown) => configFromCard(reading(json).card);
const deep = (levels: number): unknown => (levels === 0 ? 'end' : { a: deep(levels - 1) });

describe('a card is recognised', () => {
  it('as V1 by its fields at the top level', () => {
    const card = { name: 'Ada', description: 'counts', fav: true };
    expect(reading(card).card).toEqual({ spec: 'v1', data: card });
  });

  it.each([{}, { name: ' ', tags: ['x'] }])(
    'as V1 also where a `data` stands beside them that says nothing: %j',
    (data) => {
      const card = { spec: 'chara_card_v3', name: 'Ada', first_mes: 'Hi', data };
      expect(reading(card).card).toEqual({ spec: 'v1', data: card });
      expect(configOf(card).name).toBe('Ada');
    },
  );

  it('as V2 and V3, with what stands beside the fields', () => {
    expect(reading(v2({ name: 'Ada' }, { fav: true })).card).toEqual({
      spec: 'v2',
      specVersion: '2.0',
      data: { name: 'Ada' },
      outer: { fav: true },
    });
    const third = { spec: 'chara_card_v3', spec_version: '3.0', data: { name: 'Ada' } };
    expect(reading(third).card).toEqual({ spec: 'v3', specVersion: '3.0', data: { name: 'Ada' } });
  });

  it('though its specification is spelt in another way, which is kept', () => {
    expect(reading({ data: { name: 'Ada' } }).card).toEqual({ spec: 'v2', data: { name: 'Ada' } });
    expect(reading({ spec: 'other', spec_version: 3, data: { name: 'Ada' } }).card).toEqual({
      spec: 'v3',
      data: { name: 'Ada' },
      outer: { spec: 'other', spec_version: 3 },
    });
    expect(reading({ spec: 'card_v3', data: { name: 'Ada' } }).card.spec).toBe('v3');
  });

  it('whatever stands in the fields that are not used', () => {
    const data = {
      name: 'Ada',
      first_mes: 3,
      alternate_greetings: 'none',
      character_book: [],
      extensions: 0,
    };
    expect(reading(v2(data)).card.data).toEqual(data);
  });
});

describe('what is no card, or cannot be kept, is refused', () => {
  it.each([
    ['a list', [], ''],
    ['a text', 'Ada', ''],
    ['nothing', null, ''],
    ['an object that says nothing', { fav: true }, ''],
    ['fields that say nothing', v2({ name: ' ', tags: ['x'] }), '/data'],
    ['a hostile name', v2(JSON.parse('{"name":"Ada","x":{"__proto__":1}}') as object), '/data/x/__proto__'],
    ['a sealed value', v2({ name: 'Ada', x: { $sealed: {} } }), '/data/x/$sealed'],
    ['a text that is too large', v2({ name: 'Ada', first_mes: 'x'.repeat(65_537) }), '/data/first_mes'],
    ['NUL', v2({ name: 'A\0' }), '/data/name'],
    ['half of a character', { name: 'Ada', description: '\uD83D' }, '/description'],
    ['a name that cannot be stored', v2({ name: 'Ada', x: { '\0': 1 } }), '/data/x'],
    ['an empty name', v2({ name: 'Ada', '': 1 }), '/data'],
    ['a long name beside the fields', v2({ name: 'Ada' }, { ['x'.repeat(101)]: 1 }), ''],
    ['a value that is nested too deep', v2({ name: 'Ada', x: deep(18) }), `/data/x${'/a'.repeat(16)}`],
    ['a value without a bottom', { name: 'Ada', x: deep(5_000) }, `/x${'/a'.repeat(30)}`],
    [
      'a person',
      v2({ name: 'Ada', extensions: { dramatis: { config: { identity: { subjectId: 'ada' } } } } }),
      '/data/extensions/dramatis/config/identity/subjectId',
    ],
    [
      'a person in V1',
      { name: 'Ada', extensions: { dramatis: { x: [{ writing: { subjectId: 1 } }] } } },
      '/extensions/dramatis/x/0/writing/subjectId',
    ],
    [
      'a person in a `data` that says nothing',
      { name: 'Ada', data: { extensions: { dramatis: { config: { identity: { subjectId: 'ada' } } } } } },
      '/data/extensions/dramatis/config/identity/subjectId',
    ],
    ['too much', v2({ name: 'Ada', greetings: Array(5).fill('x'.repeat(60_000)) }), ''],
  ])('%s', (_, json, pointer) => {
    expect(refusal(json)?.map((error) => error.pointer)).toEqual([pointer]);
  });

  it('and nothing else: nesting up to 16, texts up to 64 KiB, lorebooks of any length', () => {
    const entries = Array.from({ length: 500 }, (_, n) => ({ keys: [`k${n}`], content: 'x'.repeat(200) }));
    for (const more of [
      { x: deep(16) },
      { first_mes: 'x'.repeat(65_536) },
      { character_book: { entries } },
    ]) {
      expect(refusal(v2({ name: 'Ada', ...more }))).toBeNull();
    }
  });
});

describe('a configuration is made of a card', () => {
  it('by the mapping', () => {
    const data = {
      name: ' Ada\nLovelace ',
      description: 'D'.repeat(1_500),
      personality: 'exact',
      system_prompt: '{{original}} Count.',
      tags: ['maths', 'maths\n', '', 7, 'x'.repeat(60)],
    };
    expect(configOf(v2(data))).toMatchObject({
      name: 'Ada Lovelace',
      description: 'D'.repeat(1_000),
      traits: [{ name: 'character', category: 'personality', value: 'exact', weight: 1 }],
      systemPromptTemplate: '{{original}} Count.',
      tags: ['maths', '7', 'x'.repeat(50)],
      responseStyle: { type: 'creative', tone: 'in character', formalityLevel: 5, verbosity: 5 },
      interactionMode: 'conversational',
      card: { spec: 'v2', data },
    });
  });

  it.each([
    [{ name: 'Ada', personality: 'exact' }, 'exact', 'exact'],
    [{ name: 'Ada', scenario: 'an engine' }, 'an engine', 'Ada'],
    [{ name: 'Ada', creator_notes: 'made' }, 'made', 'Ada'],
    [{ name: 'Ada', description: ' ' }, 'Ada', 'Ada'],
    [{ name: '\u202E', first_mes: 'Hi' }, 'Unnamed character', 'Unnamed character'],
  ])('of %j, which lacks a description', (data, description, value) => {
    const config = configOf(data);
    expect([config.description, config.traits[0]!.value]).toEqual([description, value]);
    expect(config).not.toHaveProperty('systemPromptTemplate');
  });

  it('of tags in one text', () => {
    expect(configOf({ name: 'Ada', tags: 'maths, poetry,,maths' }).tags).toEqual(['maths', 'poetry']);
  });

  it('that is always valid, however odd the card', () => {
    fc.assert(
      fc.property(fc.oneof(v1Card, v2Card, v3Card), (card) => {
        const { config } = reading(card);
        expect(personaConfig.parse(config)).toEqual(config);
      }),
      { seed },
    );
  });

  it('and reading never throws, whatever is read', () => {
    const json = fc.oneof(
      fc.anything({ withNullPrototype: false, maxDepth: 4 }),
      fc.jsonValue(),
      fc.jsonValue().map((data) => ({ spec: 'chara_card_v2', data })),
      fc.dictionary(fc.constantFrom('name', 'description', 'extensions', 'tags', 'data'), fc.jsonValue()),
    );
    fc.assert(
      fc.property(json, (value) => {
        const given = JSON.parse(JSON.stringify(value) ?? 'null') as unknown;
        const found = cardIn(given);
        if ('config' in found) expect(personaConfig.safeParse(found.config).success).toBe(true);
        else expect(found.refused.length).toBeGreaterThan(0);
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe('an extension that is none of ours is kept', () => {
  it.each([
    ['of another format', { formatVersion: 2, config: { name: 'Eve' } }],
    ['with an invalid configuration', { formatVersion: 1, config: { name: '' } }],
    ['with a card inside', { formatVersion: 1, config: { card: { spec: 'v1', data: {} } } }],
    ['that is no object', 'x'],
  ])('%s', (_, dramatis) => {
    const data = { name: 'Ada', extensions: { dramatis } };
    expect(configOf(v2(data))).toMatchObject({ name: 'Ada', card: { data } });
  });
});

describe('cardInput', () => {
  it('takes cards and refuses others with the path of the fault', () => {
    const card = v2({ name: 'Ada' });
    expect(cardInput.parse(card)).toEqual(card);
    expect(personaFromCard(card)).toEqual(configOf(card));
    const refused = cardInput.safeParse(v2({ name: 'Ada', 'a/b': 'x'.repeat(65_537) }));
    expect(refused.error?.issues.map(({ path }) => path)).toEqual([['data', 'a/b']]);
    expect(cardInput.safeParse({}).error?.issues.map(({ path }) => path)).toEqual([[]]);
    expect(cardInput.safeParse([]).success).toBe(false);
    expect(() => personaFromCard({})).toThrow('refused');
  });
});
