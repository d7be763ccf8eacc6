/**
 * What zod does that one does not expect, each with the demonstration and with the law that keeps it out of
 * every schema of the registry. A demonstration that fails tells that zod has changed, and the law may go.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scanJson } from '../../src/commands/json-scan.js';
import { parseInput } from '../../src/commands/parse-input.js';
import { commandsOf, modules } from '../../src/commands/registry.js';
import { Rejection, type DomainEvent } from '../../src/domain/kernel.js';
import { draftEdit } from '../../src/domain/personas/draft-change.js';
import { personaEvents } from '../../src/domain/personas/events.js';
import { configShape, givenShape, type PersonaConfig } from '../../src/domain/personas/persona-config.js';
import { personaModule } from '../../src/domain/personas/persona-module.js';
import {
  baseChangeShape,
  baseShape,
  templateBase,
} from '../../src/domain/personas/templates/template-base.js';
import { templateEvents } from '../../src/domain/personas/templates/template-events.js';
import { instanceShape } from '../../src/domain/personas/templates/template-instance.js';
import { templateModule } from '../../src/domain/personas/templates/template.js';
import { children, contains, kindOf, memberSchema, unwrapped, walk } from '../../src/domain/schema-walk.js';
import { clear, isClear, isPersonal, siblingOf, subjectOf } from '../../src/domain/sealed.js';
import { queriesOf, readModules } from '../../src/projections/engine/registry.js';
import { describeApi } from '../support/api-description.js';
import { arbitraryOf } from '../support/arbitrary.js';
import { given, type Outcome } from '../support/given.js';
import { configBody, someConfig } from '../support/persona-arbitrary.js';
import { assistant, registeredWith } from '../support/persona-examples.js';
import { seedFor } from '../support/seed.js';
import { base, created, templateId } from '../support/template-examples.js';

const seed = seedFor('the zod traps');
const commands = [...commandsOf(modules)].map(([name, { command }]) => ({ name, ...command }));
const addressed = commands.filter(({ http }) => http !== 'internal');
const queries = [...queriesOf(readModules)].map(([name, query]) => ({ name, ...query }));
const events = modules.flatMap(({ decider }) =>
  Object.entries(decider.events).map(([name, schema]) => ({ name, schema: schema as z.ZodType })),
);
/** Every schema of the registry whose values come from outside or stay for ever. */
const schemas: { name: string; schema: z.ZodType }[] = [
  ...commands.map(({ name, input }) => ({ name, schema: input })),
  ...queries.map(({ name, input }) => ({ name, schema: input })),
  ...events,
];
const outputs = queries.map(({ name, output }) => ({ name: `${name} output`, schema: output }));

/** The places of a schema at which a test holds. */
function placesOf(list: typeof schemas, test: (node: z.ZodType) => boolean): string[] {
  const found: string[] = [];
  for (const { name, schema } of list) {
    walk(schema, (node, path) => {
      if (test(node)) found.push([name, ...path].join('/'));
    });
  }
  return found;
}
/** What was decided: nothing where it was refused. */
const eventsOf = (outcome: Outcome): DomainEvent[] => {
  try {
    return outcome.events;
  } catch (error) {
    if (error instanceof Rejection) return [];
    throw error;
  }
};
const refusalOf = (act: () => unknown): Rejection => {
  try {
    act();
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

describe('.partial() fills defaults', () => {
  it('an edit by it resets what it does not name', () => {
    const form = z.strictObject({ temperature: z.number().default(0.7), name: z.string() }).partial();
    expect(form.parse({ name: 'x' })).toEqual({ name: 'x', temperature: 0.7 });
  });

  it.each<[what: string, schema: z.ZodType]>([
    ['a merge patch', draftEdit.set],
    ['the members that are given to a new persona', z.strictObject(givenShape)],
    ['the members that are given to an instance', z.strictObject(instanceShape)],
    ['the base of a new template', z.strictObject(baseShape)],
    ['the base in a revision', z.strictObject(baseChangeShape)],
    ['a stored base', templateBase],
    ['what an edit has changed', personaEvents.PersonaDraftEdited.shape.changed],
    ['what a revision has changed', templateEvents.TemplateRevised.shape.changed],
  ])('%s of nothing is nothing', (_, schema) => {
    expect(schema.parse({})).toEqual({});
  });

  it.each<[what: string, schema: z.ZodType]>([
    ['a merge patch', unwrapped(draftEdit.set)],
    ['the members that are given to an instance', z.strictObject(instanceShape)],
    ['the base of a new template', z.strictObject(baseShape)],
    ['the base in a revision', z.strictObject(baseChangeShape)],
    ['a stored base', templateBase],
  ])('nor does %s fill one within a member that it names', (_, schema) => {
    for (const [name, node] of children(schema)) {
      const member = unwrapped(unwrapped(node));
      if (kindOf(member) !== 'object' || isPersonal(member)) continue;
      expect(schema.parse({ [name]: {} })).toEqual({ [name]: {} });
    }
  });

  it.each(
    addressed.filter(({ http }) => http.startsWith('PATCH')).map(({ name, input }) => ({ name, input })),
  )('$name has no member with a default', ({ input }) => {
    for (const [name, node] of Object.entries(input.shape)) {
      const absent = (node as z.ZodType).safeParse(undefined);
      if (absent.success) expect(absent.data, name).toBeUndefined();
    }
  });

  const member = fc.constantFrom(...(Object.keys(configShape) as (keyof PersonaConfig)[]));
  const namesOf = ({ data }: DomainEvent): string[] => {
    const { changed, removed = [] } = data as { changed: object; removed?: string[] };
    return [...Object.keys(changed), ...removed];
  };

  it('editPersonaDraft changes the one member that it names, and no other', () => {
    fc.assert(
      fc.property(someConfig, configBody, member, (config, other, name) => {
        const persona = given(personaModule, registeredWith({ config }));
        const input = { personaId: templateId, set: { [name]: other[name] ?? null } };
        const happened = eventsOf(persona.when('editPersonaDraft', input));
        for (const event of happened) expect(namesOf(event)).toEqual([name]);
      }),
      { seed, numRuns: 150 },
    );
  });

  it('reviseTemplate changes the one member that it names, and no other', () => {
    fc.assert(
      fc.property(configBody, fc.constantFrom(...Object.keys(baseChangeShape)), (other, name) => {
        const inner = name.charAt(4).toLowerCase() + name.slice(5);
        const input = { templateId, [name]: other[inner] ?? null };
        const outcome = given(templateModule, created).when('reviseTemplate', input);
        for (const { data } of eventsOf(outcome)) {
          const { changed } = data as { changed: { base: Record<string, unknown> } };
          expect(Object.keys(changed)).toEqual(['base']);
          expect({ ...changed.base, [inner]: undefined }).toEqual({ ...base, [inner]: undefined });
        }
      }),
      { seed, numRuns: 100 },
    );
    for (const [name, value] of Object.entries({
      name: 'New',
      description: 'New',
      category: 'new',
      tags: [],
    })) {
      const outcome = given(templateModule, created).when('reviseTemplate', { templateId, [name]: value });
      expect(outcome.events.map(({ data }) => data['changed'])).toEqual([{ [name]: value }]);
    }
  });
});

describe('.pick, .omit and .partial do not go with refinements', () => {
  it('they throw, and spreading the shape drops the refinement without a word', () => {
    const refined = z.strictObject({ a: z.string(), b: z.string() }).refine(({ a, b }) => a !== b);
    expect(() => refined.pick({ a: true })).toThrow();
    expect(() => refined.omit({ a: true })).toThrow();
    expect(() => refined.partial()).toThrow();
    expect(z.strictObject({ ...refined.shape }).safeParse({ a: 'x', b: 'x' }).success).toBe(true);
  });

  const trait = assistant.traits[0];
  const domain = { name: 'code', expertiseLevel: 5, topics: ['types'] };
  const twice: [member: string, value: unknown[], place: string][] = [
    ['traits', [trait, trait], '1/name'],
    ['knowledgeDomains', [domain, domain], '1/name'],
    ['tags', ['a', 'a'], '1'],
  ];
  const inputs: [operationId: string, input: (member: string, value: unknown) => object, prefix: string][] = [
    ['registerPersona', (member, value) => ({ slug: 'x', ...assistant, [member]: value }), '/'],
    ['instantiateTemplate', (member, value) => ({ templateId, name: 'x', [member]: value }), '/'],
    [
      'importPersona',
      (member, value) => ({ source: 'csv', sourceId: 'x', persona: { ...assistant, [member]: value } }),
      '/persona/',
    ],
  ];
  const baseOf = (member: string): string => `base${member.charAt(0).toUpperCase()}${member.slice(1)}`;
  const input = (operationId: string): z.ZodObject =>
    commands.find(({ name }) => name === operationId)!.input;

  it.each(twice)(
    'two %s of one name are refused wherever a configuration comes from',
    (member, value, place) => {
      for (const [operationId, of, prefix] of inputs) {
        const { more } = refusalOf(() => parseInput(input(operationId), of(member, value)));
        expect(more.errors?.map(({ pointer }) => pointer)).toEqual([`${prefix}${member}/${place}`]);
      }
      const content = { name: 'x', description: 'x', category: 'x' };
      for (const [operationId, body] of [
        ['createTemplate', content],
        ['reviseTemplate', { templateId }],
      ] as const) {
        const { more } = refusalOf(() =>
          parseInput(input(operationId), { ...body, [baseOf(member)]: value }),
        );
        expect(more.errors?.map(({ pointer }) => pointer)).toEqual([`/${baseOf(member)}/${place}`]);
      }
      const persona = given(personaModule, registeredWith({}));
      const path = `/set/${member}/${place}`;
      persona
        .when('editPersonaDraft', { personaId: templateId, set: { [member]: value } })
        .thenRejected('draft-invalid', path);
    },
  );
});

describe('__proto__ is lost quietly', () => {
  it('a record and a loose object neither refuse nor keep it', () => {
    const hostile = JSON.parse('{"a":"x","__proto__":{"b":1}}') as unknown;
    const loose = z.object({ a: z.string() }).catchall(z.unknown());
    for (const schema of [z.record(z.string(), z.unknown()), z.looseObject({}), loose]) {
      const { data } = schema.safeParse(hostile) as { data: object };
      expect(Object.getOwnPropertyNames(data)).toEqual(['a']);
    }
  });

  it('what is unknown is not looked into at all', () => {
    const hostile = JSON.parse('{"__proto__":{"b":1}}') as unknown;
    expect(Object.getOwnPropertyNames(z.unknown().parse(hostile))).toEqual(['__proto__']);
  });

  it('a body that holds it anywhere is refused before it is parsed', () => {
    for (const json of ['{"__proto__":1}', '{"a":[{"b":{"__proto__":{}}}]}', '{"\\u005f_proto__":1}'])
      expect(refusalOf(() => scanJson(json)).row.status).toBe(400);
  });

  it.each(commands.map(({ name, input }) => ({ name, input })))(
    '$name refuses it at any depth',
    ({ input }) => {
      const unsafe = fc.constantFrom('__proto__', 'constructor', 'prototype');
      fc.assert(
        fc.property(arbitraryOf(input), unsafe, fc.nat(), (valid, name, which) => {
          const value = structuredClone(valid);
          const [place, path] = objectsIn(value)[which % objectsIn(value).length]!;
          Object.defineProperty(place, name, { value: 'x', enumerable: true, configurable: true });
          const { code, more } = refusalOf(() => parseInput(input, value));
          expect([code, more.errors?.[0]?.pointer]).toEqual(['invalid-input', `${path}/${name}`]);
        }),
        { seed, numRuns: 5 },
      );
    },
  );
});

/** The objects of a value, itself first, each with its pointer. */
function objectsIn(value: unknown, pointer = ''): [object, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.entries(value).flatMap(([name, member]) =>
    objectsIn(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
  return Array.isArray(value) ? below : [[value, pointer], ...below];
}

describe('z.record over an enum demands every key', () => {
  it('a dictionary by role, for one, would have to name every role', () => {
    expect(z.record(z.enum(['a', 'b']), z.number()).safeParse({ a: 1 }).success).toBe(false);
  });

  it('no record of the registry has an enum for its keys', () => {
    const isByEnum = (node: z.ZodType): boolean =>
      kindOf(node) === 'record' &&
      contains((node as z.ZodRecord).keyType as unknown as z.ZodType, (key) =>
        ['enum', 'literal'].includes(kindOf(key)),
      ) &&
      // `z.partialRecord` demands none of them.
      !node.safeParse({}).success;
    expect(placesOf([...schemas, ...outputs], isByEnum)).toEqual([]);
  });
});

describe('.strip() and .loose() reach the top level alone', () => {
  it('what is stripped at the top is refused below, and what is strict at the top may be loose below', () => {
    const strict = z.strictObject({ a: z.strictObject({}) });
    expect(strict.strip().safeParse({ a: {}, b: 1 }).success).toBe(true);
    expect(strict.strip().safeParse({ a: { b: 1 } }).success).toBe(false);
    expect(z.strictObject({ a: z.object({}) }).safeParse({ a: { b: 1 } }).success).toBe(true);
  });

  it('every object of the registry, at any depth, refuses what it does not know', () => {
    const isLoose = (node: z.ZodType): boolean => {
      if (kindOf(node) !== 'object') return false;
      const { catchall } = node.def as unknown as { catchall?: z.ZodType };
      return catchall === undefined || kindOf(catchall) !== 'never';
    };
    expect(placesOf(schemas, isLoose)).toEqual([]);
  });

  it('no value is caught, coerced or changed on its way in: what is read is what was sent', () => {
    const changes = (node: z.ZodType): boolean =>
      ['catch', 'transform', 'pipe', 'readonly', 'date', 'bigint'].includes(kindOf(node)) ||
      (node.def as { coerce?: boolean }).coerce === true;
    expect(placesOf(schemas, changes)).toEqual([]);
  });
});

describe('marks do not survive .optional(), .default() and .nullable()', () => {
  it('whoever asks has to look inside', () => {
    const marked = clear(z.string());
    expect([marked, marked.optional(), marked.nullable(), marked.default('x')].map(isClear)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(isClear(unwrapped(marked.nullable().optional()))).toBe(true);
  });

  /** Whose the parts of a schema are, by their places; what is clear does not stand there. */
  const marksOf = (schema: z.ZodType): string[] => {
    const found = new Set<string>();
    walk(schema, (node, path) => {
      const mark = subjectOf(node) ?? siblingOf(node);
      if (mark !== undefined) found.add(`${path.join('/')} belongs to ${mark}`);
    });
    return [...found].sort();
  };

  it('a member of a command is personal exactly where the event’s member of the same name is', () => {
    for (const { decider, commands: list } of modules) {
      const stored = Object.values(decider.events).flatMap((schema) => Object.entries(schema.shape));
      for (const [operationId, { input }] of Object.entries(list)) {
        for (const [name, node] of Object.entries(input.shape)) {
          const places = stored.filter(([other]) => other === name).map(([, member]) => member as z.ZodType);
          for (const member of places)
            expect(marksOf(node as z.ZodType), `${operationId}/${name}`).toEqual(marksOf(member));
        }
      }
    }
  });

  it('a configuration is personal in the same places, whichever way it comes in', () => {
    const config = marksOf(personaEvents.PersonaRegistered.shape.config);
    const within = (name: string, ...path: string[]): string[] => {
      const { input } = commands.find((command) => command.name === name)!;
      const node = path.reduce<z.ZodType>((schema, step) => memberSchema(unwrapped(schema), step)!, input);
      return marksOf(node);
    };
    expect(config.length).toBeGreaterThan(10);
    expect(within('registerPersona')).toEqual(config);
    expect(within('instantiateTemplate')).toEqual(config);
    expect(within('importPersona', 'persona')).toEqual(config);
    expect(within('editPersonaDraft', 'set')).toEqual(config);
    expect(marksOf(personaEvents.PersonaDraftEdited.shape.changed)).toEqual(config);
    expect(marksOf(personaEvents.PersonaVersionPublished.shape.config)).toEqual(config);
  });
});

describe('.meta() leaks into JSON Schema', () => {
  it('a mark made by it would be published; one in a registry of its own is not', () => {
    expect(z.toJSONSchema(z.string().meta({ secret: true }))).toHaveProperty('secret');
    expect(Object.keys(z.toJSONSchema(clear(z.string())))).toEqual(['$schema', 'type']);
  });

  /** JSON Schema 2020-12, as far as it is used, and what OpenAPI 3.1 adds to it. */
  const keywords = new Set(
    (
      '$ref type enum const format pattern default description title minimum maximum exclusiveMinimum ' +
      'exclusiveMaximum multipleOf minLength maxLength items prefixItems minItems maxItems uniqueItems ' +
      'properties required not additionalProperties propertyNames minProperties maxProperties anyOf oneOf allOf'
    ).split(' '),
  );
  /** Members whose own members are names, not keywords; and those that hold values, not schemas. */
  const named = new Set(['properties', '$defs', 'patternProperties']);
  const values = new Set(['enum', 'const', 'default', 'example', 'examples', 'required', 'type']);

  const unknownIn = (schema: unknown, path: string): string[] => {
    if (Array.isArray(schema)) return schema.flatMap((item, index) => unknownIn(item, `${path}/${index}`));
    if (typeof schema !== 'object' || schema === null) return [];
    return Object.entries(schema).flatMap(([name, inner]) => {
      const here = `${path}/${name}`;
      if (!keywords.has(name)) return [here];
      if (values.has(name)) return [];
      if (!named.has(name)) return unknownIn(inner, here);
      return Object.entries(inner as object).flatMap(([member, node]) =>
        unknownIn(node, `${here}/${member}`),
      );
    });
  };
  /** Every schema of an OpenAPI document, with its place. */
  const schemasIn = (node: unknown, path = ''): [unknown, string][] => {
    if (typeof node !== 'object' || node === null) return [];
    return Object.entries(node).flatMap(([name, inner]) => {
      const here = `${path}/${name}`;
      if (name === 'schema') return [[inner, here] as [unknown, string]];
      if (here === '/components/schemas')
        return Object.entries(inner as object).map(([of, schema]): [unknown, string] => [
          schema,
          `${here}/${of}`,
        ]);
      return schemasIn(inner, here);
    });
  };

  it('the published document holds no keyword but those of JSON Schema and OpenAPI', () => {
    const found = schemasIn(describeApi().openApi);
    expect(found.length).toBeGreaterThan(100);
    expect(found.flatMap(([schema, path]) => unknownIn(schema, path))).toEqual([]);
  });
});
