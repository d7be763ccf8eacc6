/**
 * Arbitrary values of a zod schema, so that laws can run over the registry without a second description of
 * every input. What a generator cannot know (refinements) is filtered through the schema itself.
 */
import fc, { type Arbitrary } from 'fast-check';
import { z } from 'zod';
import { kindOf } from '../../src/domain/schema-walk.js';
import { sealedSchema, siblingOf, subjectOf } from '../../src/domain/sealed.js';
import { siblingsIn, storedSchema } from '../../src/domain/stored-schema.js';

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

interface Making {
  picks?: Picks;
  /** Makes personal members in their sealed form, as events hold them. */
  stored?: boolean;
  /** The members of the object around that name a subject in it. */
  named?: readonly string[];
}

/** Values that the schema accepts; `stored` ones its stored schema accepts. */
export function arbitraryOf(schema: z.ZodType, making: Making = {}): Arbitrary<unknown> {
  const { stored = false, named = [] } = making;
  const below = (node: z.ZodType): Arbitrary<unknown> => arbitraryOf(node, making);
  if (stored && subjectOf(schema) !== undefined) return sealedValue;
  if (stored && named.includes(siblingOf(schema) ?? '')) return sealedValue;
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
      return objectOf(schema, def, making);
    case 'array': {
      const { minItems: minimum = 0, maxItems: maximum = minimum + 3 } = leafOf(schema);
      const items = fc.array(below(def['element'] as z.ZodType), {
        minLength: minimum,
        maxLength: Math.min(maximum, minimum + 3),
      });
      return items.filter(acceptedBy(schema, stored));
    }
    case 'record':
      return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), below(def['valueType'] as z.ZodType), {
        maxKeys: 3,
      });
    case 'union': {
      const options = def['options'] as z.ZodType[];
      // A stored schema has both forms of what is personal only beside a subject; the object around decides.
      const isDecided = options.some((option) => siblingOf(option) !== undefined);
      const left = isDecided ? options.filter((option) => option !== (sealedSchema as z.ZodType)) : options;
      return fc.oneof(...left.map(below));
    }
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

/** A pick where there is one; what may be absent sometimes is, so that "exactly one of these" can be met. */
const pickFor = (node: z.ZodType, pick: Arbitrary<unknown> | undefined): Arbitrary<unknown> | undefined =>
  pick && node.safeParse(undefined).success ? fc.option(pick, { nil: undefined }) : pick;

const acceptedBy =
  (schema: z.ZodType, stored: boolean) =>
  (value: unknown): boolean =>
    (stored ? storedSchema(schema) : schema).safeParse(value).success;

function objectOf(schema: z.ZodType, def: Def, making: Making): Arbitrary<unknown> {
  const { picks = {}, stored = false } = making;
  const shape = def['shape'] as Record<string, z.ZodType>;
  const siblings = stored ? [...siblingsIn(schema)] : [];
  const objectWith = (named: readonly string[]): Arbitrary<Record<string, unknown>> => {
    const members = Object.entries(shape).map(([name, node]): [string, Arbitrary<unknown>] => {
      const any = pickFor(node, picks[name]) ?? arbitraryOf(node, { ...making, named });
      if (!siblings.includes(name)) return [name, any];
      if (!named.includes(name)) return [name, fc.constant(undefined)];
      return [name, any.filter((value) => typeof value === 'string')];
    });
    return fc.record(Object.fromEntries(members)).map((value) => {
      const present = Object.entries(value).filter(([, member]) => member !== undefined);
      return Object.fromEntries(present);
    });
  };
  const required = siblings.filter((name) => !shape[name]!.safeParse(undefined).success);
  const whole =
    siblings.length > required.length
      ? fc.oneof(objectWith(required), objectWith(siblings))
      : objectWith(siblings);
  return whole.filter(acceptedBy(schema, stored));
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
