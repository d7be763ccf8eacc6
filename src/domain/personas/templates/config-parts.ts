/**
 * A configuration in parts. Objects are spoken of member by member; lists, dictionaries and whatever can be
 * personal are whole values. Templates fix, leave and take over parts by this one rule.
 */
import { z } from 'zod';
import { ownMember } from '../../own-member.js';
import { kindOf, unwrapped } from '../../schema-walk.js';
import { isPersonal } from '../../sealed.js';
import { isObject } from '../../json-pointer.js';

/** What may be given of a value: any members of its objects. */
export type Part<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: Part<T[K]> | undefined }
    : T;

/** The schemas of the members that are spoken of one by one; undefined for what is a whole value. */
export function membersOf(schema: z.ZodType | undefined): Readonly<Record<string, z.ZodType>> | undefined {
  if (schema === undefined) return undefined;
  const node = unwrapped(schema);
  if (kindOf(node) !== 'object' || isPersonal(node)) return undefined;
  return (node as z.ZodObject).shape;
}

/** The schema of a part: nothing in it is required, no default is filled in, and whole values are as they were. */
export function inPart(schema: z.ZodType): z.ZodType {
  const members = membersOf(schema);
  const parts = Object.entries(members ?? {}).map(([name, member]) => [name, inPart(member).optional()]);
  const part = members ? z.strictObject(Object.fromEntries(parts) as z.core.$ZodShape) : unwrapped(schema);
  return schema.description === undefined ? part : part.describe(schema.description);
}

/** A value with a part put over it: members of objects one by one, anything else as a whole. */
export function over(schema: z.ZodType | undefined, value: unknown, part: unknown): unknown {
  if (part === undefined) return value;
  const members = membersOf(schema);
  if (!members || !isObject(value) || !isObject(part)) return part;
  const names = [...new Set([...Object.keys(value), ...Object.keys(part)])];
  return Object.fromEntries(
    names.map((name) => [name, over(ownMember(members, name), value[name], part[name])]),
  );
}

/**
 * A part with the defaults of what it lacks. What is required, or is there only if it is given, stays absent:
 * undefined where that is all.
 */
export function filled(schema: z.ZodType, part: unknown): unknown {
  const value = part === undefined ? schema.safeParse(undefined).data : part;
  const members = membersOf(schema);
  if (!members || !isObject(value)) return value;
  const all = Object.entries(members).map(([name, member]) => [name, filled(member, value[name])] as const);
  return Object.fromEntries(all.filter(([, member]) => member !== undefined));
}
