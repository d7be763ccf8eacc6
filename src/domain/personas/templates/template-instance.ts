/**
 * From a template to a persona, and from a newer revision of it into the persona's draft. What the template does
 * not leave to its personas (its customizable fields) comes from its base; all else is the persona's own.
 */
import { z } from 'zod';
import { same } from '../../content-hash.js';
import type { FieldError } from '../../kernel.js';
import { ownMember } from '../../own-member.js';
import { pathsOf } from '../draft-change.js';
import { follow, isObject, pointerOf } from '../../json-pointer.js';
import { configShape, storedConfig, type PersonaConfig } from '../persona-config.js';
import { lockedParts } from '../persona-facets.js';
import { filled, inPart, membersOf, over, type Part } from './config-parts.js';
import { lockPaths, stepsTo } from './customizable-fields.js';
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

/** Any part of a configuration, objects in parts as well. */
export type Given = { [K in keyof PersonaConfig]?: Part<PersonaConfig[K]> | undefined };

/** The members of a configuration as the maker of an instance gives them: parts that are put over the base. */
export const instanceShape = Object.fromEntries(
  Object.entries(configShape).map(([name, node]) => [name, inPart(node).optional()]),
) as unknown as { [K in keyof PersonaConfig]-?: z.ZodOptional<z.ZodType<Given[K]>> };

const schemas: Readonly<Record<string, z.ZodType>> = configShape;

/** Whether a facet is about a real person: then it is never mixed with what a template says of an invented one. */
const namesSubject = (value: unknown): boolean => isObject(value) && value['subjectId'] !== undefined;

/** The places at which what is given differs from what would be there anyhow, as far down as there are objects. */
function differences(
  schema: z.ZodType | undefined,
  anyhow: unknown,
  given: unknown,
  path: string[],
): string[][] {
  if (given === undefined || same(anyhow, given)) return [];
  const members = membersOf(schema);
  const canBeCompared = members && isObject(given) && (anyhow === undefined || isObject(anyhow));
  const parts = canBeCompared ? Object.entries(given) : [];
  if (parts.length === 0) return canBeCompared && isObject(anyhow) ? [] : [path];
  const below = isObject(anyhow) ? anyhow : {};
  return parts.flatMap(([name, part]) =>
    differences(ownMember(members!, name), below[name], part, [...path, name]),
  );
}

/** Whether a template leaves a place to its personas; a locked prompt part that its base has is never left. */
const isLeft = (base: TemplateBase, fields: readonly string[][], path: readonly string[]): boolean =>
  fields.some((field) => field.every((step, index) => step === path[index])) &&
  !(lockPaths.some((lock) => same(lock, path)) && follow(base, path).found);

/** Whether the maker of an instance may say this, whatever the template leaves to it. */
const isOwn = (base: TemplateBase, [member, ...below]: readonly string[]): boolean =>
  below.length === 0 && (member === 'name' || (member === 'description' && base.description === undefined));

/**
 * The configuration of a persona made from a template: the defaults, over them its base, over that what is
 * given. The name is always the persona's own, and so is the description where the base has none. To say what
 * would be so anyhow, by the base or by default, is no override.
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
      if (namesSubject(value)) return [[name]];
      const schema = ownMember(schemas, name);
      return differences(schema, schema && filled(schema, known[name]), value, [name]);
    })
    .filter((path) => !isLeft(base, fields, path) && !isOwn(base, path));
  if (fixed.length > 0) {
    const errors = fixed.map((path) => ({
      pointer: pointerOf(path),
      detail: 'the template does not leave this to the persona',
    }));
    return { code: 'template-field-fixed', detail: `the template fixes ${fixed[0]!.join('.')}`, errors };
  }
  const merged = members.map(([name, value]): [string, unknown] => [
    name,
    namesSubject(value) ? value : over(ownMember(schemas, name), known[name], value),
  ]);
  return checked({ ...known, ...Object.fromEntries(merged) });
}

/** A configuration with its defaults, or why it is none. */
function checked(config: Members): { config: PersonaConfig } | Invalid {
  const parsed = storedConfig.safeParse(config);
  if (parsed.success) return { config: parsed.data };
  const errors = parsed.error.issues.flatMap((issue) =>
    pathsOf(issue).map((path) => ({ pointer: pointerOf(path), detail: explained(config, issue) })),
  );
  return { code: 'draft-invalid', detail: errors[0]!.detail, errors };
}

function explained(config: Members, issue: z.core.$ZodIssue): string {
  const isMissing = issue.code.startsWith('invalid_') && !follow(config, issue.path.map(String)).found;
  return isMissing ? 'is required: the template has none' : issue.message.replace(/^Invalid input: /, '');
}

export type Adopted = { draft: PersonaConfig } | Invalid;

/**
 * A draft after it has taken over a revision of its template: what the base has and does not leave to the
 * persona is the base's; what it leaves, and what the base does not have, stays the draft's, member by member.
 * Locked prompt parts are the base's whatever it leaves, and the draft's where it has none: no template takes
 * away what an owner of the tenant has put there. A facet about a real person stays as it is: nobody real is
 * overwritten by somebody invented.
 * @returns the draft, or why it would be no configuration: it would be too large
 */
export function adopted(
  draft: PersonaConfig,
  base: TemplateBase,
  customizableFields: readonly string[],
): Adopted {
  const fields = customizableFields.map(stepsTo);
  const own: Members = draft;
  const told = Object.entries(base).filter(([, value]) => value !== undefined);
  const members = told.map(([name, value]): [string, unknown] => {
    if (namesSubject(own[name])) return [name, own[name]];
    const within = fields.filter(([first]) => first === name).map(([, ...rest]) => rest);
    return [name, adoptedPart(ownMember(schemas, name), own[name], value, within)];
  });
  const taken: Members = { ...own, ...Object.fromEntries(members) };
  const prompt = over(configShape.prompt, taken['prompt'], locksOf(base));
  const result = Object.entries({ ...taken, prompt }).filter(([, value]) => value !== undefined);
  const after = checked(Object.fromEntries(result));
  return 'code' in after ? after : { draft: after.config };
}

/** The part of the prompt that holds the base's locked parts; undefined where it has none. */
function locksOf({ prompt }: TemplateBase): Part<PersonaConfig['prompt']> {
  const parts = lockedParts.flatMap((part) => {
    const text = prompt?.content?.[part];
    return text === undefined ? [] : [[part, text]];
  });
  return parts.length === 0 ? undefined : { content: Object.fromEntries(parts) as Record<string, string> };
}

/** The base's value over the draft's, but at the ends of the paths, where the draft's stays. */
function adoptedPart(
  schema: z.ZodType | undefined,
  own: unknown,
  base: unknown,
  fields: readonly string[][],
): unknown {
  if (base === undefined || fields.some((field) => field.length === 0)) return own;
  const parts = membersOf(schema);
  if (!parts || !isObject(base) || !isObject(own)) return base;
  const names = [...new Set([...Object.keys(own), ...Object.keys(base)])];
  const members = names.map((name): [string, unknown] => {
    const within = fields.filter(([first]) => first === name).map(([, ...rest]) => rest);
    return [name, adoptedPart(ownMember(parts, name), own[name], base[name], within)];
  });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}
