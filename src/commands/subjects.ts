import type { z } from 'zod';
import { walk } from '../domain/schema-walk.js';
import { subjectOf } from '../domain/sealed.js';

const paths = new WeakMap<z.ZodType, string[]>();

/** The members of an input that name a data subject, found once per schema. */
function subjectPaths(schema: z.ZodType): string[] {
  let found = paths.get(schema);
  if (!found) {
    const names = new Set<string>();
    walk(schema, (node) => {
      const subject = subjectOf(node);
      if (subject !== undefined && subject !== '@actor') names.add(subject);
    });
    found = [...names];
    paths.set(schema, found);
  }
  return found;
}

/**
 * Ids for subjects that the input leaves out: a new member's name is sealed for the id that `decide` will
 * draw by the same name (`ctx.id('memberId')`).
 */
export function subjectsDrawn(
  schema: z.ZodType,
  input: Record<string, unknown>,
  draw: (name: string) => string,
): Record<string, string> {
  const missing = subjectPaths(schema).filter((name) => input[name] === undefined);
  return Object.fromEntries(missing.map((name) => [name, draw(name)]));
}
