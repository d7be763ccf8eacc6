import { describe, expect, it } from 'vitest';
import {
  customizableFields,
  lockPaths,
  stepsTo,
  storedFields,
} from '../../../../src/domain/personas/templates/customizable-fields.js';
import { follow } from '../../../../src/domain/json-pointer.js';
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
    ['a locked part', 'prompt.content.startLocked'],
    ['the other locked part', 'prompt.content.endLocked'],
    ['whom a facet is about', 'identity.subjectId'],
    ['whom the other facet is about', 'writing.subjectId'],
    ['nothing', ''],
    ['a pointer', '/traits'],
    ['an object’s own', 'constructor'],
  ])('lead nowhere else: %s', (_, name) => {
    expect(isField(name)).toBe(false);
  });

  it('are whole facets or nothing where a subject is named, and any part that is about nobody', () => {
    expect(['identity', 'identity.background', 'writing', 'writing.archetype'].every(isField)).toBe(true);
  });

  it.each([
    ['colour', 'is no member of a configuration'],
    ['prompt.content.endLocked', 'is never left to a persona: only owners of the tenant touch it'],
    ['writing.subjectId', 'is left to a persona with all that is beside it, or not at all'],
  ])('why %s is none is said', (name, message) => {
    expect(customizableFields.safeParse([name]).error!.issues).toMatchObject([{ path: [0], message }]);
  });

  it('lead past the locked parts, which are where the prompt has them', () => {
    const content = { startLocked: 'Be kind.', endLocked: 'Stop.' };
    expect(lockPaths.map((path) => follow({ prompt: { content } }, path).value)).toEqual(
      Object.values(content),
    );
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
