import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  customizableFields as fieldsSchema,
  lockPaths,
} from '../../../../src/domain/personas/templates/customizable-fields.js';
import { follow, isObject } from '../../../../src/domain/json-pointer.js';
import { personaConfig, type PersonaConfig } from '../../../../src/domain/personas/persona-config.js';
import { templateBase, type TemplateBase } from '../../../../src/domain/personas/templates/template-base.js';
import {
  adopted,
  instanceOf,
  instanceShape,
  type Given,
} from '../../../../src/domain/personas/templates/template-instance.js';
import { sealed } from '../../../support/given.js';
import { someConfig } from '../../../support/persona-arbitrary.js';
import { config } from '../../../support/persona-examples.js';
import { seedFor } from '../../../support/seed.js';
import { base, customizableFields } from '../../../support/template-examples.js';

const seed = seedFor('template instances');
const blueprint = { base, customizableFields };
const own = { name: 'Ada', description: 'Answers on weekends' };
const input = z.strictObject(instanceShape);

const made = (given: Given, template: Parameters<typeof instanceOf>[0] = blueprint): PersonaConfig => {
  const result = instanceOf(template, input.parse(given));
  if ('code' in result) throw new Error(JSON.stringify(result));
  return result.config;
};
const refusal = (
  given: Given,
  template: Parameters<typeof instanceOf>[0] = blueprint,
): [string, ...string[]] => {
  const result = instanceOf(template, given);
  if (!('code' in result)) throw new Error('it was made');
  return [result.code, ...result.errors.map(({ pointer }) => pointer)];
};

describe('an instance', () => {
  it('is the defaults, over them the base, over that what is given', () => {
    expect(made({ ...own, responseStyle: { tone: 'warm' } })).toEqual(
      personaConfig.parse({ ...own, ...base, responseStyle: { ...base.responseStyle, tone: 'warm' } }),
    );
  });

  it('has a name of its own, and a description of its own where the base has none', () => {
    expect(made(own)).toMatchObject(own);
    const described = { ...blueprint, base: { ...base, description: 'Answers' } };
    expect(made({ name: 'Ada' }, described).description).toBe('Answers');
    expect(refusal(own, described)).toEqual(['template-field-fixed', '/description']);
  });

  it('takes lists whole and objects in parts', () => {
    const traits = [{ name: 'calm', category: 'personality' as const, value: 50, weight: 1 }];
    expect(made({ ...own, traits }).traits).toEqual(traits);
    const template = { base, customizableFields: ['responseStyle'] };
    expect(made({ ...own, responseStyle: { verbosity: 1 } }, template).responseStyle).toEqual({
      ...config.responseStyle,
      verbosity: 1,
    });
  });

  it('fills what it makes new: a member that the base does not have', () => {
    expect(made({ ...own, voice: { pitch: 2 } }).voice).toEqual({
      pitch: 2,
      language: 'en-US',
      speakingRate: 1,
      volume: 1,
    });
  });

  it('takes for no override what would be so anyhow, by the base or by default', () => {
    const { traits, temperature, responseStyle } = base;
    expect(made({ ...own, traits, temperature, responseStyle })).toEqual(made(own));
    const byDefault = { maxTokens: 2_000, memory: {}, responseStyle: config.responseStyle };
    expect(made({ ...own, ...byDefault })).toEqual(made(own));
    expect(refusal({ ...own, voice: { volume: 1 } }, { base, customizableFields: [] })).toEqual([
      'template-field-fixed',
      '/voice/volume',
    ]);
  });

  it('fills with defaults what the base names in part', () => {
    const spoken = { ...base, voice: { provider: 'x' }, memory: { maxContextTokens: 500 } };
    const template = { base: spoken, customizableFields: ['voice.pitch'] };
    expect(made({ ...own, voice: { pitch: 2 } }, template)).toMatchObject({
      voice: { provider: 'x', pitch: 2, language: 'en-US', volume: 1 },
      memory: { maxContextTokens: 500, retentionPeriodHours: 24 },
    });
  });

  it('brings itself what the base has of a required object in part', () => {
    const calm = {
      base: { ...base, responseStyle: { tone: 'calm' } },
      customizableFields: ['responseStyle'],
    };
    const style = { type: 'formal' as const, formalityLevel: 5, verbosity: 5 };
    expect(made({ ...own, responseStyle: style }, calm).responseStyle).toMatchObject({
      ...style,
      tone: 'calm',
    });
    expect(refusal({ ...own, responseStyle: { verbosity: 5 } }, calm)).toEqual([
      'draft-invalid',
      '/responseStyle/type',
      '/responseStyle/formalityLevel',
    ]);
  });

  it('has the dictionary that it gives, and nothing of the base’s', () => {
    const template = {
      base: { ...base, metadata: { desk: 'day', room: 1 }, prompt: { imageGeneration: { size: 'small' } } },
      customizableFields: ['metadata', 'prompt.imageGeneration'],
    };
    const given = { metadata: { room: 2 }, prompt: { imageGeneration: { style: 'ink' } } };
    expect(made({ ...own, ...given }, template)).toMatchObject(given);
    expect(made({ ...own, ...given }, template).metadata).toEqual({ room: 2 });
    expect(made({ ...own, ...given }, template).prompt?.imageGeneration).toEqual({ style: 'ink' });
    const fixed = { ...template, customizableFields: [] };
    expect(refusal({ ...own, metadata: { room: 1 } }, fixed)).toEqual(['template-field-fixed', '/metadata']);
  });

  it.each<[Given, string[]]>([
    [{ temperature: 1 }, ['/temperature']],
    [{ responseStyle: { tone: 'warm', formalityLevel: 1 } }, ['/responseStyle/formalityLevel']],
    [{ tags: [] }, ['/tags']],
    [{ systemPromptTemplate: 'You are' }, ['/systemPromptTemplate']],
    [{ metadata: { a: { b: 1 } } }, ['/metadata']],
    [{ memory: { maxContextTokens: 500, retentionPeriodHours: 24 } }, ['/memory/maxContextTokens']],
    [{ prompt: {} }, ['/prompt']],
    [{ temperature: 1, maxTokens: 500 }, ['/temperature', '/maxTokens']],
  ])('refuses %j, which is not left to it', (given, pointers) => {
    expect(refusal({ ...own, ...given })).toEqual(['template-field-fixed', ...pointers]);
  });

  it.each<[string, TemplateBase, Given, string[]]>([
    ['a description', base, { name: 'Ada' }, ['/description']],
    ['traits', { responseStyle: base.responseStyle }, own, ['/traits']],
    [
      'a whole response style',
      { traits: base.traits },
      { ...own, responseStyle: { tone: 'x' } },
      ['/responseStyle/type', '/responseStyle/formalityLevel', '/responseStyle/verbosity'],
    ],
  ])('needs %s from somewhere', (_, from, given, pointers) => {
    const template = { base: from, customizableFields };
    expect(refusal(given, template)).toEqual(['draft-invalid', ...pointers]);
    const result = instanceOf(template, given);
    expect(result).toMatchObject({ detail: 'is required: the template has none' });
  });

  it('is a valid configuration as a whole', () => {
    const large = { many: Array(3).fill('x'.repeat(60_000)) as string[] };
    const template = { base: { ...base, metadata: large }, customizableFields: ['prompt'] };
    const prompt = { personaType: large };
    expect(refusal({ ...own, prompt }, template)).toEqual(['draft-invalid', '']);
  });
});

describe('a facet about a real person', () => {
  const invented = { values: [{ value: 'honesty' }] };
  const jane = { subjectId: 'jane', background: sealed('Born in 1990') };
  const facet = (fields: string[], from: TemplateBase = { ...base, identity: invented }) => ({
    base: from,
    customizableFields: fields,
  });

  it('takes the place of the one in the base: the two are never mixed', () => {
    const result = instanceOf(facet(['identity']), { ...own, identity: jane });
    expect(result).toMatchObject({ config: { identity: jane } });
    expect((result as { config: PersonaConfig }).config.identity).not.toHaveProperty('values');
  });

  it('is refused where the template leaves only a part of its own', () => {
    const template = facet(['identity.subjectId', 'identity.background']);
    expect(refusal({ ...own, identity: jane }, template)).toEqual(['template-field-fixed', '/identity']);
    expect(refusal({ ...own, identity: jane }, facet([]))).toEqual(['template-field-fixed', '/identity']);
  });

  it('needs the whole facet also where the base has none', () => {
    const parts = facet(['identity.subjectId', 'identity.background'], base);
    expect(refusal({ ...own, identity: jane }, parts)).toEqual(['template-field-fixed', '/identity']);
    expect(instanceOf(facet(['identity'], base), { ...own, identity: jane })).toMatchObject({
      config: { identity: jane },
    });
  });

  it('stays whole when a revision is adopted, whatever that leaves to the persona', () => {
    const draft = { ...config, identity: jane } as PersonaConfig;
    const newer = { ...base, identity: invented };
    for (const fields of [['identity.background'], ['identity'], []]) {
      expect(adopted(draft, newer, fields)).toMatchObject({ draft: { identity: jane } });
      expect(adopted(draft, base, fields)).toMatchObject({ draft: { identity: jane } });
    }
  });
});

describe('the locked parts of an instance', () => {
  const prompt = { content: { startLocked: 'Be kind.', editableContent: 'Hi' } };
  const fields = [['prompt'], ['prompt.content'], ['prompt.content.startLocked']];
  const from = (left: string[]) => ({ base: { ...base, prompt }, customizableFields: left });

  it.each(fields)('are the base’s, although %s is left to it', (field) => {
    const other = { ...own, prompt: { content: { startLocked: 'Be rude.' } } };
    expect(refusal(other, from([field]))).toEqual(['template-field-fixed', '/prompt/content/startLocked']);
    expect(made(own, from([field])).prompt?.content).toEqual(prompt.content);
  });

  it('are there whatever it gives beside them', () => {
    const given = { ...own, prompt: { content: { editableContent: 'Hello' } } };
    expect(made(given, from(['prompt'])).prompt?.content).toEqual({
      startLocked: 'Be kind.',
      editableContent: 'Hello',
    });
  });

  it('are its own where the base has none: whether its maker may set them is asked elsewhere', () => {
    const given = { ...own, prompt: { content: { endLocked: 'Stop.' } } };
    expect(made(given, from(['prompt'])).prompt?.content).toMatchObject({ endLocked: 'Stop.' });
    expect(refusal(given, from(['prompt.content.editableContent']))).toEqual([
      'template-field-fixed',
      '/prompt/content/endLocked',
    ]);
  });
});

describe('the input of an instance', () => {
  it('is any part of a configuration: nothing is required, and no default is filled in', () => {
    expect(input.parse({})).toEqual({});
    const parts = { responseStyle: { tone: 'warm' }, memory: {}, prompt: { content: {} } };
    expect(input.parse(parts)).toEqual(parts);
  });

  it('keeps every range, and lists are whole', () => {
    for (const given of [
      { temperature: 3 },
      { responseStyle: { verbosity: 11 } },
      { responseStyle: { tune: 'x' } },
      { traits: [{ name: 'x' }] },
      { voice: null },
      { surely: 1 },
    ]) {
      expect(input.safeParse(given).success).toBe(false);
    }
  });
});

describe('adopting a revision', () => {
  const draft = made({ ...own, responseStyle: { tone: 'warm' }, voice: { pitch: 2 } });
  const newer: TemplateBase = {
    ...base,
    temperature: 1,
    responseStyle: { ...base.responseStyle, tone: 'cold', verbosity: 1 },
    systemPromptTemplate: 'You are',
  };
  const after = (from: PersonaConfig, to: TemplateBase, fields: readonly string[]): PersonaConfig => {
    const result = adopted(from, to, fields);
    if ('code' in result) throw new Error(JSON.stringify(result));
    return result.draft;
  };

  it('takes over what the template fixes and leaves what is the persona’s own', () => {
    expect(after(draft, newer, customizableFields)).toEqual({
      ...draft,
      temperature: 1,
      responseStyle: { ...draft.responseStyle, verbosity: 1 },
      systemPromptTemplate: 'You are',
    });
  });

  it('what the base does not have any more stays', () => {
    const { temperature: _, ...without } = newer;
    expect(after(draft, without, customizableFields).temperature).toBe(0.3);
  });

  it('what the persona went without stays away where it is left to it', () => {
    const told = { ...newer, voice: { pitch: 2, gender: 'any' } };
    expect(after(draft, told, ['voice.gender']).voice).toEqual(draft.voice);
    expect(after(config, told, ['voice.gender']).voice).toEqual({ ...draft.voice, gender: 'any' });
  });

  it('what the persona has in an object, and the base does not, stays, also where no field is left', () => {
    const mine: Partial<PersonaConfig> = {
      responseStyle: { ...draft.responseStyle, formattingPreferences: { lists: 'short' } },
      voice: { ...draft.voice!, voiceId: 'v1', provider: 'mine' },
      prompt: { sysInfoEnabled: true, userProfileEnabled: false, allowedTools: ['search'] },
      identity: { background: 'Born in a lamp', interests: ['chess'] },
    };
    const told: TemplateBase = {
      ...newer,
      voice: { provider: 'theirs' },
      prompt: { content: { editableContent: 'Hello' } },
      identity: { interests: ['go'] },
    };
    expect(after({ ...draft, ...mine }, told, [])).toMatchObject({
      responseStyle: { tone: 'cold', verbosity: 1, formattingPreferences: { lists: 'short' } },
      voice: { pitch: 2, voiceId: 'v1', provider: 'theirs' },
      prompt: { sysInfoEnabled: true, allowedTools: ['search'], content: { editableContent: 'Hello' } },
      identity: { background: 'Born in a lamp', interests: ['go'] },
    });
  });

  it('lists, dictionaries and what can be personal are whole values: the base’s take the place of the draft’s', () => {
    const goals = { shortTerm: ['win'], longTerm: ['rest'] };
    const mine = { ...draft, metadata: { room: 1, desk: 'day' }, tags: ['mine'], identity: { goals } };
    const told = {
      ...newer,
      metadata: { room: 2 },
      tags: ['theirs'],
      identity: { goals: { midTerm: ['x'] } },
    };
    const result = after(mine, told, []);
    expect(result.metadata).toEqual({ room: 2 });
    expect(result.tags).toEqual(['theirs']);
    expect(result.identity).toEqual({ goals: { midTerm: ['x'] } });
    expect(after(mine, newer, ['tags'])).toMatchObject({ metadata: mine.metadata, tags: ['mine'] });
  });

  it('takes no locked prompt part away, whatever the base says of the prompt', () => {
    const flags = { sysInfoEnabled: false, userProfileEnabled: false };
    const locked = { startLocked: 'Be kind.', endLocked: 'Stop.', editableContent: 'Hi' };
    const owned = { ...draft, prompt: { ...flags, content: locked } };
    for (const fields of [[], ['prompt'], ['prompt.content']]) {
      expect(after(owned, { ...newer, prompt: { sysInfoEnabled: true } }, fields).prompt?.content).toEqual(
        locked,
      );
    }
  });

  it.each([[[]], [['prompt']], [['prompt.content']], [['prompt.content.startLocked']]])(
    'the locked parts of the base are the draft’s, and those that it lacks stay, with %j left to the persona',
    (fields) => {
      const flags = { sysInfoEnabled: false, userProfileEnabled: false };
      const content = { startLocked: 'Be kind.', endLocked: 'Stop.', editableContent: 'Hi' };
      const told = { ...newer, prompt: { content: { startLocked: 'Be brief.' } } };
      const expected = { ...content, startLocked: 'Be brief.' };
      expect(after({ ...draft, prompt: { ...flags, content } }, told, fields).prompt?.content).toEqual(
        expected,
      );
      expect(after(draft, told, fields).prompt?.content).toEqual({ startLocked: 'Be brief.' });
    },
  );

  it('refuses what would be too large', () => {
    const large = { many: Array(3).fill('x'.repeat(60_000)) as string[] };
    const prompt = { personaType: large, sysInfoEnabled: false, userProfileEnabled: false };
    expect(adopted({ ...draft, prompt }, { ...newer, metadata: large }, [])).toMatchObject({
      code: 'draft-invalid',
      errors: [{ pointer: '' }],
    });
  });

  describe('laws', () => {
    const assert = <T extends unknown[]>(property: fc.IProperty<T>): void =>
      fc.assert(property, { seed, numRuns: 100 });
    const paths = fieldsSchema.element.options;
    const locks = lockPaths.map((path) => path.join('.'));
    /** The ends of the paths: whole values. */
    const leaves = [...paths, ...locks].filter(
      (path) => !paths.some((other) => other.startsWith(`${path}.`)),
    );
    /** Those that can be given one by one: a card has all of its members or none. */
    const single = leaves.filter((path) => !path.startsWith('card.'));
    const someFields = fc.uniqueArray(fc.constantFrom(...paths), { maxLength: 12 });
    const members = Object.keys(templateBase.shape);
    const isAboutSomebody = (value: unknown): boolean => follow(value, ['subjectId']).found;
    const valueAt = (value: unknown, path: string): unknown => follow(value, path.split('.')).value;
    const without = (value: unknown, [first, ...rest]: string[]): unknown => {
      if (!isObject(value)) return value;
      const { [first!]: below, ...others } = value;
      if (below === undefined || rest.length === 0) return others;
      return { ...others, [first!]: without(below, rest) };
    };
    /** Any members of a configuration, and of their objects any members. */
    const someBase = fc
      .tuple(someConfig, fc.subarray(members), fc.subarray(leaves))
      .map(([whole, kept, gone]) => {
        const named = Object.entries(whole).filter(
          ([name, value]) => kept.includes(name) && !isAboutSomebody(value),
        );
        return gone.reduce<unknown>(
          (left, path) => without(left, path.split('.')),
          Object.fromEntries(named),
        );
      }) as fc.Arbitrary<TemplateBase>;
    const covers = (fields: string[], path: string): boolean =>
      !locks.includes(path) && fields.some((field) => path === field || path.startsWith(`${field}.`));
    /** Whether a facet of the draft is about a real person: it is never cut in two. */
    const isReal = (from: PersonaConfig, path: string): boolean =>
      isAboutSomebody(from[path.split('.')[0]! as keyof PersonaConfig]);

    it('twice is once', () => {
      assert(
        fc.property(someConfig, someBase, someFields, (from, to, fields) => {
          const once = after(from, to, fields);
          expect(after(once, to, fields)).toEqual(once);
        }),
      );
    });

    it('every whole value is the base’s where it has one that is not left, and the draft’s anywhere else', () => {
      assert(
        fc.property(someConfig, someBase, someFields, (from, to, fields) => {
          const result = after(from, to, fields);
          expect(personaConfig.parse(result)).toEqual(result);
          for (const path of leaves.filter((leaf) => !isReal(from, leaf))) {
            const isTold = valueAt(to, path) !== undefined;
            const before = valueAt(from, path);
            if (isTold && !covers(fields, path)) expect(valueAt(result, path)).toEqual(valueAt(to, path));
            else if (before !== undefined) expect(valueAt(result, path)).toEqual(before);
          }
        }),
      );
    });

    it('a facet about a real person is the draft’s or the base’s, never both', () => {
      assert(
        fc.property(someConfig, someBase, someFields, (from, to, fields) => {
          const result = after(from, to, fields);
          for (const facet of ['identity', 'writing'] as const) {
            if (!isAboutSomebody(from[facet])) continue;
            expect([from[facet], to[facet]]).toContainEqual(result[facet]);
          }
        }),
      );
    });

    it('an edit of one whole value is undone where the template fixes it, and survives anywhere else', () => {
      assert(
        fc.property(someConfig, someConfig, someBase, someFields, (one, other, to, fields) => {
          const settled = after(one, to, fields);
          for (const path of single.filter((leaf) => valueAt(other, leaf) !== undefined)) {
            if (isReal(settled, path) || isReal(other, path)) continue;
            const edited = replacedAt(settled, path.split('.'), valueAt(other, path)) as PersonaConfig;
            const isFixed = valueAt(to, path) !== undefined && !covers(fields, path);
            const result = after(personaConfig.parse(edited), to, fields);
            expect(valueAt(result, path)).toEqual(valueAt(isFixed ? to : other, path));
          }
        }),
      );
    });

    const replacedAt = (value: unknown, [first, ...rest]: string[], by: unknown): unknown => {
      if (first === undefined) return by;
      const there = isObject(value) ? value : {};
      return { ...there, [first]: replacedAt(there[first], rest, by) };
    };

    it('an instance has every fixed value of its base, and all that was given; adopting changes nothing', () => {
      assert(
        fc.property(someConfig, someConfig, someBase, someFields, (whole, other, to, fields) => {
          const template = {
            base: { ...to, traits: whole.traits, responseStyle: whole.responseStyle },
            customizableFields: fields,
          };
          const left = single.filter((path) => covers(fields, path) && valueAt(other, path) !== undefined);
          const given = left.reduce<unknown>(
            (parts, path) => replacedAt(parts, path.split('.'), valueAt(other, path)),
            to.description === undefined ? own : { name: own.name },
          );
          const result = made(given as Given, template);
          for (const path of left) expect(valueAt(result, path)).toEqual(valueAt(other, path));
          for (const path of leaves) {
            if (valueAt(template.base, path) === undefined || covers(fields, path)) continue;
            expect(valueAt(result, path)).toEqual(valueAt(template.base, path));
          }
          expect(after(result, template.base, fields)).toEqual(result);
        }),
      );
    });

    it('whatever is given, it is made or refused with pointers into what was given', () => {
      assert(
        fc.property(someConfig, someBase, someFields, (given, to, fields) => {
          const result = instanceOf({ base: to, customizableFields: fields }, given);
          if ('config' in result) {
            expect(personaConfig.parse(result.config)).toEqual(result.config);
            return;
          }
          if (result.code === 'draft-invalid') return;
          for (const { pointer } of result.errors) {
            const steps = pointer
              .split('/')
              .slice(1)
              .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
            expect(follow(given, steps).found).toBe(true);
          }
        }),
      );
    });
  });
});
