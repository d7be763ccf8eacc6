/** The mapping between a card's fields and a configuration; its laws stand with the import and the export. */
import { describe, expect, it } from 'vitest';
import {
  converted,
  derivedFrom,
  freshCard,
  isSilent,
  mappings,
} from '../../../../src/domain/personas/cards/character-card.js';
import { personaConfig } from '../../../../src/domain/personas/persona-config.js';
import { config } from '../../../support/persona-examples.js';

describe('the mapping', () => {
  it('is from fields to members and back', () => {
    const data = {
      name: 'Ada',
      description: 'counts',
      personality: 'exact',
      system_prompt: 'Count.',
      tags: ['a'],
    };
    const derived = derivedFrom({ spec: 'v2', data });
    for (const { field, said, taken } of mappings) {
      expect(said(derived)).toEqual(data[field as keyof typeof data]);
      expect(said(taken(derivedFrom({ spec: 'v2', data: {} }), derived))).toEqual(said(derived));
    }
  });

  it('says nothing of a personality where there is no such trait', () => {
    const personality = mappings.find(({ field }) => field === 'personality')!;
    expect(personality.said(config)).toBeUndefined();
    expect(personality.taken(config, derivedFrom({ spec: 'v1', data: {} }))).toEqual(config);
  });

  it('makes a whole configuration of nothing', () => {
    const derived = derivedFrom({ spec: 'v1', data: {} });
    expect(derived).toMatchObject({ name: 'Unnamed character', description: 'Unnamed character', tags: [] });
    expect(personaConfig.parse(derived)).toEqual(derived);
  });
});

describe('a card', () => {
  it('is silent when no text in it says something', () => {
    expect(isSilent({ name: ' ', tags: ['a'], creator: 'me' })).toBe(true);
    expect(isSilent({ first_mes: 'Hi' })).toBe(false);
    expect(isSilent({ name: 7 })).toBe(false);
  });

  it('of another specification keeps its fields', () => {
    const third = {
      spec: 'v3' as const,
      specVersion: '3.0',
      data: { name: 'Ada', nickname: 'A' },
      outer: { spec_version: 3 },
    };
    expect(converted(third, 'v2')).toMatchObject({
      spec: 'v2',
      specVersion: '2.0',
      data: { name: 'Ada', nickname: 'A', tags: [] },
    });
    expect(converted(third, 'v2')).not.toHaveProperty('outer');
  });

  it('is made of a configuration', () => {
    expect(freshCard(config, 'v2').data).toMatchObject({ name: config.name, scenario: '', extensions: {} });
  });
});
