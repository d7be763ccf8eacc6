/**
 * Which parts of a configuration a template leaves to the personas that are made from it: whole members
 * (`traits`), or members of their objects by a dotted path (`responseStyle.tone`). Lists and dictionaries are
 * left to a persona as a whole or not at all, and so is whatever can be personal. Locked prompt parts are never
 * left, and whom a facet is about is left with the whole facet only.
 */
import { z } from 'zod';
import { unwrapped } from '../../schema-walk.js';
import { clear } from '../../sealed.js';
import { siblingsIn } from '../../stored-schema.js';
import { configShape } from '../persona-config.js';
import { lockedParts } from '../persona-facets.js';
import { membersOf } from './config-parts.js';

const maxSteps = 4;

/** The ways to the locked prompt parts. */
export const lockPaths: readonly (readonly string[])[] = lockedParts.map((part) => [
  'prompt',
  'content',
  part,
]);
const locks = new Set(lockPaths.map((path) => path.join('.')));

function pathsFrom(path: string, schema: z.ZodType): { left: string[]; subjects: string[] } {
  const members = path.split('.').length === maxSteps ? undefined : membersOf(schema);
  if (!members) return { left: [path], subjects: [] };
  const naming = siblingsIn(unwrapped(schema));
  const names = Object.keys(members).filter((name) => !naming.has(name));
  const below = names.map((name) => pathsFrom(`${path}.${name}`, members[name]!));
  return {
    left: [path, ...below.flatMap(({ left }) => left)],
    subjects: [...[...naming].map((name) => `${path}.${name}`), ...below.flatMap(({ subjects }) => subjects)],
  };
}

const found = Object.entries(configShape).map(([name, node]) => pathsFrom(name, node));
const subjects = new Set(found.flatMap((one) => one.subjects));
/** Every path that a template can leave to its personas. */
const paths = found.flatMap(({ left }) => left).filter((path) => !locks.has(path));

function refusalOf(input: unknown): string {
  if (locks.has(input as string)) return 'is never left to a persona: only owners of the tenant touch it';
  if (subjects.has(input as string)) return 'is left to a persona with all that is beside it, or not at all';
  return 'is no member of a configuration';
}

/** A customizable field as a client names it. */
const field = z.enum(paths as [string, ...string[]], { error: ({ input }) => refusalOf(input) });

/** A customizable field as events hold it: what was once a member of a configuration stays readable. */
const storedField = clear(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}(?:\.[A-Za-z0-9]{1,64}){0,3}$/));

export const customizableFields = z
  .array(field)
  .max(100)
  .describe('Members of a configuration, or dotted paths below them, such as responseStyle.tone');
export const storedFields = z.array(storedField).max(100);

/** The way to a customizable field, step by step. */
export const stepsTo = (name: string): string[] => name.split('.');
