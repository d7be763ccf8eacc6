/**
 * What event schemas become for the log, and a document for whoever decides upon an edited one. Every form has
 * `sealedSchema` in the place of a personal schema, and either of the two in the place of one that is personal
 * only beside a subject; the erased form is not among them, because nothing stored ever has it.
 */
import { z } from 'zod';
import { ownMember } from './own-member.js';
import { children, contains, inPlace, kindOf, memberSchema, rewritten, unwrapped } from './schema-walk.js';
import { documentOf, isPersonal, isSealed, sealedSchema, siblingOf, subjectOf } from './sealed.js';

/** A schema of what another's output is once it is sealed. */
type StoredSchema<T extends z.ZodType> = z.ZodType<z.output<T>, z.output<T>>;

const personalWithin = new WeakMap<z.ZodType, boolean>();
const siblings = new WeakMap<z.ZodType, ReadonlySet<string>>();
const stored = new WeakMap<z.ZodType, z.ZodType>();
const tolerant = new WeakMap<z.ZodType, z.ZodType>();

const defOf = (schema: z.ZodType) => schema.def as unknown as Record<string, unknown>;

/**
 * Whether a schema is personal, holds a personal one, or holds a patch over a document that does; found once
 * per schema.
 * @throws Error when the key of a record is personal, since keys are stored in the clear, and when a schema is
 *   personal beside a member that its object does not have
 */
export function holdsPersonal(schema: z.ZodType): boolean {
  return once(personalWithin, schema, () => {
    const keyed = (node: z.ZodType): boolean =>
      kindOf(node) === 'record' && contains(defOf(node)['keyType'] as z.ZodType, isPersonal);
    if (contains(schema, keyed)) throw new Error('the key of a record cannot be personal');
    if (contains(schema, lacksSibling))
      throw new Error('a schema is personal beside a member that is not there');
    return contains(schema, (node) => {
      const document = documentOf(node);
      return isPersonal(node) || (document !== undefined && holdsPersonal(document));
    });
  });
}

/**
 * The members of an object schema that decide whether others in it are personal. Objects inside it have members
 * of their own. Found once per schema.
 */
export function siblingsIn(object: z.ZodType): ReadonlySet<string> {
  return once(siblings, object, () => {
    const found = new Set<string>();
    const seen = new Set<z.ZodType>();
    const within = (node: z.ZodType): void => {
      if (seen.has(node)) return;
      seen.add(node);
      const sibling = siblingOf(node);
      if (sibling !== undefined) found.add(sibling);
      else if (kindOf(node) !== 'object') below(node);
    };
    const below = (node: z.ZodType): void => children(node).forEach(([, child]) => within(child));
    below(object);
    return found;
  });
}

const lacksSibling = (node: z.ZodType): boolean =>
  kindOf(node) === 'object' &&
  [...siblingsIn(node)].some(
    (name) => !ownMember((node as z.ZodObject).shape as Record<string, z.ZodType>, name),
  );

/**
 * The schema of what is written, as strict as the event's own: beside a subject every personal member is
 * sealed, and without one none is. Refinements of what holds personal values are left out. Made once per schema.
 */
export function storedSchema<T extends z.ZodType>(schema: T): StoredSchema<T> {
  return once(stored, schema, () => rewritten(schema, sealedInstead, checkedAnew)) as StoredSchema<T>;
}

/**
 * The schema of what is read: members that it does not know are left out at any depth, defaults are filled, and
 * whether a personal member stands beside its subject is not asked. Made once per schema.
 */
export function tolerantSchema<T extends z.ZodType>(schema: T): StoredSchema<T> {
  return once(tolerant, schema, () => {
    const either = rewritten(schema, sealedInstead, withoutRefinements);
    return rewritten(either, exactFirst, loosened);
  }) as StoredSchema<T>;
}

function sealedInstead(node: z.ZodType, below: (node: z.ZodType) => z.ZodType): z.ZodType | undefined {
  if (!holdsPersonal(node)) return node;
  if (subjectOf(node) !== undefined) return sealedSchema;
  if (siblingOf(node) !== undefined) return z.union([sealedSchema, node]);
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

/** Without its refinements, but with the one that sealed members and the subject's id go together. */
function checkedAnew(node: z.ZodType): Record<string, unknown> {
  if (kindOf(node) !== 'object' || siblingsIn(node).size === 0) return withoutRefinements(node);
  const { checks = node.def.checks ?? [] } = withoutRefinements(node) as { checks?: z.core.$ZodCheck[] };
  return { checks: [...checks, z.superRefine(besideSubject(node))] };
}

const besideSubject =
  (object: z.ZodType) =>
  (value: unknown, ctx: z.RefinementCtx): void => {
    const members = value as Record<string, unknown>;
    for (const { sibling, path, isPlain } of conditionalParts(object, members, [])) {
      const isNamed = typeof ownMember(members, sibling) === 'string';
      if (isNamed !== isPlain) continue;
      const message = isPlain
        ? `belongs to ${sibling}: name it in the same edit`
        : `is sealed for a person: name ${sibling}`;
      ctx.addIssue({ code: 'custom', path, message });
    }
  };

interface ConditionalPart {
  sibling: string;
  path: PropertyKey[];
  isPlain: boolean;
}

/** What stands in the places that are personal beside a sibling of this object. */
function conditionalParts(node: z.ZodType, value: unknown, path: PropertyKey[]): ConditionalPart[] {
  if (value === undefined || !holdsPersonal(node)) return [];
  const sibling = siblingOf(node);
  if (sibling !== undefined) return [{ sibling, path, isPlain: !isSealed(value) }];
  if (kindOf(node) === 'nullable' && value === null) return [];
  if (kindOf(node) === 'object' && path.length > 0) return [];
  const options = inPlace(node);
  const fitting =
    kindOf(node) === 'union'
      ? options.find((option) => storedSchema(option).safeParse(value).success)
      : undefined;
  const here = (fitting ? [fitting] : options).flatMap((option) => conditionalParts(option, value, path));
  if (typeof value !== 'object' || value === null) return here;
  const below = Object.entries(value).flatMap(([name, member]) => {
    const schema = memberSchema(node, name);
    const step = Array.isArray(value) ? Number(name) : name;
    return schema ? conditionalParts(schema, member, [...path, step]) : [];
  });
  return [...here, ...below];
}

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
