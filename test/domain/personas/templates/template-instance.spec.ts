import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { customizableFields as fieldsSchema } from '../../../../src/domain/personas/templates/customizable-fields.js';
import { follow } from '../../../../src/domain/personas/json-pointer.js';
import { lockedParts } from '../../../../src/domain/personas/persona-facets.js';
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
      ...base.responseStyle,
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

  it('takes for no override what is as in the base', () => {
    const { traits, temperature, responseStyle } = base;
    expect(made({ ...own, traits, temperature, responseStyle })).toEqual(made(own));
  });

  it.each<[Given, string[]]>([
    [{ temperature: 1 }, ['/temperature']],
    [{ responseStyle: { tone: 'warm', formalityLevel: 1 } }, ['/responseStyle/formalityLevel']],
    [{ tags: [] }, ['/tags']],
    [{ systemPromptTemplate: 'You are' }, ['/systemPromptTemplate']],
    [{ metadata: { a: { b: 1 } } }, ['/metadata/a/b']],
    [{ memory: {} }, ['/memory']],
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

  it('stays whole when a revision is adopted that leaves a part to the persona', () => {
    const draft = { ...config, identity: jane } as PersonaConfig;
    const newer = { ...base, identity: invented };
    expect(adopted(draft, newer, ['identity.background'])).toMatchObject({ draft: { identity: jane } });
    expect(adopted(draft, newer, [])).toMatchObject({ draft: { identity: invented } });
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
    responseStyle: { ...base.responseStyle!, tone: 'cold', verbosity: 1 },
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
      responseStyle: { ...newer.responseStyle, tone: 'warm' },
      systemPromptTemplate: 'You are',
    });
  });

  it('what the base does not have any more stays', () => {
    const { temperature: _, ...without } = newer;
    expect(after(draft, without, customizableFields).temperature).toBe(0.3);
  });

  it('what the persona went without stays away where it is left to it', () => {
    const told = { ...newer, voice: { ...draft.voice!, gender: 'any' } };
    expect(after(draft, told, ['voice.gender']).voice).toEqual(draft.voice);
    expect(after(config, told, ['voice.gender']).voice).toEqual(told.voice);
  });

  it('what the persona has below an object that the base lacks stays', () => {
    const prompt = {
      content: { editableContent: 'Hello' },
      sysInfoEnabled: false,
      userProfileEnabled: false,
    };
    const bare = { sysInfoEnabled: true, userProfileEnabled: false };
    expect(
      after({ ...draft, prompt }, { ...newer, prompt: bare }, ['prompt.content.editableContent']).prompt,
    ).toEqual({ ...bare, content: { editableContent: 'Hello' } });
  });

  it('takes no locked prompt part away, whatever the base says of the prompt', () => {
    const flags = { sysInfoEnabled: false, userProfileEnabled: false };
    const locked = {
      ...flags,
      content: { startLocked: 'Be kind.', endLocked: 'Stop.', editableContent: 'Hi' },
    };
    const owned = { ...draft, prompt: locked };
    expect(after(owned, { ...newer, prompt: flags }, []).prompt).toEqual({
      ...flags,
      content: { startLocked: 'Be kind.', endLocked: 'Stop.' },
    });
    const other = { ...flags, content: { startLocked: 'Be brief.' } };
    expect(after(owned, { ...newer, prompt: other }, []).prompt?.content).toEqual({
      startLocked: 'Be brief.',
      endLocked: 'Stop.',
    });
  });

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
    const someFields = fc.uniqueArray(fc.constantFrom(...paths), { maxLength: 12 });
    const members = Object.keys(templateBase.shape);
    const isAboutSomebody = (value: unknown): boolean => follow(value, ['subjectId']).found;
    /** Where locked parts of the draft stay although the base has none. */
    const isLocked = (from: PersonaConfig, path: string): boolean =>
      ['prompt', 'prompt.content'].includes(path) &&
      lockedParts.some((part) => from.prompt?.content?.[part] !== undefined);
    /** A facet about a real person is never cut in two. */
    const isWhole = (from: PersonaConfig, fields: string[], path: string): boolean => {
      const member = path.split('.')[0]!;
      return (
        isAboutSomebody(from[member as keyof PersonaConfig]) &&
        fields.some((field) => field.startsWith(`${member}.`))
      );
    };
    const someBase = fc
      .tuple(someConfig, fc.subarray(members))
      .map(([whole, kept]) =>
        Object.fromEntries(
          Object.entries(whole).filter(([name, value]) => kept.includes(name) && !isAboutSomebody(value)),
        ),
      ) as fc.Arbitrary<TemplateBase>;
    const valueAt = (value: unknown, path: string): unknown => follow(value, path.split('.')).value;
    const covers = (fields: string[], path: string): boolean =>
      fields.some((field) => path === field || path.startsWith(`${field}.`));
    const touches = (fields: string[], path: string): boolean =>
      covers(fields, path) || fields.some((field) => field.startsWith(`${path}.`));

    it('twice is once', () => {
      assert(
        fc.property(someConfig, someBase, someFields, (from, to, fields) => {
          const once = after(from, to, fields);
          expect(after(once, to, fields)).toEqual(once);
        }),
      );
    });

    it('every fixed path is the base’s, every customizable one the draft’s', () => {
      assert(
        fc.property(someConfig, someBase, someFields, (from, to, fields) => {
          const result = after(from, to, fields);
          expect(personaConfig.parse(result)).toEqual(result);
          for (const path of paths) {
            const stays = touches(fields, path) || isWhole(from, fields, path) || isLocked(from, path);
            if (valueAt(to, path) !== undefined && !stays) {
              expect(valueAt(result, path)).toEqual(valueAt(to, path));
            }
            if (valueAt(from, path) !== undefined && covers(fields, path)) {
              expect(valueAt(result, path)).toEqual(valueAt(from, path));
            }
            if (!path.includes('.') && valueAt(to, path) === undefined) {
              expect(valueAt(result, path)).toEqual(valueAt(from, path));
            }
          }
        }),
      );
    });

    it('an instance has every fixed path of its base, and all that was given', () => {
      assert(
        fc.property(someConfig, someConfig, someBase, someFields, (whole, other, to, fields) => {
          const template = {
            base: { traits: whole.traits, responseStyle: whole.responseStyle, ...to },
            customizableFields: fields,
          };
          const left = Object.entries(other).filter(([name]) => fields.includes(name));
          const given = { ...own, ...Object.fromEntries(left) } as Given;
          if (to.description !== undefined && !fields.includes('description')) delete given.description;
          const result = made(given, template);
          for (const [name, value] of left) {
            if (Array.isArray(value) || typeof value !== 'object') {
              expect(result[name as keyof PersonaConfig]).toEqual(given[name as keyof Given]);
            } else expect(result[name as keyof PersonaConfig]).toMatchObject(value);
          }
          for (const path of paths) {
            if (valueAt(template.base, path) === undefined || touches(fields, path)) continue;
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
