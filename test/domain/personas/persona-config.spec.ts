import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  configIn,
  configShape,
  givenRules,
  givenShape,
  interactionMode,
  maxConfigBytes,
  personaConfig,
  responseStyleType,
  storedConfig,
  traitCategory,
} from '../../../src/domain/personas/persona-config.js';
import { builtInPersonas } from '../../../src/domain/personas/built-in-personas.js';
import { sealed } from '../../support/given.js';
import { assistant } from '../../support/persona-examples.js';

/** The assistant with the value at a path replaced; `undefined` takes it away. */
function withAt(path: string, value: unknown): unknown {
  const copy = structuredClone({
    ...assistant,
    knowledgeDomains: [domain],
    behaviorRules: [rule],
  }) as unknown;
  const steps = path.split('.');
  let place = copy as Record<string, unknown>;
  for (const step of steps.slice(0, -1)) place = (place[step] ??= {}) as Record<string, unknown>;
  if (value === undefined) delete place[steps.at(-1)!];
  else place[steps.at(-1)!] = value;
  return copy;
}
const domain = { name: 'code', expertiseLevel: 5, topics: ['types'] };
const rule = { condition: 'asked for code', action: 'give code' };
const accepts = (path: string, value: unknown): boolean =>
  personaConfig.safeParse(withAt(path, value)).success;

describe('defaults', () => {
  it('are those of the seed', () => {
    const config = personaConfig.parse({
      ...assistant,
      voice: {},
      knowledgeDomains: [domain],
      behaviorRules: [rule],
    });
    expect(config).toMatchObject({
      interactionMode: 'conversational',
      temperature: 0.3,
      maxTokens: 2000,
      tags: [],
      responseStyle: { useExamples: true, useAnalogies: false, emojiUsage: false },
      memory: {
        retentionPeriodHours: 24,
        maxContextTokens: 4000,
        summarizationThreshold: 2000,
        priorityTopics: [],
        forgetPatterns: [],
        useSemanticCompression: true,
        memoryIndexingEnabled: true,
      },
      voice: { language: 'en-US', speakingRate: 1, pitch: 1, volume: 1 },
      knowledgeDomains: [{ priority: 5, relatedTools: [], contextKeywords: [] }],
      behaviorRules: [{ priority: 5, isMandatory: false, exceptions: [] }],
    });
    expect(personaConfig.parse({ ...assistant, temperature: undefined }).temperature).toBe(0.7);
    expect(
      personaConfig.parse({ ...assistant, traits: [{ ...assistant.traits[0], weight: undefined }] }),
    ).toMatchObject({
      traits: [{ weight: 1 }],
    });
  });

  it('leave absent what has none', () => {
    const config = personaConfig.parse(assistant);
    const optional = [
      'avatarUrl',
      'voice',
      'systemPromptTemplate',
      'metadata',
      'prompt',
      'identity',
      'writing',
    ];
    expect(config.memory).not.toHaveProperty('persistence');
    for (const name of [...optional, 'card']) {
      expect(config).not.toHaveProperty(name);
    }
  });
});

describe('enums', () => {
  it('are spelt as the seed spells them', () => {
    expect(traitCategory.options).toEqual([
      'personality',
      'communication',
      'expertise',
      'behavioral',
      'cognitive',
    ]);
    expect(responseStyleType.options).toEqual([
      'formal',
      'casual',
      'technical',
      'creative',
      'educational',
      'empathetic',
    ]);
    expect(interactionMode.options).toEqual([
      'conversational',
      'task_oriented',
      'analytical',
      'creative',
      'advisory',
    ]);
    expect(accepts('interactionMode', 'task-oriented')).toBe(false);
  });
});

describe('ranges', () => {
  it.each([
    ['temperature', 0, 2, 0.01],
    ['maxTokens', 100, 32_000, 1],
    ['traits.0.value', 0, 100, 0.5],
    ['traits.0.weight', 0, 10, 0.5],
    ['responseStyle.formalityLevel', 1, 10, 1],
    ['responseStyle.verbosity', 1, 10, 1],
    ['knowledgeDomains.0.expertiseLevel', 1, 10, 1],
    ['knowledgeDomains.0.priority', 1, 10, 1],
    ['behaviorRules.0.priority', 1, 10, 1],
    ['memory.maxContextTokens', 100, 32_000, 1],
    ['voice.speakingRate', 0.5, 2, 0.1],
    ['voice.pitch', 0.5, 2, 0.1],
    ['voice.volume', 0, 1, 0.1],
  ])('%s is %d to %d', (path, min, max, step) => {
    expect([min, max, min - step, max + step].map((value) => accepts(path, value))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each([
    ['memory.retentionPeriodHours', 0, -1],
    ['memory.summarizationThreshold', 100, 99],
  ])('%s is at least %d', (path, min, less) => {
    expect([accepts(path, min), accepts(path, less)]).toEqual([true, false]);
  });

  it.each([
    ['name', 100],
    ['description', 1_000],
    ['responseStyle.tone', 50],
    ['traits.0.name', 100],
    ['traits.0.description', 500],
  ])('%s has 1 to %d characters', (path, max) => {
    const lengths = [1, max, 0, max + 1];
    expect(lengths.map((length) => accepts(path, 'x'.repeat(length)))).toEqual([true, true, false, false]);
    expect(accepts(path, ' \n ')).toBe(false);
  });

  it('a prompt has at most 64 KiB, counted in bytes', () => {
    expect(accepts('systemPromptTemplate', 'x'.repeat(65_536))).toBe(true);
    expect(accepts('systemPromptTemplate', 'x'.repeat(65_537))).toBe(false);
    expect(accepts('systemPromptTemplate', 'ü'.repeat(32_769))).toBe(false);
  });

  it('a configuration has at most 256 KiB', () => {
    const rules = (exceptions: string[]) =>
      Array.from({ length: 80 }, (_, n) => ({ condition: `${n}`, action: 'x'.repeat(2_000), exceptions }));
    expect(accepts('behaviorRules', rules([]))).toBe(true);
    const more = rules(['y'.repeat(1_000), 'z'.repeat(1_000)]);
    expect(accepts('behaviorRules', more)).toBe(false);
  });
});

describe('members', () => {
  it.each([
    'name',
    'description',
    'traits',
    'responseStyle',
    'responseStyle.tone',
    'knowledgeDomains.0.topics',
  ])('%s is required', (path) => {
    expect(accepts(path, undefined)).toBe(false);
  });

  it('a trait’s value is a number, a text or a boolean', () => {
    expect([7.5, 'senior', true].map((value) => accepts('traits.0.value', value))).toEqual([
      true,
      true,
      true,
    ]);
    expect([null, [], {}, ''].map((value) => accepts('traits.0.value', value))).not.toContain(true);
  });

  it.each([
    ['traits', []],
    ['knowledgeDomains.0.topics', []],
    ['knowledgeDomains.0.topics', ['']],
    ['tags', ['a', 'a']],
    ['knowledgeDomains', [domain, domain]],
    ['avatarUrl', 'javascript:alert(1)'],
    ['avatarUrl', 'avatar.png'],
    ['voice.language', 'english please'],
    ['status', 'active'],
    ['slug', 'a-slug'],
    ['memory.unknown', 1],
    ['name', 'abc\u202Edef'],
    ['name', 'two\nlines'],
    ['traits.0.name', '\u2066x'],
  ])('%s: %j is refused', (path, value) => {
    expect(accepts(path, value)).toBe(false);
  });

  it('a free dictionary holds any JSON but what means something to JavaScript', () => {
    expect(
      accepts('responseStyle.formattingPreferences', { bullets: true, nested: { levels: [1, null] } }),
    ).toBe(true);
    expect(accepts('metadata', { a: { constructor: 1 } })).toBe(false);
  });
});

describe('the schema', () => {
  it('has a JSON Schema', () => {
    const json = z.toJSONSchema(personaConfig, { io: 'input' });
    expect(json.required).toEqual(['name', 'description', 'traits', 'responseStyle']);
  });
});

describe('a configuration as it is stored', () => {
  const real = { subjectId: 's', goals: sealed({ shortTerm: ['x'] }) };
  const stored = (identity: object) => storedConfig.safeParse({ ...assistant, identity });

  it('has the personal members of a real person sealed, of an invented one not', () => {
    expect(stored(real).success).toBe(true);
    expect(stored({ goals: { shortTerm: ['x'] } }).success).toBe(true);
    expect(stored({ ...real, background: 'plain' }).error?.issues).toMatchObject([
      { path: ['identity', 'background'], message: 'belongs to subjectId: name it in the same edit' },
    ]);
  });

  it('keeps the rules across members', () => {
    const twice = { ...assistant, identity: real, tags: ['a', 'a'] };
    expect(storedConfig.safeParse(twice).error?.issues).toMatchObject([{ path: ['tags', 1] }]);
  });

  it('counts what is sealed as little: a short text is not too large for being sealed', () => {
    const background = sealed('x'.repeat(10_000));
    background.$sealed.ct = 'A'.repeat(maxConfigBytes);
    expect(stored({ subjectId: 's', background }).success).toBe(true);
  });
});

describe('a configuration that is given in part', () => {
  const form = z.strictObject(givenShape).superRefine(givenRules);

  it('gets no default: what is absent stays absent', () => {
    expect(form.parse({})).toEqual({});
    expect(form.parse({ name: 'x', temperature: 1 })).toEqual({ name: 'x', temperature: 1 });
  });

  it('knows all members, and keeps their marks and rules', () => {
    expect(Object.keys(givenShape)).toEqual(Object.keys(configShape));
    const two = [assistant.traits[0], assistant.traits[0]];
    expect(form.safeParse({ traits: two }).error?.issues).toMatchObject([{ path: ['traits', 1, 'name'] }]);
    expect(form.safeParse({ temperature: 3 }).success).toBe(false);
    expect(form.safeParse({ traits: [] }).success).toBe(false);
  });

  it('tells the defaults where people read them', () => {
    const { properties } = z.toJSONSchema(form, { io: 'input' });
    expect(properties).toMatchObject({
      temperature: { description: 'Default: 0.7' },
      interactionMode: { description: 'Default: "conversational"' },
      tags: { description: 'Default: []' },
    });
  });
});

describe('configIn', () => {
  it('leaves out what is no configuration, and adds nothing', () => {
    const { slug, ...config } = builtInPersonas[0]!;
    expect(configIn({ slug, ...config } as never)).toEqual(config);
  });
});
