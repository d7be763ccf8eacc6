/**
 * Makes components of the schemas that an OpenAPI document repeats. It goes by the JSON alone: equal schemas are
 * one, whatever they were declared as, so that no declaration has to know of the document.
 */
import type { JsonSchema } from './json-schema.js';

/** The `paths` of a document: operations by path and method. */
export type Paths = Record<string, Record<string, JsonSchema>>;

/** Where a schema stands, as far as its name goes. */
interface Place {
  operation: string;
  role: 'Request' | 'Answer';
  /** What stands here, in PascalCase; absent for what is not within another schema. */
  name?: string;
}

/** What equal schemas have in common. */
interface Shape {
  /** The first of them, and where it is. */
  schema: JsonSchema;
  place: Place;
  /** One for each of them. */
  remarks: JsonSchema[];
  /** Absent where there is only one. */
  name?: string;
}

/** Takes a part of a schema: the keyword that it stands under and, among named parts, its name. */
type TakePart = (part: JsonSchema, keyword: string, name?: string) => unknown;

/**
 * The document with every repeated object schema replaced by a reference, and the components that are referred to:
 * the given ones, which keep their names, then the shared ones in the order of theirs. What stands once, were it in
 * a component, stays there; so do small objects. A component is called after the member that it is first met under,
 * `traits` → `Trait`. Pure: the same document gives the same names.
 */
export function shareSchemas(
  paths: Paths,
  given: Record<string, JsonSchema>,
): { paths: Paths; components: Record<string, JsonSchema> } {
  const identify = identifier();
  const shapes = new Map<string, Shape>();
  const shapeOf = new Map<JsonSchema, Shape>();
  const meet = (schema: JsonSchema, place: Place): void => {
    if (isWorthAName(schema)) {
      const id = identify(schema);
      const known = shapes.get(id);
      const shape = known ?? { schema, place, remarks: [] };
      shape.remarks.push(remarksOf(schema));
      shapeOf.set(schema, shape);
      // The parts of a shape stand in its component, once.
      if (known) return;
      shapes.set(id, shape);
    }
    withParts(schema, (part, keyword, name) => meet(part, inner(place, keyword, name)));
  };
  // What is sent has the plain names, and what is answered shares them where it is the same.
  for (const role of ['Request', 'Answer'] as const) {
    for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
      const { operationId, parameters, requestBody, responses } = operation;
      const place = { operation: pascal(operationId as string), role };
      withSchemas(role === 'Answer' ? responses : [parameters, requestBody], (schema) => meet(schema, place));
    }
  }
  for (const [name, schema] of Object.entries(given)) {
    const place = { operation: name, role: 'Answer', name } as const;
    withParts(schema, (part, keyword, of) => meet(part, inner(place, keyword, of)));
  }
  const shared = named(shapes, new Set(Object.keys(given)));

  const written = (schema: JsonSchema): JsonSchema => {
    const shape = shapeOf.get(schema);
    if (shape?.name === undefined) return withParts(schema, written);
    return { $ref: `#/components/schemas/${shape.name}`, ...differing(remarksOf(schema), shape) };
  };
  const components = Object.entries(given).map(([name, schema]) => [name, withParts(schema, written)]);
  for (const shape of shared) {
    const own = differing(remarksOf(shape.schema), shape);
    const content = Object.entries(shape.schema).filter(([keyword]) => !Object.hasOwn(own, keyword));
    components.push([shape.name!, withParts(Object.fromEntries(content), written)]);
  }
  return { paths: withSchemas(paths, written) as Paths, components: Object.fromEntries(components) };
}

/** The text of a schema without its remarks: the same in whichever order its members are written. */
function identifier(): (schema: JsonSchema) => string {
  const ordered = new Map<string, string>();
  return (schema) => {
    const content = Object.entries(schema).filter(([keyword]) => !remarkKeywords.has(keyword));
    const written = JSON.stringify(content);
    // Most equal schemas are written alike, and ordering is what takes time when the process starts.
    const text = ordered.get(written) ?? JSON.stringify(Object.fromEntries(content), inOrder);
    ordered.set(written, text);
    return text;
  };
}

const inOrder = (_name: string, value: unknown): unknown =>
  isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;

/** Keywords that speak of a place and check nothing: they may stand beside a `$ref`. */
const remarkKeywords = new Set(['description', 'default']);

const remarksOf = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([keyword]) => remarkKeywords.has(keyword)));

/** Those of some remarks that are not made wherever the shape is met: they stay at their places. */
const differing = (remarks: JsonSchema, { remarks: all }: Shape): JsonSchema =>
  Object.fromEntries(
    Object.entries(remarks).filter(
      ([keyword, value]) => !all.every((other) => JSON.stringify(other[keyword]) === JSON.stringify(value)),
    ),
  );

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object of three members or more, or with another object within. */
function isWorthAName({ properties }: JsonSchema): boolean {
  if (!isObject(properties)) return false;
  return Object.keys(properties).length > 2 || JSON.stringify(properties).includes('"properties":{');
}

const single = new Set(['items', 'additionalProperties', 'propertyNames', 'not']);
const listed = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);

/** A copy of a schema with its direct parts replaced. Other keywords hold values, which are no schemas. */
function withParts(schema: JsonSchema, replace: TakePart): JsonSchema {
  const copy = { ...schema };
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties')
      copy[keyword] = mapped(value as JsonSchema, (part, name) => replace(part as JsonSchema, keyword, name));
    else if (listed.has(keyword))
      copy[keyword] = (value as JsonSchema[]).map((part) => replace(part, keyword));
    else if (single.has(keyword) && isObject(value)) copy[keyword] = replace(value, keyword);
  }
  return copy;
}

/** A copy of a piece of the document with its schemas replaced. */
function withSchemas(piece: unknown, replace: (schema: JsonSchema) => unknown): unknown {
  if (Array.isArray(piece)) return piece.map((item) => withSchemas(item, replace));
  if (!isObject(piece)) return piece;
  return mapped(piece, (value, name) =>
    name === 'schema' ? replace(value as JsonSchema) : withSchemas(value, replace),
  );
}

function mapped(object: JsonSchema, change: (value: unknown, name: string) => unknown): JsonSchema {
  const copy = { ...object };
  for (const name of Object.keys(copy)) copy[name] = change(copy[name], name);
  return copy;
}

/** The shapes that are met more than once, named and in the order of their names. */
function named(shapes: Map<string, Shape>, taken: Set<string>): Shape[] {
  const shared = [...shapes.values()].filter(({ remarks }) => remarks.length > 1);
  for (const shape of shared) {
    for (const name of names(shape.place)) {
      if (taken.has(name)) continue;
      taken.add((shape.name = name));
      break;
    }
  }
  return shared.toSorted((a, b) => (a.name! < b.name! ? -1 : 1));
}

/** What a shape may be called, the most general first; a number is for what nothing else tells apart. */
function* names({ operation, role, name }: Place): Generator<string> {
  if (name === undefined) yield operation + role;
  else {
    yield name;
    if (role === 'Answer') yield name + role;
  }
  const whole = `${name ?? role}Of${operation}`;
  yield whole;
  for (let number = 2; ; number++) yield whole + number;
}

/** The place of a part: a member gives its name; an item or a value of a dictionary is one of them. */
function inner({ operation, role, name }: Place, keyword: string, member?: string): Place {
  // What lists are of is said by the operation: the `items` of `listThings` are things.
  const whole = name ?? operation.replace(/^[A-Z][a-z]+(?=[A-Z])/, '');
  if (member !== undefined)
    return { operation, role, name: member === 'items' ? whole : pascal(member) || whole };
  const isOneOfMany = ['items', 'prefixItems', 'additionalProperties'].includes(keyword);
  return isOneOfMany
    ? { operation, role, name: singular(whole) }
    : { operation, role, ...(name && { name }) };
}

const pascal = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** The singular of an English plural; what is none stays as it is. */
const singular = (name: string): string => {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`;
  if (/(ss|sh|ch|x|us)es$/.test(name)) return name.slice(0, -2);
  return /[^sui]s$/.test(name) ? name.slice(0, -1) : name;
};
