/**
 * Which parts of an input are personal, and for whom. The walk goes over the schema and the parsed value side by
 * side, and into the values that a patch puts at pointers into a document.
 */
import type { z } from 'zod';
import { tokensOf } from '../../domain/json-pointer.js';
import { Rejection } from '../../domain/kernel.js';
import { ownMember } from '../../domain/own-member.js';
import { inPlace, kindOf, memberSchema } from '../../domain/schema-walk.js';
import { documentOf, isSealed, siblingOf, subjectOf, type SubjectPath } from '../../domain/sealed.js';
import { holdsPersonal } from '../../domain/stored-schema.js';
import { parseInput, pointerTo } from '../parse-input.js';
import { refuse } from '../rejections.js';
import { mapMembers } from './map-members.js';

/** A personal value of an input that is not sealed yet. */
export interface Plain {
  /** Where the subject's id stands, or the id itself where it stands beside the value. */
  subject: { path: SubjectPath } | { id: string };
  /** RFC 6901, into the input. */
  pointer: string;
  value: unknown;
}

/** Where the walk is, and what it does there. */
interface Walk {
  visit: (plain: Plain) => unknown;
  pointer: string;
  /** The nearest object around the value, with its schema: siblings are looked up in it. */
  around?: { schema: z.ZodType; members: Record<string, unknown> };
  /** Nothing has parsed the value yet: a patch's, whose own schema does not know what stands at its path. */
  isUnparsed: boolean;
}

/**
 * The input with the answer of `visit` in the place of every personal value; parts without any are shared with
 * the argument.
 * @throws Rejection `invalid-input` for an operation that reaches into a personal value, which is opaque, or
 *   puts in its place what its schema refuses
 */
export const mapPersonal = (schema: z.ZodType, input: unknown, visit: Walk['visit']): unknown =>
  visited(schema, input, { visit, pointer: '', isUnparsed: false });

function visited(node: z.ZodType, value: unknown, walk: Walk): unknown {
  if (value === undefined || isSealed(value) || !holdsPersonal(node)) return value;
  const document = documentOf(node);
  if (document) return mapMembers(value, (step, index) => visitedStep(document, step, below(walk, index)));
  const subject = subjectFor(node, walk);
  if (subject) {
    return walk.visit({
      subject,
      pointer: walk.pointer,
      value: walk.isUnparsed ? parsed(node, value, walk) : value,
    });
  }
  // Nobody is named beside it: it is clear, as all that its schema holds.
  if (siblingOf(node) !== undefined) return value;
  if (kindOf(node) === 'nullable' && value === null) return null;
  const options = optionsFor(node, value);
  if (options.length > 0) return options.reduce<unknown>((now, option) => visited(option, now, walk), value);
  const isObject = kindOf(node) === 'object' && typeof value === 'object' && value !== null;
  const around = isObject ? { schema: node, members: value as Record<string, unknown> } : walk.around;
  return mapMembers(value, (member, name) => {
    const schema = memberSchema(node, name);
    return schema ? visited(schema, member, { ...below(walk, name), ...(around && { around }) }) : member;
  });
}

const below = (walk: Walk, name: string): Walk => ({ ...walk, pointer: walk.pointer + pointerTo([name]) });

/** Whose a value is, if it is anybody's. A sibling that its own schema refuses names nobody. */
function subjectFor(node: z.ZodType, { around }: Walk): Plain['subject'] | undefined {
  const path = subjectOf(node);
  if (path !== undefined) return { path };
  const sibling = siblingOf(node);
  const id = sibling === undefined || !around ? undefined : ownMember(around.members, sibling);
  if (typeof id !== 'string' || id === '') return undefined;
  return memberSchema(around!.schema, sibling!)?.safeParse(id).success ? { id } : undefined;
}

/**
 * The schemas that describe the same value as the node. Of a union it is the option that parses; where none
 * does, as with a partial object of a merge patch, it is every one: what is sealed too much is refused when
 * it is stored, what is sealed too little is a leak.
 */
function optionsFor(node: z.ZodType, value: unknown): z.ZodType[] {
  const options = inPlace(node);
  if (kindOf(node) !== 'union') return options;
  const fitting = options.find((option) => option.safeParse(value).success);
  return fitting ? [fitting] : options;
}

/**
 * An operation (RFC 6902) with the personal parts of its value visited, by the document's schema at its path.
 * What is personal only beside a subject stays when the operation does not hold that subject's id: whether the
 * document names one is known to who decides.
 */
function visitedStep(document: z.ZodType, step: unknown, walk: Walk): unknown {
  const operation = step as { path: string; from?: string; value?: unknown };
  for (const member of ['path', 'from'] as const)
    refuseSealedStep(operation[member], `${walk.pointer}/${member}`);
  if (operation.value === undefined) return step;
  const pointer = `${walk.pointer}/value`;
  const opaque = (): never => refusedAt(pointer, 'a personal value can only be replaced as a whole');
  const schemas = schemasAt(document, tokensOf(operation.path), opaque);
  return mapMembers(step, (member, name) => {
    if (name !== 'value') return member;
    const inside: Walk = { visit: walk.visit, pointer, isUnparsed: true };
    return schemas.reduce<unknown>((now, schema) => visited(schema, now, inside), member);
  });
}

/** A pointer to or into a `$sealed` member would let a client put a sealed form together, part by part. */
function refuseSealedStep(path: string | undefined, pointer: string): void {
  if (path !== undefined && tokensOf(path).includes('$sealed')) {
    refusedAt(pointer, 'sealed values are made by the server');
  }
}

/** The personal-bearing schemas that may describe what stands at a place of a document. */
function schemasAt(node: z.ZodType, tokens: string[], opaque: () => never): z.ZodType[] {
  if (!holdsPersonal(node)) return [];
  const [name, ...rest] = tokens;
  if (name === undefined) return [node];
  if (subjectOf(node) !== undefined) return opaque();
  if (siblingOf(node) !== undefined) return [];
  const member = memberSchema(node, name);
  const inside = inPlace(node).flatMap((option) => schemasAt(option, tokens, opaque));
  return member ? [...inside, ...schemasAt(member, rest, opaque)] : inside;
}

/** What is sealed is checked now or never: nobody sees into it afterwards. */
function parsed(node: z.ZodType, value: unknown, { pointer: at }: Walk): unknown {
  try {
    return parseInput(node, value);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const errors = error.more.errors?.map(({ pointer, detail }) => ({ pointer: at + pointer, detail }));
    return refuse('invalid-input', undefined, { errors: errors ?? [] });
  }
}

function refusedAt(pointer: string, detail: string): never {
  return refuse('invalid-input', detail, { errors: [{ pointer, detail }] });
}
