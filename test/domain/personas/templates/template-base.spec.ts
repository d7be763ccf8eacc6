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

  it('holds what it is given, complete, and no default of what it is not given', () => {
    expect(templateBase.parse({})).toEqual({});
    expect(baseWith({}, input.parse({}))).toEqual({});
    expect(baseWith({}, input.parse({ baseMemory: { maxContextTokens: 500 } }))).toMatchObject({
      memory: { maxContextTokens: 500, retentionPeriodHours: 24 },
    });
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
  });
});
