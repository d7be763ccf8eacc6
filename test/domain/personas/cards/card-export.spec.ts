import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { same } from '../../../../src/domain/content-hash.js';
import { cardFrom } from '../../../../src/domain/personas/cards/card-export.js';
import { cardIn } from '../../../../src/domain/personas/cards/card-import.js';
import { saysSomething, textOf } from '../../../../src/domain/personas/cards/fitted-text.js';
import type { TargetSpec } from '../../../../src/domain/personas/cards/character-card.js';
import { personaConfig, type PersonaConfig } from '../../../../src/domain/personas/persona-config.js';
import {
  editedCard,
  facetedConfig,
  v1Card,
  v2Card,
  v3Card,
  wholeV3Card,
  type CardJson,
} from '../../../support/card-arbitrary.js';
import { config } from '../../../support/persona-examples.js';
import { seedFor } from '../../../support/seed.js';

const seed = seedFor('character cards go out');
const imported = (json: unknown): PersonaConfig => {
  const found = cardIn(json);
  if ('refused' in found) throw new Error(JSON.stringify(found.refused));
  return found.config;
};
const fieldsOf = (card: CardJson): CardJson => card['data'] as CardJson;
const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const spec = fc.constantFrom<TargetSpec>('v2', 'v3');

/** Without the card, and without what is about a real person. */
function comparable({ card: _, ...given }: PersonaConfig): Partial<PersonaConfig> {
  const isPersonal = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, 'subjectId');
  return Object.fromEntries(Object.entries(given).filter(([, value]) => !isPersonal(value)));
}

const ada = {
  spec: 'chara_card_v2',
  spec_version: '2.0',
  name: 'Ada',
  description: 'another one',
  fav: true,
  data: { name: 'Ada', description: 'D'.repeat(1_500), personality: 'exact', tags: ['b', 'a', 'a'], x: 1 },
};

describe('law 1: a configuration comes back from its card', () => {
  it('whole, but for what is about a real person; with a card only where it had one', () => {
    fc.assert(
      fc.property(facetedConfig, spec, (given, target) => {
        const exported = stored(cardFrom(given, target));
        const back = imported(exported);
        expect(comparable(back)).toEqual(comparable(given));
        expect(back).not.toHaveProperty('identity.subjectId');
        expect(back).not.toHaveProperty('writing.subjectId');
        if (!given.card) expect(back).not.toHaveProperty('card');
        expect(stored(cardFrom(back, target))).toEqual(exported);
      }),
      { seed, numRuns: 150 },
    );
  });

  it('whatever was edited of a card, and a second export is the first', () => {
    fc.assert(
      fc.property(editedCard, spec, (given, target) => {
        const exported = stored(cardFrom(given, target));
        const back = imported(exported);
        expect(comparable(back)).toEqual(comparable(given));
        expect(stored(cardFrom(back, target))).toEqual(exported);
      }),
      { seed, numRuns: 300 },
    );
  });

  it('and no real person is named in a card', () => {
    const identity = { subjectId: 'ada', background: 'secret' };
    const writing = { archetype: 'sage' };
    const given = personaConfig.parse({ ...config, identity, writing });
    const text = JSON.stringify(cardFrom(given, 'v2'));
    expect(text).not.toContain('secret');
    expect(text).toContain('sage');
  });
});

describe('law 2: a card that nothing was edited for is the very same card', () => {
  it.each([
    ['v2', v2Card],
    ['v3', v3Card],
  ] as const)('%s', (target, cards) => {
    fc.assert(
      fc.property(cards, (card) => {
        expect(cardFrom(stored(imported(card)), target)).toEqual(card);
      }),
      { seed, numRuns: 150 },
    );
  });

  it('V1 as V2 keeps every field, and so does the way back', () => {
    fc.assert(
      fc.property(v1Card, (card) => {
        const second = cardFrom(imported(card), 'v2');
        expect(fieldsOf(second)).toMatchObject(card);
        expect(cardFrom(imported(second), 'v2')).toEqual(second);
      }),
      { seed },
    );
  });

  it('V3 as V2 and back is the same V3', () => {
    fc.assert(
      fc.property(wholeV3Card, (card) => {
        expect(cardFrom(imported(cardFrom(imported(card), 'v2')), 'v3')).toEqual(card);
      }),
      { seed },
    );
  });

  it('what another specification requires and is missing comes in its empty form', () => {
    const book = { entries: [{ keys: ['k'], content: 'c' }, 'odd'] };
    const data = { ...ada.data, character_book: book };
    const exported = cardFrom(imported({ ...ada, data }), 'v3');
    expect(exported).toMatchObject({ spec: 'chara_card_v3', spec_version: '3.0', fav: true });
    expect(fieldsOf(exported)).toEqual({
      ...data,
      scenario: '',
      first_mes: '',
      mes_example: '',
      creator_notes: '',
      system_prompt: '',
      post_history_instructions: '',
      creator: '',
      character_version: '',
      alternate_greetings: [],
      group_only_greetings: [],
      extensions: {},
      character_book: { entries: [{ keys: ['k'], content: 'c', use_regex: false }, 'odd'] },
    });
  });
});

describe('law 3: editing a field changes that field', () => {
  const edits: [string, unknown, (given: PersonaConfig) => PersonaConfig][] = [
    ['name', 'Countess', (given) => ({ ...given, name: 'Countess' })],
    ['description', 'short', (given) => ({ ...given, description: 'short' })],
    ['system_prompt', 'Count.', (given) => ({ ...given, systemPromptTemplate: 'Count.' })],
    ['tags', ['poetry'], (given) => ({ ...given, tags: ['poetry'] })],
    ['personality', 'stern', (given) => ({ ...given, traits: [{ ...given.traits[0]!, value: 'stern' }] })],
  ];

  const isBlank = (text: unknown): boolean => !saysSomething(textOf(text));
  const derivedFromIt: Record<string, string[]> = {
    name: ['description', 'personality'],
    personality: ['description'],
  };
  /** What the persona had, of the blank fields that are written beside the one that is edited. */
  function moved(field: string, fields: CardJson, former: CardJson, given: PersonaConfig): CardJson {
    const had: CardJson = { description: given.description, personality: given.traits[0]!.value };
    const names = (derivedFromIt[field] ?? []).filter(
      (name) => isBlank(former[name]) && !same(fields[name], former[name]),
    );
    return Object.fromEntries(names.map((name) => [name, had[name]]));
  }

  it.each(edits)('%s, and blank ones that were derived from it', (field, value, edit) => {
    fc.assert(
      fc.property(fc.oneof(v2Card, v3Card), (card) => {
        const target = card['spec'] === 'chara_card_v3' ? 'v3' : 'v2';
        const given = imported(card);
        const exported = cardFrom(edit(given), target);
        const { extensions: _, ...fields } = fieldsOf(exported);
        const { extensions: __, ...former } = fieldsOf(card);
        const written = { ...moved(field, fields, former, given), [field]: value };
        expect(fields).toEqual({ ...former, ...written });
        const repeated = Object.entries(written).filter(
          ([name]) => Object.hasOwn(card, name) && same(card[name], former[name]),
        );
        expect({ ...exported, data: 0 }).toEqual({ ...card, data: 0, ...Object.fromEntries(repeated) });
      }),
      { seed, numRuns: 60 },
    );
  });

  it('a blank description or personality keeps what the persona had before its name was another one', () => {
    const data = { name: 'Ada', description: '', personality: ' ', scenario: 'an engine' };
    const given = imported({ ...ada, description: 'other', data });
    expect(cardFrom({ ...given, name: 'Countess' }, 'v2')).toEqual({
      ...ada,
      name: 'Countess',
      description: 'other',
      data: { ...data, name: 'Countess', description: 'an engine', personality: 'Ada' },
    });
    expect(cardFrom(given, 'v2')).toEqual({ ...ada, description: 'other', data });
  });

  it('needs no extension where the fields tell it all, and follows into repeated fields that said the same', () => {
    const given = imported(ada);
    expect(cardFrom({ ...given, name: 'Countess', description: 'short' }, 'v2')).toEqual({
      ...ada,
      name: 'Countess',
      data: { ...ada.data, name: 'Countess', description: 'short' },
    });
    expect(cardFrom({ ...given, tags: [] }, 'v2')).toEqual({ ...ada, data: { ...ada.data, tags: [] } });
  });

  it('an instruction that was taken away is empty', () => {
    const given = imported({ ...ada, data: { ...ada.data, system_prompt: 'Count.' } });
    const { systemPromptTemplate: _, ...without } = given;
    expect(fieldsOf(cardFrom(without, 'v2'))).toEqual({ ...ada.data, system_prompt: '' });
  });

  it('everything else stands in the extension', () => {
    const exported = cardFrom({ ...imported(ada), temperature: 1.5 }, 'v2');
    const dramatis = { formatVersion: 1, config: { temperature: 1.5 } };
    expect(exported).toEqual({ ...ada, data: { ...ada.data, extensions: { dramatis } } });
    expect(imported(exported).temperature).toBe(1.5);
  });
});

describe('a card that was edited elsewhere', () => {
  const exported = stored(cardFrom({ ...imported(ada), temperature: 1.5, tags: ['x'] }, 'v2'));
  const elsewhere = (fields: CardJson): PersonaConfig =>
    imported({ ...exported, data: { ...fieldsOf(exported), ...fields } });

  it.each([
    [{ name: 'Eve' }, { name: 'Eve' }],
    [{ description: 'new' }, { description: 'new' }],
    [{ personality: 'wild' }, { traits: [{ name: 'character', value: 'wild' }] }],
    [{ tags: [] }, { tags: [] }],
    [{ system_prompt: 'Sing.' }, { systemPromptTemplate: 'Sing.' }],
    [{ description: '' }, { description: 'exact' }],
  ])('is applied over its extension: %j', (fields, expected) => {
    const { card: _, ...given } = imported(exported);
    expect(elsewhere(fields)).toMatchObject({ ...given, ...expected, card: { data: fields } });
  });

  it('keeps what the extension says where a field says nothing', () => {
    const given = { ...imported(ada), name: ' padded ' };
    const card = cardFrom(given, 'v2');
    expect(imported(card).name).toBe(' padded ');
    expect(imported({ ...card, data: { ...fieldsOf(card), name: '' } }).name).toBe(' padded ');
    expect(imported({ ...card, data: { ...fieldsOf(card), name: 'Eve' } }).name).toBe('Eve');
  });

  it('loses the instruction that was taken away there', () => {
    const given = { ...imported(ada), temperature: 1.5, systemPromptTemplate: 'Count.' };
    const card = cardFrom(given, 'v2');
    const without = imported({ ...card, data: { ...fieldsOf(card), system_prompt: '' } });
    expect(without).not.toHaveProperty('systemPromptTemplate');
    expect(without.temperature).toBe(1.5);
  });

  it('is kept from then on, when it was made of a configuration alone', () => {
    const card = stored(cardFrom(config, 'v3'));
    const edited = { ...card, data: { ...fieldsOf(card), first_mes: 'Hello' } };
    const back = imported(edited);
    expect(back).toMatchObject({ ...config, card: { spec: 'v3', data: { first_mes: 'Hello' } } });
    expect(cardFrom(back, 'v3')).toEqual(edited);
  });
});

describe('a persona without a card', () => {
  it.each(['v2', 'v3'] as const)('gets a whole one: %s', (target) => {
    const exported = cardFrom(personaConfig.parse({ ...config, tags: ['a'] }), target);
    expect(fieldsOf(exported)).toMatchObject({
      name: config.name,
      description: config.description,
      personality: 'analytical: 90/100',
      system_prompt: '',
      tags: ['a'],
      alternate_greetings: [],
      extensions: { dramatis: { config: { temperature: 0.3 } } },
    });
    expect(exported['spec']).toBe(`chara_card_${target}`);
    expect(Object.hasOwn(fieldsOf(exported), 'group_only_greetings')).toBe(target === 'v3');
  });

  it('is told by its traits in words', () => {
    const traits = [
      { name: 'warmth', category: 'personality', value: 80 },
      { name: 'humour', category: 'personality', value: true },
      { name: 'haste', category: 'behavioral', value: false },
      { name: 'voice', category: 'communication', value: 'low' },
    ];
    const given = personaConfig.parse({ ...config, traits });
    expect(fieldsOf(cardFrom(given, 'v2'))['personality']).toBe(
      'warmth: 80/100; humour; not haste; voice: low',
    );
  });
});
