import { describe, expect, it } from 'vitest';
import {
  customizableFields,
  stepsTo,
  storedFields,
} from '../../../../src/domain/personas/templates/customizable-fields.js';
import { configShape } from '../../../../src/domain/personas/persona-config.js';

const isField = (name: string): boolean => customizableFields.safeParse([name]).success;

describe('customizable fields', () => {
  it('are the members of a configuration', () => {
    for (const name of Object.keys(configShape)) expect(isField(name)).toBe(true);
  });

  it.each([
    'responseStyle.tone',
    'memory.maxContextTokens',
    'voice.pitch',
    'prompt.content.editableContent',
    'identity.goals',
    'metadata',
  ])('may lead below an object: %s', (name) => {
    expect(isField(name)).toBe(true);
  });

  it.each([
    ['no member', 'colour'],
    ['no member of that object', 'responseStyle.colour'],
    ['a list', 'traits.0'],
    ['a dictionary', 'metadata.team'],
    ['what can be personal', 'identity.goals.shortTerm'],
    ['a text', 'name.length'],
    ['nothing', ''],
    ['a pointer', '/traits'],
    ['an object’s own', 'constructor'],
  ])('lead nowhere else: %s', (_, name) => {
    expect(isField(name)).toBe(false);
  });

  it('are held by events whatever a configuration comes to be', () => {
    const all = customizableFields.element.options;
    for (const name of all) expect(storedFields.safeParse([name]).success, name).toBe(true);
    expect(storedFields.safeParse(['formerMember.below']).success).toBe(true);
    expect(storedFields.safeParse(['no such thing']).success).toBe(false);
  });

  it('are at most 100', () => {
    expect(customizableFields.safeParse(Array(101).fill('traits')).success).toBe(false);
  });

  it('are walked step by step', () => {
    expect(stepsTo('prompt.content.editableContent')).toEqual(['prompt', 'content', 'editableContent']);
  });
});
