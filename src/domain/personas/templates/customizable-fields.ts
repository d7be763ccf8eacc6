/**
 * Which parts of a configuration a template leaves to the personas that are made from it: whole members
 * (`traits`), or members of their objects by a dotted path (`responseStyle.tone`). Lists and dictionaries are
 * left to a persona as a whole or not at all, and so is whatever can be personal.
 */
import { z } from 'zod';
import { kindOf, unwrapped } from '../../schema-walk.js';
import { clear, isPersonal } from '../../sealed.js';
import { configShape } from '../persona-config.js';

const maxSteps = 4;

function pathsFrom(path: string, schema: z.ZodType): string[] {
  const node = unwrapped(schema);
  const ends = kindOf(node) !== 'object' || isPersonal(node) || path.split('.').length === maxSteps;
  if (ends) return [path];
  const { shape } = node as z.ZodObject;
  const below = Object.entries(shape).flatMap(([name, member]) =>
    pathsFrom(`${path}.${name}`, member as z.ZodType),
  );
  return [path, ...below];
}

/** Every path that a template can leave to its personas. */
const paths = Object.entries(configShape).flatMap(([name, node]) => pathsFrom(name, node));

/** A customizable field as a client names it. */
const field = z.enum(paths as [string, ...string[]], { error: 'is no member of a configuration' });

/** A customizable field as events hold it: what was once a member of a configuration stays readable. */
const storedField = clear(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}(?:\.[A-Za-z0-9]{1,64}){0,3}$/));

export const customizableFields = z
  .array(field)
  .max(100)
  .describe('Members of a configuration, or dotted paths below them, such as responseStyle.tone');
export const storedFields = z.array(storedField).max(100);

/** The way to a customizable field, step by step. */
export const stepsTo = (name: string): string[] => name.split('.');
