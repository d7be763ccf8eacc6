/**
 * From a template to a persona, and from a newer revision of it into the persona's draft. What the template does
 * not leave to its personas (its customizable fields) comes from its base; all else is the persona's own.
 */
import { z } from 'zod';
import { same } from '../../content-hash.js';
import type { FieldError } from '../../kernel.js';
import { kindOf, unwrapped } from '../../schema-walk.js';
import { isPersonal, isSealed } from '../../sealed.js';
import { stepsTo } from './customizable-fields.js';
import { follow, isObject, pointerOf } from '../json-pointer.js';
import { configShape, storedConfig, type PersonaConfig } from '../persona-config.js';
import { lockedParts } from '../persona-facets.js';
import type { TemplateBase } from './template-base.js';

/** What a template has to say to a persona. */
export interface Blueprint {
  base: TemplateBase;
  customizableFields: readonly string[];
}

type Members = Record<string, unknown>;
type Invalid = { code: 'draft-invalid'; detail: string; errors: FieldError[] };
export type Instance =
  | { config: PersonaConfig }
  | Invalid
  | { code: 'template-field-fixed'; detail: string; errors: FieldError[] };

type Part<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: Part<T[K]> } : T;
/** Any part of a configuration, objects in parts as well. */
export type Given = { [K in keyof PersonaConfig]?: Part<PersonaConfig[K]> };

/** A schema whose objects may be given in part; no default is filled in, and lists are whole. */
function inPart(schema: z.ZodType): z.ZodType {
  const node = unwrapped(schema);
  if (kindOf(node) !== 'object' || isPersonal(node)) return node;
  const { shape } = node as z.ZodObject;
  const members = Object.entries(shape).map(([name, member]) => [
    name,
    inPart(member as z.ZodType).optional(),
  ]);
  return z.strictObject(Object.fromEntries(members) as z.core.$ZodShape);
}

/** The members of a configuration as the maker of an instance gives them: parts that are put over the base. */
export const instanceShape = Object.fromEntries(
  Object.entries(configShape).map(([name, node]) => [name, inPart(node).optional()]),
) as unknown as { [K in keyof PersonaConfig]-?: z.ZodOptional<z.ZodType<Given[K]>> };

/** A plain object that can be looked into. */
const isOpen = (value: unknown): value is Members => isObject(value) && !isSealed(value);

/** Whether a facet is about a real person: then it is never mixed with what a template says of an invented one. */
const namesSubject = (value: unknown): boolean => isObject(value) && value['subjectId'] !== undefined;

/** Parts put over a value: objects member by member, anything else as a whole. */
function over(base: unknown, given: unknown): unknown {
  if (!isOpen(given) || !isOpen(base)) return given;
  const members = new Map(Object.entries(base));
  for (const [name, member] of Object.entries(given)) members.set(name, over(members.get(name), member));
  return Object.fromEntries(members);
}

/** The places at which what is given differs from the base, as far down as there are objects. */
function differences(base: unknown, given: unknown, path: string[]): string[][] {
  if (given === undefined || same(base, given)) return [];
  const canBeCompared = isOpen(given) && (base === undefined || isOpen(base));
  const members = canBeCompared ? Object.entries(given) : [];
  if (members.length === 0) return isOpen(given) && isOpen(base) ? [] : [path];
  const below = isOpen(base) ? base : {};
  return members.flatMap(([name, member]) => differences(below[name], member, [...path, name]));
}

const isLeft = (fields: readonly string[][], path: readonly string[]): boolean =>
  fields.some((field) => field.every((step, index) => step === path[index]));

/** Whether the maker of an instance may say this, whatever the template leaves to it. */
const isOwn = (base: TemplateBase, [member, ...below]: readonly string[]): boolean =>
  below.length === 0 && (member === 'name' || (member === 'description' && base.description === undefined));

/**
 * The configuration of a persona made from a template: the defaults, over them its base, over that what is
 * given. The name is always the persona's own, and so is the description where the base has none.
 * @param given parts as a client sends them, such as `{ name, responseStyle: { tone } }`; see `instanceShape`
 * @returns the configuration, or what is wrong with `given`, with pointers into it
 */
export function instanceOf({ base, customizableFields }: Blueprint, given: Given): Instance {
  const fields = customizableFields.map(stepsTo);
  const members = Object.entries(given).filter(([, value]) => value !== undefined);
  const known: Members = base;
  const fixed = members
    .flatMap(([name, value]) => {
      // A facet about a real person takes the place of the whole one.
      const replaces = namesSubject(value) && known[name] !== undefined;
      return replaces ? [[name]] : differences(known[name], value, [name]);
    })
    .filter((path) => !isLeft(fields, path) && !isOwn(base, path));
  if (fixed.length > 0) {
    const errors = fixed.map((path) => ({
      pointer: pointerOf(path),
      detail: 'the template does not leave this to the persona',
    }));
    return { code: 'template-field-fixed', detail: `the template fixes ${fixed[0]!.join('.')}`, errors };
  }
  const merged = members.map(([name, value]): [string, unknown] => [
    name,
    namesSubject(value) ? value : over(known[name], value),
  ]);
  return checked({ ...known, ...Object.fromEntries(merged) });
}

/** A configuration with its defaults, or why it is none. */
function checked(config: Members): { config: PersonaConfig } | Invalid {
  const parsed = storedConfig.safeParse(config);
  if (parsed.success) return { config: parsed.data };
  const errors = parsed.error.issues.flatMap((issue) => {
    const paths =
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({ pointer: pointerOf(path), detail: explained(config, issue) }));
  });
  return { code: 'draft-invalid', detail: errors[0]!.detail, errors };
}

function explained(config: Members, issue: z.core.$ZodIssue): string {
  const isMissing = issue.code.startsWith('invalid_') && !follow(config, issue.path.map(String)).found;
  return isMissing ? 'is required: the template has none' : issue.message.replace(/^Invalid input: /, '');
}

export type Adopted = { draft: PersonaConfig } | Invalid;

/**
 * A draft after it has taken over a revision of its template: what the base has and does not leave to the
 * persona is the base's; what it leaves, and what the base does not have, stays the draft's. A facet about a
 * real person, of which a part is left to the persona, stays whole. A locked prompt part goes only where the base
 * has another one: no template takes away what an owner of the tenant has put there.
 * @returns the draft, or why it would be no configuration: it would be too large
 */
export function adopted(
  draft: PersonaConfig,
  base: TemplateBase,
  customizableFields: readonly string[],
): Adopted {
  const fields = customizableFields.map(stepsTo);
  const own: Members = draft;
  const members = Object.entries(base).map(([name, value]): [string, unknown] => {
    const within = fields.filter(([first]) => first === name).map(([, ...rest]) => rest);
    const stays = within.length > 0 && namesSubject(own[name]);
    return [name, stays ? own[name] : adoptedPart(own[name], value, within)];
  });
  const taken = { ...own, ...Object.fromEntries(members) };
  const result = Object.entries({ ...taken, ...keptLocks(draft, taken) });
  const after = checked(Object.fromEntries(result.filter(([, value]) => value !== undefined)));
  return 'code' in after ? after : { draft: after.config };
}

/** The prompt with the locked parts of the draft that it lacks; nothing where it lacks none. */
function keptLocks({ prompt: before }: PersonaConfig, { prompt: after }: Partial<PersonaConfig>) {
  const lost = lockedParts.filter((part) => before?.content?.[part] && !after?.content?.[part]);
  if (lost.length === 0) return {};
  const kept = lost.map((part) => [part, before!.content![part]]);
  return { prompt: { ...after, content: { ...after?.content, ...Object.fromEntries(kept) } } };
}

/** The base's value, but at the ends of the paths, where the draft's stays. */
function adoptedPart(own: unknown, base: unknown, fields: readonly string[][]): unknown {
  if (fields.length === 0) return base;
  if (base === undefined || fields.some((field) => field.length === 0)) return own;
  if (!isOpen(base) || !isOpen(own)) return base;
  const names = new Set([...Object.keys(base), ...fields.map(([first]) => first!)]);
  const members = [...names].map((name): [string, unknown] => {
    const within = fields.filter(([first]) => first === name).map(([, ...rest]) => rest);
    return [name, adoptedPart(own[name], base[name], within)];
  });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}
