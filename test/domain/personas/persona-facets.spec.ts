import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { card, identity, lockedParts, prompt, writing } from '../../../src/domain/personas/persona-facets.js';
import { contains, unwrapped, walk, withoutDefaults } from '../../../src/domain/schema-walk.js';
import { isPersonal, siblingOf } from '../../../src/domain/sealed.js';
import { storedSchema } from '../../../src/domain/stored-schema.js';
import { sealed } from '../../support/given.js';

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;
const bigFive = {
  openness: 50,
  conscientiousness: 50,
  extraversion: 50,
  agreeableness: 50,
  neuroticism: 50,
};

describe('the big five', () => {
  it.each(Object.keys(bigFive))('%s is 0 to 100', (name) => {
    const scores = [0, 33.3, 100, -0.1, 100.1, '50', null];
    expect(scores.map((score) => accepts(identity, { bigFive: { ...bigFive, [name]: score } }))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('come together or not at all', () => {
    const { openness: _, ...four } = bigFive;
    expect(accepts(identity, { bigFive: four })).toBe(false);
    expect(accepts(identity, {})).toBe(true);
  });
});

describe('ranges', () => {
  it.each<[where: string, schema: z.ZodType, of: (size: number) => object, max: number]>([
    ['prompt.startLocked', prompt, (n) => ({ content: { startLocked: 'x'.repeat(n) } }), 32_768],
    ['prompt.editableContent', prompt, (n) => ({ content: { editableContent: 'x'.repeat(n) } }), 65_536],
    ['prompt.endLocked', prompt, (n) => ({ content: { endLocked: 'x'.repeat(n) } }), 32_768],
    ['prompt.meaning', prompt, (n) => ({ meaning: 'x'.repeat(n) }), 1_000],
    ['prompt.model', prompt, (n) => ({ model: 'x'.repeat(n) }), 200],
    ['identity.background', identity, (n) => ({ background: 'x'.repeat(n) }), 10_000],
    ['identity.values', identity, (n) => ({ values: Array.from({ length: n }, () => ({ value: 'v' })) }), 50],
    ['identity.interests', identity, (n) => ({ interests: Array.from({ length: n }, () => 'i') }), 100],
    ['writing.archetype', writing, (n) => ({ archetype: 'x'.repeat(n) }), 100],
    ['writing.coreBelief', writing, (n) => ({ coreBelief: 'x'.repeat(n) }), 2_000],
    ['writing.brandVoiceDescription', writing, (n) => ({ brandVoiceDescription: 'x'.repeat(n) }), 5_000],
  ])('%s has a bound', (_, schema, of, max) => {
    expect([1, max, max + 1].map((size) => accepts(schema, of(size)))).toEqual([true, true, false]);
  });

  it('the priority of a value is a level', () => {
    const priorities = [1, 10, 0, 11, 1.5];
    expect(priorities.map((priority) => accepts(identity, { values: [{ value: 'v', priority }] }))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('members', () => {
  it.each<[schema: z.ZodType, value: object]>([
    [prompt, { startLocked: 'x' }],
    [prompt, { content: { locked: 'x' } }],
    [prompt, { allowedTools: 'search' }],
    [prompt, { content: { startLocked: '' } }],
    [identity, { age: 5 }],
    [identity, { subjectId: 'ada@acme.org' }],
    [identity, { subjectId: '' }],
    [identity, { goals: { shortTerm: 'one' } }],
    [identity, { communicationStyle: { tone: ['two\nlines'] } }],
    [writing, { archetype: 'two\nlines' }],
    [writing, { linguisticFingerprint: { a: { constructor: 1 } } }],
    [writing, { linguisticFingerprint: [] }],
    [card, { spec: 'v4', data: {} }],
    [card, { spec: 'v2' }],
    [card, { spec: 'v2', data: [] }],
  ])('%#: %j is refused', (schema, value) => {
    expect(accepts(schema, value)).toBe(false);
  });

  it('an empty list of tools allows none, an absent one all: they are told apart', () => {
    expect(prompt.parse({ allowedTools: [] })).toHaveProperty('allowedTools', []);
    expect(prompt.parse({})).not.toHaveProperty('allowedTools');
  });

  it('the locked parts are members of the prompt’s content', () => {
    const content = unwrapped(prompt.shape.content) as z.ZodObject;
    expect(Object.keys(content.shape)).toEqual(expect.arrayContaining([...lockedParts]));
  });
});

describe('defaults', () => {
  it('an empty facet stays empty: no default makes it say what nobody said', () => {
    expect(identity.parse({})).toEqual({});
    expect(writing.parse({})).toEqual({});
    expect(prompt.parse({})).toEqual({ sysInfoEnabled: false, userProfileEnabled: false });
  });

  it('there are none within what may be sealed: nobody could tell them from a person’s word', () => {
    for (const facet of [identity, writing]) {
      walk(facet, (node, path) => {
        expect(withoutDefaults(node), path.join('/')).toBe(node);
      });
    }
  });
});

describe('what is about a real person', () => {
  it.each([
    ['identity', identity],
    ['writing', writing],
  ])('%s: all but the subject’s id is personal beside that id, each member as a whole', (_, facet) => {
    for (const [name, node] of Object.entries(facet.shape)) {
      expect(siblingOf(unwrapped(node)), name).toBe(name === 'subjectId' ? undefined : 'subjectId');
    }
  });

  it('a prompt and a card are about nobody', () => {
    for (const facet of [prompt, card]) expect(contains(facet, isPersonal)).toBe(false);
  });

  it.each([
    ['sealed, with the subject', { subjectId: 's', goals: sealed({ shortTerm: ['x'] }) }, true],
    ['plain, with the subject', { subjectId: 's', goals: { shortTerm: ['x'] } }, false],
    ['sealed, without one', { goals: sealed({ shortTerm: ['x'] }) }, false],
    ['plain, without one', { goals: { shortTerm: ['x'] } }, true],
    ['the subject alone', { subjectId: 's' }, true],
    ['nothing', {}, true],
    ['some sealed and some not', { subjectId: 's', goals: sealed({}), background: 'x' }, false],
    ['inner parts sealed', { subjectId: 's', goals: { shortTerm: [sealed('x')] } }, false],
  ])('is stored %s: %#', (_, value, isAccepted) => {
    expect(accepts(storedSchema(identity), value)).toBe(isAccepted);
  });
});
