/**
 * Which members of an input or a query name another thing, so that an id and a name do equally well. The
 * engines replace the name by the id — through the claim that holds it — before anything is decided or
 * read. A registry entry does not survive `.optional()`: whoever asks unwraps first (schema-walk.ts).
 */
import { z } from 'zod';
import { clear } from './sealed.js';

export interface Reference {
  /** The stream category of what is referred to. */
  category: string;
  /** The kind of claim that holds its name. */
  claim: string;
}

const references = z.registry<Reference>();

/** Marks a schema whose value is the id of a thing or the name that the thing claims. */
export function reference<T extends z.ZodType>(to: Reference, schema: T): T {
  references.add(schema, to);
  return schema;
}

/** What an (unwrapped) schema refers to, or undefined. */
export const referenceOf = (schema: z.ZodType): Reference | undefined => references.get(schema);

/** A persona by id or by slug. */
export const personaRef = reference(
  { category: 'persona', claim: 'slug' },
  clear(z.string().min(1).max(64).describe('The id or the slug of a persona')),
);
