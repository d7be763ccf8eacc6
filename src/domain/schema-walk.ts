/**
 * The one walker over zod schemas. Strict encode, tolerant decode, sealing and the tidy spec are all small
 * visitors over it, so that no second list of zod's node kinds exists. A kind that is in neither list below
 * is refused: a container that nobody looks into could hold text that is stored in the clear.
 */
import { z } from 'zod';

type Def = { type: string } & Record<string, unknown>;
const defOf = (schema: z.ZodType): Def => schema.def as unknown as Def;

/** Kinds that only wrap another schema and hide its registry entries. */
export const wrappers = new Set([
  'optional',
  'nullable',
  'default',
  'prefault',
  'readonly',
  'nonoptional',
  'catch',
]);

/** Where the definition of each kind that holds other schemas holds them. */
const slots: Record<string, readonly string[]> = {
  object: ['shape', 'catchall'],
  array: ['element'],
  record: ['keyType', 'valueType'],
  union: ['options'],
  tuple: ['items', 'rest'],
  intersection: ['left', 'right'],
  pipe: ['in', 'out'],
  lazy: ['getter'],
  ...Object.fromEntries([...wrappers].map((kind) => [kind, ['innerType']])),
};

const leaves = new Set(
  (
    'string number boolean null undefined any unknown never enum literal template_literal ' +
    'bigint symbol date nan void custom transform'
  ).split(' '),
);

/** Slots whose schemas are for members of the value; what is in any other slot is for the value itself. */
const memberSlots = new Set(['shape', 'catchall', 'element', 'keyType', 'valueType', 'items', 'rest']);

function slotsOf(def: Def): readonly string[] {
  const own = slots[def.type];
  if (!own && !leaves.has(def.type)) throw new Error(`a schema cannot hold a ${def.type}: it is not JSON`);
  return own ?? [];
}

/** What stands in a slot: a schema, a list of them, schemas by name, or nothing. A lazy's is resolved. */
function contentOf(schema: z.ZodType, slot: string): unknown {
  if (slot !== 'getter') return defOf(schema)[slot];
  // zod keeps what a getter returned; calling the getter again would make new schemas without end.
  const { _zod: internals } = schema as unknown as { _zod: { innerType: z.ZodType } };
  return internals.innerType;
}

const isSchema = (value: unknown): value is z.ZodType =>
  typeof value === 'object' && value !== null && '_zod' in value;

/** The kind of a node, such as `object` or `string`. */
export const kindOf = (schema: z.ZodType): string => defOf(schema).type;

/** The schema inside `.optional()`, `.nullable()`, `.default()` and the like. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  let node = schema;
  while (wrappers.has(kindOf(node))) node = defOf(node)['innerType'] as z.ZodType;
  return node;
}

/**
 * The schemas directly below a node, each with the name of the member it is for: `*` for elements, keys and
 * values of records and whatever else has no name of its own, `''` where it is for the same value.
 */
export function children(schema: z.ZodType): [string, z.ZodType][] {
  return slotsOf(defOf(schema)).flatMap((slot): [string, z.ZodType][] => {
    const content = contentOf(schema, slot);
    if (isSchema(content)) return [[memberSlots.has(slot) ? '*' : '', content]];
    const named = Object.entries((content ?? {}) as Record<string, z.ZodType>);
    return slot === 'options' ? named.map(([, node]) => ['', node]) : named;
  });
}

/** The schemas below a node that are for the same value: what it wraps, its options, its two sides. */
export function inPlace(schema: z.ZodType): z.ZodType[] {
  const own = slotsOf(defOf(schema)).filter((slot) => !memberSlots.has(slot));
  return own.flatMap((slot) => contentOf(schema, slot) as z.ZodType | z.ZodType[]);
}

/** The schema of one member, element or value of what a node describes; undefined where there is none. */
export function memberSchema(schema: z.ZodType, name: string): z.ZodType | undefined {
  const def = defOf(schema);
  const own = def['shape'] as Record<string, z.ZodType> | undefined;
  const items = def['items'] as z.ZodType[] | undefined;
  switch (def.type) {
    case 'object':
      return Object.hasOwn(own!, name) ? own![name] : (def['catchall'] as z.ZodType | undefined);
    case 'array':
      return def['element'] as z.ZodType;
    case 'record':
      return def['valueType'] as z.ZodType;
    case 'tuple':
      return items![Number(name)] ?? (def['rest'] as z.ZodType | null) ?? undefined;
    default:
      return undefined;
  }
}

/** Whether the test holds for a node of the schema; every node is asked once. */
export function contains(schema: z.ZodType, test: (node: z.ZodType) => boolean): boolean {
  const seen = new Set<z.ZodType>();
  const within = (node: z.ZodType): boolean => {
    if (seen.has(node)) return false;
    seen.add(node);
    return test(node) || children(node).some(([, child]) => within(child));
  };
  return within(schema);
}

/** A node with some parts of its definition replaced. */
function cloned(schema: z.ZodType, parts: Record<string, unknown>): z.ZodType {
  // Descriptors, because `defaultValue` is a getter that makes a new value for every parse.
  const def = Object.defineProperties({}, Object.getOwnPropertyDescriptors(defOf(schema)));
  for (const [name, value] of Object.entries(parts)) {
    Object.defineProperty(def, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return schema.clone(def as never);
}

function filledAnew(content: unknown, below: (node: z.ZodType) => z.ZodType): unknown {
  if (isSchema(content)) return below(content);
  if (Array.isArray(content)) {
    const nodes = content.map((node) => below(node as z.ZodType));
    return nodes.every((node, index) => node === content[index]) ? content : nodes;
  }
  if (typeof content !== 'object' || content === null) return content;
  const named = Object.entries(content as Record<string, z.ZodType>);
  const nodes = named.map(([name, node]): [string, z.ZodType] => [name, below(node)]);
  return nodes.every(([, node], index) => node === named[index]![1]) ? content : Object.fromEntries(nodes);
}

/**
 * A copy of a schema in which `change` has replaced nodes, outermost first; where it answers undefined the
 * walk goes on below. Recursive schemas stay recursive, checks (`min`, `refine`) are kept, and a node that
 * nothing changed in is the same schema.
 * @param change gets the rewriting itself as `below`, for schemas that it builds from rewritten parts
 * @param alter parts of a node's own definition that its copy shall have instead
 */
export function rewritten(
  schema: z.ZodType,
  change: (node: z.ZodType, below: (node: z.ZodType) => z.ZodType) => z.ZodType | undefined,
  alter: (node: z.ZodType) => Record<string, unknown> = () => ({}),
): z.ZodType {
  const done = new Map<z.ZodType, z.ZodType>();
  const copied = (node: z.ZodType): z.ZodType => {
    const parts = { ...alter(node) };
    for (const slot of slotsOf(defOf(node))) {
      const content = slot in parts ? parts[slot] : contentOf(node, slot);
      const anew = filledAnew(content, below);
      if (anew === content) continue;
      if (slot === 'getter') Object.assign(parts, { getter: () => anew, _cachedInner: undefined });
      else parts[slot] = anew;
    }
    return Object.keys(parts).length === 0 ? node : cloned(node, parts);
  };
  const below = (node: z.ZodType): z.ZodType => {
    const known = done.get(node);
    if (known) return known;
    // Stands for the copy while it is being made, so a schema that contains itself is met only once.
    done.set(
      node,
      z.lazy(() => done.get(node)!),
    );
    const result = change(node, below) ?? copied(node);
    done.set(node, result);
    return result;
  };
  return below(schema);
}

/** Visits every node of a schema with the path of member names that leads to it; recursion is cut. */
export function walk(
  schema: z.ZodType,
  visit: (node: z.ZodType, path: string[]) => boolean | void,
  path: string[] = [],
  above: ReadonlySet<z.ZodType> = new Set(),
): void {
  if (above.has(schema) || visit(schema, path) === false) return;
  const inside = new Set(above).add(schema);
  for (const [name, child] of children(schema)) walk(child, visit, name ? [...path, name] : path, inside);
}

/**
 * The schema below `.default()` and `.prefault()`: what is absent stays absent. Other wrappers stay, and so
 * do defaults further below.
 */
export function withoutDefaults(schema: z.ZodType): z.ZodType {
  let node = schema;
  while (['default', 'prefault'].includes(kindOf(node))) node = defOf(node)['innerType'] as z.ZodType;
  return node;
}
