import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configShape } from '../../../../src/domain/personas/persona-config.js';
import {
  baseChangeShape,
  baseRules,
  baseShape,
  baseWith,
  templateBase,
} from '../../../../src/domain/personas/templates/template-base.js';
import { storedSchema } from '../../../../src/domain/stored-schema.js';
import { sealed } from '../../../support/given.js';
import { base } from '../../../support/template-examples.js';

const input = z.strictObject(baseShape).superRefine(baseRules);
const change = z.strictObject(baseChangeShape).superRefine(baseRules);

describe('the base of a template', () => {
  it('has every member of a configuration but its name and its card', () => {
    const members = Object.keys(configShape).filter((name) => name !== 'name' && name !== 'card');
    expect(Object.keys(templateBase.shape)).toEqual(members);
    const spelled = members.map((name) => `base${name[0]!.toUpperCase()}${name.slice(1)}`);
    expect(Object.keys(baseShape)).toEqual(spelled);
    expect(Object.keys(baseChangeShape)).toEqual(spelled);
  });

  it('holds what its author names and nothing else, at any depth: a default would be fixed by it', () => {
    const given = {
      baseMemory: { maxContextTokens: 500 },
      baseVoice: { provider: 'x' },
      baseResponseStyle: { tone: 'calm' },
      basePrompt: { content: { editableContent: 'Hello' } },
    };
    const named = {
      memory: { maxContextTokens: 500 },
      voice: { provider: 'x' },
      responseStyle: { tone: 'calm' },
      prompt: { content: { editableContent: 'Hello' } },
    };
    expect(templateBase.parse({})).toEqual({});
    expect(baseWith({}, input.parse({}))).toEqual({});
    expect(baseWith({}, input.parse(given))).toEqual(named);
    expect(baseWith({}, change.parse(given))).toEqual(named);
    expect(templateBase.parse(named)).toEqual(named);
  });

  it('holds whole items: what is left out in one of a list is its default', () => {
    const [rule] = input.parse({ baseBehaviorRules: [{ condition: 'x', action: 'y' }] }).baseBehaviorRules!;
    expect(rule).toEqual({ condition: 'x', action: 'y', priority: 5, isMandatory: false, exceptions: [] });
    expect(input.safeParse({ baseTraits: [{ name: 'x' }] }).success).toBe(false);
  });

  it('keeps every range', () => {
    for (const given of [
      { baseVoice: { pitch: 3 } },
      { baseResponseStyle: { tune: 'x' } },
      { baseIdentity: { bigFive: { openness: 5 } } },
    ]) {
      expect(input.safeParse(given).success).toBe(false);
      expect(change.safeParse(given).success).toBe(false);
    }
  });

  it('a change replaces what it names, null removes, the rest stays', () => {
    const changed = change.parse({ baseTemperature: 1, baseTags: null, baseVoice: null });
    const { tags: _, ...rest } = base;
    expect(baseWith(base, changed)).toEqual({ ...rest, temperature: 1 });
    expect(baseWith(base, change.parse({}))).toEqual(base);
  });

  it('cannot be null where it is made', () => {
    expect(input.safeParse({ baseTags: null }).success).toBe(false);
  });

  it('keeps the rules of a configuration, blamed on the input', () => {
    const paths = (given: unknown): unknown[] =>
      change.safeParse(given).error!.issues.map(({ path }) => path);
    const domain = { name: 'law', expertiseLevel: 5, topics: ['x'] };
    expect(paths({ baseKnowledgeDomains: [domain, domain] })).toEqual([['baseKnowledgeDomains', 1, 'name']]);
    expect(paths({ baseMetadata: { many: Array(5).fill('x'.repeat(60_000)) } })).toEqual([[]]);
    expect(paths({ baseIdentity: { subjectId: 'jane' } })).toEqual([['baseIdentity', 'subjectId']]);
    expect(paths({ baseWriting: { subjectId: 'jane', coreBelief: 'Less is more' } })).toEqual([
      ['baseWriting', 'subjectId'],
    ]);
  });

  it('says in the clear what it says of who a persona is and how it writes: it names no subject', () => {
    const facets = {
      identity: { values: [{ value: 'honesty' }], background: 'Born in a lamp', goals: { shortTerm: ['x'] } },
      writing: { archetype: 'sage', vocabularyProfile: { rare: true } },
    };
    const given = { baseIdentity: facets.identity, baseWriting: facets.writing };
    expect(baseWith({}, input.parse(given))).toEqual(facets);
    expect(storedSchema(templateBase).parse(facets)).toEqual(facets);
    const secret = { identity: { background: sealed('Born in 1990') } };
    expect(storedSchema(templateBase).safeParse(secret).success).toBe(false);
  });
});
