/**
 * What event schemas become for the log. Both forms have `sealedSchema` in the place of every personal
 * schema; the erased form is not among them, because nothing stored ever has it.
 */
import { z } from 'zod';
import { contains, kindOf, rewritten, unwrapped } from '../../domain/schema-walk.js';
import { sealedSchema, subjectOf } from '../../domain/sealed.js';

/** A schema of what another's output is once it is sealed. */
type StoredSchema<T extends z.ZodType> = z.ZodType<z.output<T>, z.output<T>>;

const personalWithin = new WeakMap<z.ZodType, boolean>();
const stored = new WeakMap<z.ZodType, z.ZodType>();
const tolerant = new WeakMap<z.ZodType, z.ZodType>();

const defOf = (schema: z.ZodType) => schema.def as unknown as Record<string, unknown>;
const isPersonal = (schema: z.ZodType): boolean => subjectOf(schema) !== undefined;

/**
 * Whether a schema is personal or holds a personal one; found once per schema.
 * @throws Error when the key of a record is personal: keys are stored in the clear
 */
export function holdsPersonal(schema: z.ZodType): boolean {
  return once(personalWithin, schema, () => {
    const keyed = (node: z.ZodType): boolean =>
      kindOf(node) === 'record' && contains(defOf(node)['keyType'] as z.ZodType, isPersonal);
    if (contains(schema, keyed)) throw new Error('the key of a record cannot be personal');
    return contains(schema, isPersonal);
  });
}

/** The schema of what is written, as strict as the event's own. Made once per schema. */
export function storedSchema<T extends z.ZodType>(schema: T): StoredSchema<T> {
  return once(stored, schema, () => rewritten(schema, sealedInstead, withoutRefinements)) as StoredSchema<T>;
}

/**
 * The schema of what is read: members that it does not know are left out at any depth, defaults are filled.
 * Made once per schema.
 */
export function tolerantSchema<T extends z.ZodType>(schema: T): StoredSchema<T> {
  return once(tolerant, schema, () =>
    rewritten(storedSchema(schema), exactFirst, loosened),
  ) as StoredSchema<T>;
}

function sealedInstead(node: z.ZodType, below: (node: z.ZodType) => z.ZodType): z.ZodType | undefined {
  if (!holdsPersonal(node)) return node;
  if (isPersonal(node)) return sealedSchema;
  // A default is a plain value. An input's default is sealed with the input; an event's cannot be.
  const filled = ['default', 'prefault', 'catch'].includes(kindOf(node)) && isPersonal(unwrapped(node));
  return filled ? below(defOf(node)['innerType'] as z.ZodType).optional() : undefined;
}

/** Refinements are written for the plain value; around a sealed one they would look into ciphertext. */
function withoutRefinements(node: z.ZodType): Record<string, unknown> {
  const { checks = [] } = node.def;
  return checks.some(isRefinement) ? { checks: checks.filter((check) => !isRefinement(check)) } : {};
}

const isRefinement = ({ _zod: { def } }: z.core.$ZodCheck): boolean => def.check === 'custom';

const isStrict = (node: z.ZodType): boolean => {
  const catchall = defOf(node)['catchall'] as z.ZodType | undefined;
  return kindOf(node) === 'object' && catchall !== undefined && kindOf(catchall) === 'never';
};

/**
 * A plain union takes the first option that parses, and a loosened option parses what another one meant,
 * leaving members out: what exactly is one of the options stays that one.
 */
function exactFirst(node: z.ZodType, below: (node: z.ZodType) => z.ZodType): z.ZodType | undefined {
  if (!contains(node, isStrict)) return node;
  const def = defOf(node);
  if (kindOf(node) !== 'union' || def['discriminator'] !== undefined) return undefined;
  const options = def['options'] as z.ZodType[];
  return node.clone({ ...def, options: [...options, ...options.map(below)] } as never);
}

const loosened = (node: z.ZodType): Record<string, unknown> =>
  isStrict(node) ? { catchall: undefined } : {};

function once<V>(made: WeakMap<z.ZodType, V>, schema: z.ZodType, make: () => V): V {
  const there = made.get(schema);
  if (there !== undefined) return there;
  const result = make();
  made.set(schema, result);
  return result;
}
