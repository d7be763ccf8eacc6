/** From an address to the input of an operation: what stands in the path and in the query string, as its schema has it. */
import type { z } from 'zod';
import {
  isUnsafeName,
  isUnstorable,
  listed,
  parseInput,
  pointerTo,
  type Fault,
} from '../commands/parse-input.js';
import { refuse } from '../commands/rejections.js';
import { children, kindOf, unwrapped } from '../domain/schema-walk.js';
import { numberFault } from '../commands/json-number.js';

/** Query parameters by name, in the order they were given. */
export type QueryParameters = Map<string, string[]>;

const invalid = (faults: Fault[]): never => refuse('invalid-input', undefined, { errors: listed(faults) });

/**
 * Refuses a request target that is no clean address: raw bytes beyond ASCII, escapes that are no UTF-8, NUL.
 * @throws Rejection `malformed-request`
 */
export function checkTarget(target: string): void {
  // Most addresses need no decoding, and a plain one cannot hide anything.
  if (/^[!-$&-~]*$/.test(target)) return;
  if (!/^[!-~]*$/.test(target)) {
    const detail = 'bytes beyond ASCII must be percent-encoded';
    refuse('malformed-request', `The address: ${detail}`, { errors: [{ pointer: '', detail }] });
  }
  const mark = target.indexOf('?');
  decoded(mark < 0 ? target : target.slice(0, mark), 'The path');
}

/** Percent-decodes a text. @throws Rejection `malformed-request` for NUL and for what is not UTF-8 */
function decoded(text: string, what: string, pointer = ''): string {
  const reject = (detail: string): never =>
    refuse('malformed-request', `${what}: ${detail}`, { errors: [{ pointer, detail }] });
  let plain: string;
  try {
    plain = decodeURIComponent(text);
  } catch {
    return reject('the percent-encoding is not valid UTF-8');
  }
  return isUnstorable(plain) ? reject('NUL cannot be stored') : plain;
}

/** The parameters of a request target. `+` is a space, as forms write it. @throws Rejection `malformed-request` */
export function queryParameters(target: string): QueryParameters {
  const found: QueryParameters = new Map();
  const mark = target.indexOf('?');
  if (mark < 0) return found;
  for (const part of target.slice(mark + 1).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const rawName = equals < 0 ? part : part.slice(0, equals);
    const name = decoded(rawName.replaceAll('+', ' '), 'A query parameter');
    const value = equals < 0 ? '' : part.slice(equals + 1).replaceAll('+', ' ');
    const values = found.get(name);
    const plain = decoded(value, `The query parameter ${name}`, pointerTo([name]));
    if (values) values.push(plain);
    else found.set(name, [plain]);
  }
  return found;
}

/**
 * Parses an operation's input from path and query parameters: numbers, booleans and lists by the schema.
 * @throws Rejection `invalid-input` for unknown and repeated parameters and for values of the wrong form
 */
export function parseAddress<S extends z.ZodObject>(
  schema: S,
  path: Record<string, string>,
  query: QueryParameters,
): z.output<S> {
  const shape = schema.shape as Record<string, z.ZodType>;
  const input: Record<string, unknown> = {};
  const errors: Fault[] = [];
  for (const name in path) input[name] = scalar(shape[name], path[name]!, name, errors);
  for (const [name, values] of query) {
    const node = !isUnsafeName(name) && Object.hasOwn(shape, name) ? shape[name]! : undefined;
    if (!node || Object.hasOwn(path, name)) {
      const known = Object.keys(shape).filter((member) => !Object.hasOwn(path, member));
      const slip = { word: name, known };
      errors.push({ pointer: pointerTo([name]), detail: 'there is no such parameter', slip });
    } else if (kindOf(unwrapped(node)) === 'array') {
      input[name] = listOf(node, values, name, errors);
    } else if (values.length > 1) {
      errors.push({ pointer: pointerTo([name]), detail: 'is given more than once' });
    } else {
      input[name] = scalar(node, values[0]!, name, errors);
    }
  }
  return errors.length > 0 ? invalid(errors) : parseInput(schema, input);
}

/** A list is a repeated parameter, or one with commas. */
function listOf(node: z.ZodType, values: string[], name: string, errors: Fault[]): unknown[] {
  const element = children(unwrapped(node))[0]?.[1];
  const texts = values.length === 1 ? values[0]!.split(',') : values;
  return texts.map((text) => scalar(element, text, name, errors));
}

/** A text as its schema has it; what does not fit stays text, and the schema says what it wants instead. */
function scalar(node: z.ZodType | undefined, text: string, name: string, errors: Fault[]): unknown {
  const kind = node && kindOf(unwrapped(node));
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (kind !== 'number' || !/^-?\d/.test(text)) return text;
  const fault = numberFault(text);
  if (fault === undefined) return Number(text);
  errors.push({ pointer: pointerTo([name]), detail: fault });
  return text;
}

/** Refuses query parameters on an operation that has none. @throws Rejection `invalid-input` */
export function refuseParameters(target: string): void {
  if (!target.includes('?')) return;
  const names = [...queryParameters(target).keys()];
  if (names.length === 0) return;
  invalid(names.map((name) => ({ pointer: pointerTo([name]), detail: 'there is no such parameter' })));
}
