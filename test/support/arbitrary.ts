/**
 * Arbitrary values of a zod schema, so that laws can run over the registry without a second description of
 * every input. What a generator cannot know (refinements) is filtered through the schema itself.
 */
import fc, { type Arbitrary } from 'fast-check';
import { z } from 'zod';
import { kindOf } from '../../src/domain/schema-walk.js';
import { sealedSchema, subjectOf } from '../../src/domain/sealed.js';

/** What JSON Schema says of a leaf: the public way to ask zod for ranges, patterns and formats. */
interface Leaf {
  type?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  format?: string;
  pattern?: string;
}
type Def = Record<string, unknown> & { type: string };
const defOf = (schema: z.ZodType): Def => schema._zod.def as unknown as Def;
const leafOf = (schema: z.ZodType): Leaf => z.toJSONSchema(schema, { unrepresentable: 'any' }) as Leaf;

/** Picks for members whose name decides what is interesting, such as ids that should meet each other. */
export type Picks = Record<string, Arbitrary<unknown>>;

/**
 * Values that the schema accepts. `stored` makes personal members in their sealed form, as events hold them.
 */
export function arbitraryOf(
  schema: z.ZodType,
  { picks = {}, stored = false }: { picks?: Picks; stored?: boolean } = {},
): Arbitrary<unknown> {
  const below = (node: z.ZodType): Arbitrary<unknown> => arbitraryOf(node, { picks, stored });
  if (stored && subjectOf(schema) !== undefined) return sealedValue;
  if (schema === (sealedSchema as z.ZodType)) return sealedValue;
  const def = defOf(schema);
  const inner = def['innerType'] as z.ZodType;
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
      return fc.option(below(inner), { nil: undefined });
    case 'nullable':
      return fc.option(below(inner));
    case 'readonly':
    case 'nonoptional':
      return below(inner);
    case 'object':
      return objectOf(schema, def, picks, stored);
    case 'array': {
      const { minItems: minimum = 0, maxItems: maximum = minimum + 3 } = leafOf(schema);
      const items = fc.array(below(def['element'] as z.ZodType), {
        minLength: minimum,
        maxLength: Math.min(maximum, minimum + 3),
      });
      return items.filter((value) => schema.safeParse(value).success || stored);
    }
    case 'record':
      return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), below(def['valueType'] as z.ZodType), {
        maxKeys: 3,
      });
    case 'union':
      return fc.oneof(...(def['options'] as z.ZodType[]).map(below));
    case 'enum':
      return fc.constantFrom(...Object.values(def['entries'] as Record<string, unknown>));
    case 'literal':
      return fc.constantFrom(...(def['values'] as unknown[]));
    case 'string':
      return stringOf(schema);
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'lazy':
    case 'unknown':
    case 'any':
    case 'json':
      return json.filter((value) => schema.safeParse(value).success);
    default:
      throw new Error(`no arbitrary for a schema of kind ${kindOf(schema)}`);
  }
}

const json = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 2 }),
);

const token = fc.stringMatching(/^[A-Za-z0-9_-]{8,16}$/);
const sealedValue = fc.record({
  $sealed: fc.record({ key: token, iv: token, ct: token, eq: token, at: token }),
});

function objectOf(schema: z.ZodType, def: Def, picks: Picks, stored: boolean): Arbitrary<unknown> {
  const members = Object.entries(def['shape'] as Record<string, z.ZodType>).map(
    ([name, node]): [string, Arbitrary<unknown>] => [
      name,
      picks[name] ?? arbitraryOf(node, { picks, stored }),
    ],
  );
  const whole = fc.record(Object.fromEntries(members)).map((value) => {
    const present = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(present);
  });
  return stored ? whole : whole.filter((value) => schema.safeParse(value).success);
}

function stringOf(schema: z.ZodType): Arbitrary<string> {
  const { minLength = 0, maxLength = minLength + 20, pattern, format } = leafOf(schema);
  const accepted = (value: string): boolean => schema.safeParse(value).success;
  if (format === 'uuid') return fc.uuid({ version: 7 });
  if (format === 'date-time') {
    return fc
      .date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  if (format === 'uri') return fc.constantFrom('https://example.org/a.png', 'http://example.org');
  if (pattern) return fc.stringMatching(new RegExp(pattern)).filter(accepted);
  return fc
    .string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 20) })
    .filter(accepted);
}

function numberOf(schema: z.ZodType): Arbitrary<number> {
  const { type, minimum = -1000, maximum = minimum + 2000 } = leafOf(schema);
  const min = Math.max(minimum, -1_000_000);
  const max = Math.min(maximum, min + 2_000_000);
  if (type === 'integer') return fc.integer({ min, max });
  return fc
    .double({ min, max, noNaN: true, noDefaultInfinity: true })
    .map((value) => (value === 0 ? 0 : Number(value.toPrecision(6))))
    .filter((value) => schema.safeParse(value).success);
}
