import { describe, expect, it } from 'vitest';
import { configFromCard } from '../../../../src/domain/personas/cards/card-import.js';
import type { Card } from '../../../../src/domain/personas/persona-facets.js';
import {
  characterIn,
  characterSection,
  isDescribed,
  postHistoryInstructions,
} from '../../../../src/domain/personas/prompts/prompt-character.js';
import { configWith } from '../../../support/persona-examples.js';

type Fields = Record<string, unknown>;
const withLore = (...entries: unknown[]): Fields => ({ character_book: { entries } });
const lore = (card: Fields, context?: string): string[] =>
  characterSection(card, context).split('\n\n').filter(Boolean).join('\n').split('\n').slice(2);

describe('the character', () => {
  it('is what the card says of it, in a fixed order', () => {
    const card = {
      mes_example: '<START>\n{{user}}: Hi\n{{char}}: Hello',
      scenario: 'A library.',
      personality: 'curious',
      description: 'Ada reads.\n',
      first_mes: 'Hello!',
      system_prompt: 'not here',
      character_book: { entries: [{ constant: true, content: 'The library is old.' }] },
    };
    expect(characterSection(card, undefined)).toBe(
      `## Character
Ada reads.

### Personality
curious

### Scenario
A library.

### Example messages
<START>
{{user}}: Hi
{{char}}: Hello

### Lore
The library is old.`,
    );
  });

  it('is nothing without a card, and for a card that says nothing', () => {
    expect([characterSection(undefined, ''), characterSection({ description: ' ' }, '')]).toEqual(['', '']);
  });

  it('is told whatever the form of the card: what does not belong counts as absent', () => {
    const odd = { description: 7, personality: ['x'], scenario: null, character_book: 'none' };
    expect(characterSection(odd, 'x')).toBe('');
    expect(characterSection(withLore(null, 7, [], { content: 5, constant: true }, { keys: 'x' }), 'x')).toBe(
      '',
    );
    expect([isDescribed(odd), isDescribed(undefined)]).toEqual([false, false]);
    expect([postHistoryInstructions(odd), postHistoryInstructions(undefined)]).toEqual(['', '']);
  });

  it('tells whether the card describes it, and what comes last', () => {
    const card = { description: 'Ada.', post_history_instructions: ' Stay brief. ' };
    expect(isDescribed(card)).toBe(true);
    expect(postHistoryInstructions(card)).toBe('Stay brief.');
    expect(characterSection(card, undefined)).not.toContain('brief');
  });
});

describe('the card of a persona', () => {
  const card: Card = {
    spec: 'v2',
    data: { name: 'Ada', description: 'D'.repeat(2_000), personality: 'calm' },
  };
  const imported = configFromCard(card);
  const traits = imported.traits.map((trait) => ({ ...trait, value: 'wild' }));

  it('tells in full what the configuration holds in short', () => {
    expect(imported.description).toHaveLength(1_000);
    expect(characterIn(imported)).toMatchObject(card.data);
    expect(characterIn(configWith({}))).toBe(undefined);
  });

  it('is overruled by what was edited since', () => {
    const edited = { ...imported, description: 'Short.', traits };
    expect(characterIn(edited)).toMatchObject({ description: 'Short.', personality: 'wild' });
  });
});

describe('lore', () => {
  it('applies when it is constant or one of its keys occurs, lowest insertion order first', () => {
    const card = withLore(
      { keys: ['dragon', 'wyrm'], content: 'Dragons sleep.', insertion_order: 5 },
      { keys: ['castle'], content: 'The castle burns.', insertion_order: 1 },
      { keys: [], constant: true, content: 'It rains.' },
      { keys: ['DRAGON'], content: 'They snore.', insertion_order: 5 },
    );
    expect(lore(card, 'a Dragon! a dragonfly')).toEqual(['It rains.', 'Dragons sleep.', 'They snore.']);
    expect(lore(card, 'castles')).toEqual(['It rains.']);
    expect(lore(card)).toEqual(['It rains.']);
  });

  it('that is disabled never applies', () => {
    expect(lore(withLore({ enabled: false, constant: true, keys: ['a'], content: 'x' }), 'a')).toEqual([]);
  });

  it('may ask for a second key, and for its own case', () => {
    const selective = withLore({ keys: ['king'], selective: true, secondary_keys: ['crown'], content: 'x' });
    expect([lore(selective, 'the king'), lore(selective, 'the king’s crown')]).toEqual([[], ['x']]);
    const alone = withLore({ keys: ['king'], selective: true, secondary_keys: [], content: 'x' });
    expect(lore(alone, 'the king')).toEqual(['x']);
    const exact = withLore({ keys: ['King'], case_sensitive: true, content: 'x' });
    expect([lore(exact, 'the king'), lore(exact, 'the King')]).toEqual([[], ['x']]);
  });

  it('with patterns for keys applies only when it is constant: they are not run', () => {
    expect(lore(withLore({ keys: ['(a+)+$'], use_regex: true, content: 'x' }), '(a+)+$')).toEqual([]);
  });
});
