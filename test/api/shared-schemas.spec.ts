import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../src/api/json-schema.js';
import { schemaComponents } from '../../src/api/openapi-components.js';
import { shareSchemas, type Paths } from '../../src/api/shared-schemas.js';
import { describeApi } from '../support/api-description.js';
import { seedFor } from '../support/seed.js';

type Schemas = Record<string, JsonSchema>;

const text = { type: 'string' };
const ref = (name: string, remarks: object = {}): JsonSchema => ({
  $ref: `#/components/schemas/${name}`,
  ...remarks,
});
const object = (properties: Schemas, more: object = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...more,
});
const arrayOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
/** Large enough to be shared; equal for equal names. */
const part = (name: string, more: object = {}): JsonSchema =>
  object({ [name]: text, unit: text, value: text }, more);

const content = (schema: JsonSchema): JsonSchema => ({ content: { 'application/json': { schema } } });
const sends = (operationId: string, schema: JsonSchema): JsonSchema => ({
  operationId,
  requestBody: content(schema),
});
const answers = (operationId: string, schema: JsonSchema): JsonSchema => ({
  operationId,
  responses: { 200: content(schema) },
});
const pathsOf = (...operations: JsonSchema[]): Paths =>
  Object.fromEntries(operations.map((operation, index) => [`/${index}`, { post: operation }]));

/** The schemas of the operations in their order, and the components. */
function shared(operations: JsonSchema[], given: Schemas = {}): { schemas: unknown[]; components: Schemas } {
  const { paths, components } = shareSchemas(pathsOf(...operations), given);
  const schemas = Object.values(paths).map(({ post }) => {
    const { requestBody, responses } = post as Record<string, Record<string, JsonSchema>>;
    return ((requestBody ?? responses!['200']) as ReturnType<typeof content> & { content: Schemas }).content[
      'application/json'
    ]!['schema'];
  });
  return { schemas, components };
}
const namesOf = (...operations: JsonSchema[]): string[] => Object.keys(shared(operations).components);

describe('shareSchemas', () => {
  it('makes one component of an object schema that occurs twice', () => {
    const { schemas, components } = shared([
      sends('addThing', object({ colour: part('a'), name: text })),
      sends('editThing', object({ colour: part('a') })),
    ]);
    expect(schemas).toEqual([
      object({ colour: ref('Colour'), name: text }),
      object({ colour: ref('Colour') }),
    ]);
    expect(components).toEqual({ Colour: part('a') });
  });

  it('leaves alone what occurs once, and what it is given', () => {
    const operations = [sends('addThing', object({ colour: part('a'), form: part('b') }))];
    const { schemas, components } = shared(operations, { Receipt: part('c') });
    expect(schemas).toEqual([object({ colour: part('a'), form: part('b') })]);
    expect(components).toEqual({ Receipt: part('c') });
  });

  it('leaves small objects where they are, unless they hold another', () => {
    const small = object({ a: text, b: text });
    const holder = object({ inner: arrayOf(object({ a: text })) });
    const { schemas, components } = shared([
      sends('addThing', object({ small, holder })),
      sends('editThing', object({ holder, small, more: text })),
    ]);
    expect(schemas[1]).toEqual(object({ holder: ref('Holder'), small, more: text }));
    expect(components).toEqual({ Holder: holder });
  });

  it('lets components refer to components, and keeps within one what stands in no other', () => {
    const outer = object({ twice: part('a'), once: part('b'), more: text });
    const { components } = shared([
      sends('addThing', object({ outer })),
      sends('editThing', object({ outer, twice: part('a') })),
    ]);
    expect(components).toEqual({
      Outer: object({ twice: ref('Twice'), once: part('b'), more: text }),
      Twice: part('a'),
    });
  });

  it('takes schemas as equal in whichever order their members are written', () => {
    const turned = { properties: { value: text, unit: text, a: text }, type: 'object' };
    const { components } = shared([
      sends('addThing', object({ colour: part('a') })),
      sends('editThing', object({ colour: turned, name: text })),
    ]);
    expect(Object.keys(components)).toEqual(['Colour']);
  });

  it('finds them in parameters, unions, lists, dictionaries and given components', () => {
    const places: JsonSchema[] = [
      { anyOf: [part('a'), { type: 'null' }] },
      { oneOf: [text, part('a')] },
      { allOf: [part('a')] },
      arrayOf(part('a')),
      { type: 'object', additionalProperties: part('a') },
      { not: part('a') },
    ];
    for (const place of places) {
      const { schemas, components } = shared([sends('addThing', object({ colour: place }))], {
        Receipt: object({ colour: part('a') }),
      });
      expect(components['Receipt']).toEqual(object({ colour: ref('Colour') }));
      expect(JSON.stringify(schemas)).toContain('#/components/schemas/Colour');
    }
    const parameters = [{ name: 'q', in: 'query', schema: arrayOf(part('a')) }];
    const operation = { operationId: 'findThings', parameters, responses: { 200: content(part('a')) } };
    const { paths } = shareSchemas(pathsOf(operation), {});
    expect(paths['/0']!['post']!['parameters']).toEqual([
      { ...parameters[0], schema: arrayOf(ref('Thing')) },
    ]);
  });

  it('takes no value for a schema', () => {
    const value = { items: part('a'), properties: part('a') };
    const schema = object({ items: { ...text, default: value }, b: { const: value }, c: { enum: [value] } });
    const { schemas, components } = shared([
      sends('addThing', schema),
      sends('editThing', object({ c: schema })),
    ]);
    expect(components).toEqual({ AddThingRequest: schema });
    expect(schemas).toEqual([ref('AddThingRequest'), object({ c: ref('AddThingRequest') })]);
  });
});

describe('a remark', () => {
  const remarked = (...remarks: object[]) =>
    shared(remarks.map((more, index) => sends(`call${index}`, object({ colour: part('a', more) }))));

  it('that differs stands beside the reference', () => {
    const [one, other] = [{ description: 'Of the hair', default: {} }, { description: 'Of the eyes' }];
    const { schemas, components } = remarked(one, other, {});
    expect(schemas).toEqual([one, other, {}].map((more) => object({ colour: ref('Colour', more) })));
    expect(components).toEqual({ Colour: part('a') });
  });

  it('that is made everywhere belongs to the component', () => {
    const [all, one] = [{ description: 'As people call it' }, { default: {} }];
    const { schemas, components } = remarked(all, { ...all, ...one });
    expect(schemas).toEqual([object({ colour: ref('Colour') }), object({ colour: ref('Colour', one) })]);
    expect(components).toEqual({ Colour: part('a', all) });
  });

  it('about a part makes a different schema, and a member may be called like one', () => {
    const of = (description: string): JsonSchema =>
      object({ description: { ...text, description }, default: text, unit: text });
    const { components } = shared([
      sends('addThing', object({ colour: of('x') })),
      sends('editThing', object({ colour: of('x'), name: text })),
      sends('moveThing', object({ colour: of('y') })),
    ]);
    expect(components).toEqual({ Colour: of('x') });
  });
});

describe('the name of a component', () => {
  it.each([
    ['traits', 'Trait'],
    ['policies', 'Policy'],
    ['addresses', 'Address'],
    ['statuses', 'Status'],
    ['status', 'Status'],
    ['responses', 'Response'],
    ['bigFive', 'BigFive'],
    ['snake_case-names', 'SnakeCaseName'],
  ])('is that of an item: %s → %s', (member, name) => {
    for (const many of [arrayOf(part('a')), { anyOf: [{ additionalProperties: part('a') }] }]) {
      const operations = [object({ [member]: many }), object({ other: part('a') })];
      expect(namesOf(...operations.map((schema, index) => sends(`call${index}`, schema)))).toEqual([name]);
    }
  });

  it('is that of the operation and the role where there is no member', () => {
    expect(namesOf(sends('addThing', part('a')), sends('editThing', part('a')))).toEqual(['AddThingRequest']);
    expect(namesOf(answers('getThing', part('a')), answers('readThing', part('a')))).toEqual([
      'GetThingAnswer',
    ]);
  });

  it('is what is listed', () => {
    const list = object({ items: arrayOf(part('a')), next: text });
    const changed = object({ items: arrayOf(part('a')), next: text, total: text });
    expect(namesOf(answers('listThings', list), answers('findThings', changed))).toEqual(['Thing']);
  });

  it('is the plain one for what is sent; variants say where they are from', () => {
    const given = { Receipt: text };
    const twice = (operationId: string, schema: JsonSchema): JsonSchema =>
      object({ first: object({ [operationId]: text, traits: arrayOf(schema) }), traits: arrayOf(schema) });
    const { components } = shared(
      [
        answers('getThing', twice('a', part('a'))),
        answers('readThing', twice('b', part('b'))),
        sends('addThing', twice('c', part('c'))),
        sends('editThing', twice('d', part('d'))),
        sends('moveThing', object({ receipt: part('e'), trait: object({ receipt: part('e') }) })),
      ],
      given,
    );
    expect(
      Object.entries(components).map(([name, { properties }]) => [name, ...Object.keys(properties ?? {})]),
    ).toEqual([
      ['Receipt'],
      ['ReceiptOfMoveThing', 'e', 'unit', 'value'],
      ['Trait', 'c', 'unit', 'value'],
      ['TraitAnswer', 'a', 'unit', 'value'],
      ['TraitOfEditThing', 'd', 'unit', 'value'],
      ['TraitOfReadThing', 'b', 'unit', 'value'],
    ]);
  });

  it('is numbered where an operation has several of one name', () => {
    const all = ['a', 'b', 'c'].flatMap((name) => [
      object({ x: part(name) }),
      object({ y: text, x: part(name) }),
    ]);
    const schema = object(Object.fromEntries(all.map((one, index) => [`m${index}`, one])));
    expect(namesOf(sends('addThing', schema))).toEqual(['X', 'XOfAddThing', 'XOfAddThing2']);
  });
});

/** A document with the references to some components replaced by what they mean. */
function expanded(value: unknown, components: Schemas): unknown {
  if (Array.isArray(value)) return value.map((item) => expanded(item, components));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, ...beside } = value as JsonSchema;
  const meant = typeof $ref === 'string' ? components[$ref.split('/').at(-1)!] : undefined;
  if (meant) return expanded({ ...meant, ...beside }, components);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, expanded(inner, components)]),
  );
}

describe('laws', () => {
  const seed = seedFor('shared schemas');
  const remarks = fc.record(
    { description: fc.constantFrom('one', 'other'), default: fc.constantFrom<unknown>({}, { a: 'x' }) },
    { requiredKeys: [] },
  );
  const { schema: someSchema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<JsonSchema>(text, {}, { enum: ['a', 'b'] }),
      fc
        .tuple(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'items', 'default'), tie('schema')), remarks)
        .map(([properties, more]) => object(properties, more)),
      tie('schema').map(arrayOf),
      fc.tuple(tie('schema'), remarks).map(([one, more]) => ({ anyOf: [one, { type: 'null' }], ...more })),
    ),
  }));
  const someOperations = fc.array(
    fc
      .tuple(fc.constantFrom(sends, answers), fc.constantFrom('addThing', 'listThings', 'do'), someSchema)
      .map(([make, operationId, schema]) => make(operationId, schema)),
    { maxLength: 8 },
  );

  it('what is shared means what it meant', () => {
    fc.assert(
      fc.property(someOperations, someSchema, (operations, schema) => {
        const given = { Given: schema };
        const before = { paths: pathsOf(...operations), components: given };
        const { paths, components } = shareSchemas(before.paths, given);
        const { Given, ...others } = components;
        expect(expanded({ paths, components: { Given } }, others)).toEqual(before);
        expect(shareSchemas(before.paths, given)).toEqual({ paths, components });
      }),
      { seed, numRuns: 300 },
    );
  });
});

describe('the API', () => {
  const document = describeApi().openApi as { paths: Paths; components: { schemas: Schemas } };
  const { schemas } = document.components;
  /** What a reference leads to, however far. */
  const reachedFrom = (value: unknown, reached = new Set<string>()): Set<string> => {
    for (const [, name] of JSON.stringify(value).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      if (reached.has(name!)) continue;
      reached.add(name!);
      reachedFrom(schemas[name!] ?? {}, reached);
    }
    return reached;
  };
  const isGiven = (name: string): boolean =>
    Object.hasOwn(schemaComponents, name) || reachedFrom(schemas[name]).has(name);

  it('has every schema that it refers to, refers to every schema that it has, and names them as OpenAPI allows', () => {
    expect([...reachedFrom(document.paths)].sort()).toEqual(Object.keys(schemas).sort());
    for (const name of Object.keys(schemas)) expect(name).toMatch(/^[A-Z][A-Za-z0-9]*$/);
  });

  it('is what is made of it when nothing in it is shared', () => {
    const entries = Object.entries(schemas);
    const own = Object.fromEntries(entries.filter(([name]) => !isGiven(name)));
    const given = Object.fromEntries(entries.filter(([name]) => isGiven(name)));
    const whole = expanded({ paths: document.paths, given }, own) as { paths: Paths; given: Schemas };
    expect(JSON.stringify(whole.paths).length).toBeGreaterThan(JSON.stringify(document.paths).length);
    const again = shareSchemas(whole.paths, whole.given);
    expect(again).toEqual({ paths: document.paths, components: schemas });
  });
});
