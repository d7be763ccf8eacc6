/**
 * Sealing: every personal member of a command's input is replaced by its sealed form before `decide` sees
 * it. The walk goes over the schema and the parsed value side by side.
 */
import type { z } from 'zod';
import { inPlace, kindOf, memberSchema } from '../../domain/schema-walk.js';
import { isSealed, subjectOf, type SubjectPath } from '../../domain/sealed.js';
import { refuse } from '../rejections.js';
import { sealValue, type DataKey } from './data-key.js';
import type { Keyring } from './keyring.js';
import { mapMembers } from './map-members.js';
import { holdsPersonal } from './stored-schema.js';

/** What sealing needs to know besides the value. */
interface Sealing {
  /** The whole input as its schema has parsed it; subject paths are looked up in it. */
  input: unknown;
  tenantId: string;
  /** The stream that the values are for. */
  scope: string;
  commandId: string;
  actorId: string;
  keyring: Pick<Keyring, 'keyFor'>;
}

/** A personal value of an input that is not sealed yet. */
interface Plain {
  subject: SubjectPath;
  /** RFC 6901, into the input. */
  pointer: string;
  value: unknown;
}
type Visit = (plain: Plain) => unknown;

/**
 * The input with every personal member sealed; parts without any are shared with the argument.
 * @throws Rejection `subject-erased`, StoreUnavailable; Error when a subject path leads to no id
 */
export async function sealInput(sealing: Sealing & { schema: z.ZodType }): Promise<unknown> {
  if (!holdsPersonal(sealing.schema)) return sealing.input;
  return sealedBy([sealing.schema], sealing.input, '', sealing);
}

/**
 * Seals a value that a patch puts at a pointer into a document, by the document's schema there. It may be a
 * merge patch: partial objects are walked, and `null`, which removes, stays.
 * @param at.schema the document's
 * @param at.pointer RFC 6901, into the document
 * @param at.inputPointer where the value stands in the command's input
 * @throws as `sealInput`; Rejection `invalid-input` for a pointer into a personal value, which is opaque
 */
export async function sealAt(
  at: Sealing & { schema: z.ZodType; pointer: string; value: unknown; inputPointer: string },
): Promise<unknown> {
  const tokens = at.pointer.split('/').slice(1).map(unescaped);
  const opaque = (): never => {
    const detail = 'a personal value can only be replaced as a whole';
    return refuse('invalid-input', detail, { errors: [{ pointer: at.inputPointer, detail }] });
  };
  return sealedBy(schemasAt(at.schema, tokens, opaque), at.value, at.inputPointer, at, true);
}

/** The personal-bearing schemas that may describe what stands at a place of a document. */
function schemasAt(node: z.ZodType, tokens: string[], opaque: () => never): z.ZodType[] {
  if (!holdsPersonal(node)) return [];
  const [name, ...rest] = tokens;
  if (name === undefined) return [node];
  if (subjectOf(node) !== undefined) return opaque();
  const member = memberSchema(node, name);
  const below = inPlace(node).flatMap((option) => schemasAt(option, tokens, opaque));
  return member ? [...below, ...schemasAt(member, rest, opaque)] : below;
}

async function sealedBy(
  schemas: z.ZodType[],
  value: unknown,
  pointer: string,
  { input, tenantId, scope, commandId, actorId, keyring }: Sealing,
  nullStays = false,
): Promise<unknown> {
  const walk = (visit: (subjectId: string, plain: Plain) => unknown): unknown => {
    const each: Visit = (plain) => {
      if (nullStays && plain.value === null) return null;
      return visit(plain.subject === '@actor' ? actorId : memberId(input, plain), plain);
    };
    return schemas.reduce<unknown>((walked, schema) => visited(schema, walked, pointer, each), value);
  };
  const subjects = new Set<string>();
  walk((subjectId, plain) => {
    subjects.add(subjectId);
    return plain.value;
  });
  if (subjects.size === 0) return value;
  const keys = new Map<string, DataKey>();
  for (const subjectId of subjects) {
    keys.set(subjectId, await keyring.keyFor({ tenantId, subjectId, scope }));
  }
  return walk((subjectId, plain) => sealValue(keys.get(subjectId)!, commandId + plain.pointer, plain.value));
}

/** Calls `visit` for every personal value and puts its answer in that place. */
function visited(node: z.ZodType, value: unknown, pointer: string, visit: Visit): unknown {
  if (value === undefined || isSealed(value) || !holdsPersonal(node)) return value;
  const subject = subjectOf(node);
  if (subject !== undefined) return visit({ subject, pointer, value });
  if (kindOf(node) === 'nullable' && value === null) return null;
  const options = optionsFor(node, value);
  if (options.length > 0)
    return options.reduce<unknown>((now, option) => visited(option, now, pointer, visit), value);
  return mapMembers(value, (member, name) => {
    const schema = memberSchema(node, name);
    return schema ? visited(schema, member, `${pointer}/${escaped(name)}`, visit) : member;
  });
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

function memberId(input: unknown, { subject, pointer }: Plain): string {
  let found = input;
  for (const name of subject.split('.')) found = (found as Record<string, unknown> | undefined)?.[name];
  if (typeof found === 'string' && found !== '') return found;
  throw new Error(`${pointer} belongs to ${subject}, which the input does not name`);
}

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
const unescaped = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');

/**
 * Refuses an input that holds a `$sealed` member anywhere: the sealed form comes from the server only.
 * @throws Rejection `invalid-input`
 */
export function refuseSealedInput(input: unknown, pointer = ''): void {
  if (typeof input !== 'object' || input === null) return;
  for (const [name, member] of Object.entries(input)) {
    const here = `${pointer}/${escaped(name)}`;
    if (name === '$sealed') {
      const detail = 'sealed values are made by the server';
      refuse('invalid-input', detail, { errors: [{ pointer: here, detail }] });
    }
    refuseSealedInput(member, here);
  }
}

/** The ids of the keys that the sealed values inside a value are sealed with, each once. */
export function keyIdsIn(value: unknown): string[] {
  const found = new Set<string>();
  const within = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if (isSealed(part)) found.add(part.$sealed.key);
    else for (const member of Object.values(part)) within(member);
  };
  within(value);
  return [...found];
}
