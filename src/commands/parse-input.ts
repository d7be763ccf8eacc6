/**
 * From what a client sent to what a schema promises. Besides the schema's own word it refuses what no schema
 * sees: `__proto__` members (which records let through), NUL, lone surrogates and bottomless nesting.
 */
import type { z } from 'zod';
import type { FieldError } from '../domain/kernel.js';
import { children, kindOf, memberSchema, unwrapped } from '../domain/schema-walk.js';
import { refuse } from './rejections.js';

/** Containers within containers that an input may have. */
export const maxDepth = 32;
/** Errors that one answer lists; the rest would only repeat them. */
const maxErrors = 100;
/** Errors of one answer that get a hint: each compares a name with all that are known. */
const maxHints = 10;
const unsafeNames = new Set(['__proto__', 'prototype', 'constructor']);
/** NUL or a surrogate without its other half: PostgreSQL and UTF-8 have no place for them. */
// oxlint-disable-next-line no-control-regex
const unstorable = /[\0\p{Cs}]/u;

/** Whether a member of this name could reach an object's prototype. */
export const isUnsafeName = (name: string): boolean => unsafeNames.has(name);

/** Whether a text holds NUL or a lone surrogate. */
export const isUnstorable = (text: string): boolean => unstorable.test(text);

/** RFC 6901: the pointer to the member at the end of a path. */
export const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/**
 * Parses an input by its schema, filling defaults.
 * @throws Rejection `invalid-input` with one `{ pointer, detail }` per fault; values are never quoted
 */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const unsafe = unsafePart(value, []);
  if (unsafe) return refuse('invalid-input', unsafe.detail, { errors: [unsafe] });
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  return refuse('invalid-input', undefined, { errors: listed(faultsIn(schema, value, parsed.error.issues)) });
}

/** A fault, with the word that may be a slip and what may have been meant by it. */
export interface Fault extends FieldError {
  slip?: { word: string; known: readonly string[] };
}

/** The faults that an answer lists, the first of them with hints. Later ones are not even looked at. */
export function listed(faults: Iterable<Fault>): FieldError[] {
  const errors: FieldError[] = [];
  for (const { pointer, detail, slip } of faults) {
    const meant = slip && errors.length < maxHints ? hint(slip.word, slip.known) : '';
    errors.push({ pointer, detail: detail + meant });
    if (errors.length === maxErrors) break;
  }
  return errors;
}

/** The name among the known ones that was probably meant: `system_prompt` → `systemPrompt`. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[_\s-]/g, '');
  const wanted = plain(word);
  let best: string | undefined;
  // A third of the letters may differ, but never all of them.
  let least = Math.min(Math.max(1, Math.floor(wanted.length / 3)) + 1, wanted.length);
  for (const name of known) {
    const candidate = plain(name);
    // The lengths alone tell that it is too far.
    if (Math.abs(candidate.length - wanted.length) >= least) continue;
    const distance = editDistance(wanted, candidate);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** `; did you mean "name"?`, or nothing. */
export function hint(word: string, known: readonly string[]): string {
  const meant = didYouMean(word, known);
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}

/** Damerau–Levenshtein (optimal string alignment): a transposed pair counts as one slip. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let least = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + cost);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, before[column - 2]! + 1);
      }
      current.push(least);
    }
    [before, above] = [above, current];
  }
  return above[b.length]!;
}

/** The first part that no input may hold. `path` is where the walk stands; it is left as it was found. */
function unsafePart(value: unknown, path: string[]): FieldError | undefined {
  if (typeof value === 'string') {
    if (!isUnstorable(value)) return undefined;
    return { pointer: pointerTo(path), detail: 'NUL and lone surrogates cannot be stored' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (path.length >= maxDepth) return { pointer: '', detail: `nested deeper than ${maxDepth} levels` };
  for (const name of Object.keys(value)) {
    if (isUnsafeName(name)) {
      return { pointer: pointerTo([...path, name]), detail: `no member may be called ${name}` };
    }
    if (isUnstorable(name)) {
      return { pointer: pointerTo(path), detail: 'a member name holds NUL or a lone surrogate' };
    }
    path.push(name);
    const found = unsafePart((value as Record<string, unknown>)[name], path);
    if (found) return found;
    path.pop();
  }
  return undefined;
}

type Issue = z.core.$ZodIssue;

/** The faults of all issues, found one by one: a client decides how many there are. */
function* faultsIn(schema: z.ZodType, input: unknown, issues: readonly Issue[]): Generator<Fault> {
  for (const issue of issues) yield* faultsOf(schema, input, issue);
}

function* faultsOf(schema: z.ZodType, input: unknown, issue: Issue): Generator<Fault> {
  const { path } = issue;
  const pointer = pointerTo(path);
  if (issue.code === 'unrecognized_keys') {
    const known = memberNames(schema, path);
    for (const word of issue.keys) {
      yield { pointer: pointer + pointerTo([word]), detail: 'there is no such field', slip: { word, known } };
    }
  } else if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const branch = likeliest(issue.errors);
    if (branch) {
      for (const inner of branch) yield* faultsOf(schema, input, below(path, inner));
      return;
    }
    const expected = issue.errors.flat().map((inner) => ('expected' in inner ? inner.expected : inner.code));
    yield { pointer, detail: `expected ${[...new Set(expected)].join(' or ')}` };
  } else if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    for (const { message } of issue.issues) yield { pointer, detail: message };
  } else {
    yield { pointer, ...described(issue, valueAt(input, path)) };
  }
}

const below = (path: PropertyKey[], issue: Issue): Issue => ({ ...issue, path: [...path, ...issue.path] });

/** The alternative that the client most likely meant: of the right type, with the fewest faults. */
function likeliest(branches: Issue[][]): Issue[] | undefined {
  const near = branches.filter((issues) => !issues.some(isOfAnotherType));
  return near.sort((a, b) => a.length - b.length)[0];
}

const isOfAnotherType = ({ code, path }: Issue): boolean =>
  path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');

function described(issue: Issue, value: unknown): Omit<Fault, 'pointer'> {
  if (issue.code === 'invalid_type' && value === undefined) {
    return { detail: `is required (${issue.expected})` };
  }
  const detail = issue.message.replace(/^Invalid input: /, '');
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return { detail };
  const known = issue.values.filter((option) => typeof option === 'string');
  return { detail, slip: { word: value, known } };
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** The members that a schema knows at a path, those of all its alternatives. */
export function memberNames(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let nodes = alternatives(schema);
  for (const step of path) {
    nodes = nodes.flatMap((node) => {
      const member = memberSchema(node, String(step));
      return member ? alternatives(member) : [];
    });
  }
  const objects = nodes.filter((node) => kindOf(node) === 'object');
  return objects.flatMap((node) => Object.keys((node as z.ZodObject).shape));
}

function alternatives(schema: z.ZodType): z.ZodType[] {
  const node = unwrapped(schema);
  if (!['union', 'lazy', 'intersection', 'pipe'].includes(kindOf(node))) return [node];
  return children(node).flatMap(([, child]) => alternatives(child));
}
