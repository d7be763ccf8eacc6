/**
 * Which members of an input or a query name another thing, so that an id and a name do equally well. The
 * engines replace the name by the id — through the claim that holds it — before anything is decided or
 * read. A registry entry does not survive `.optional()`: whoever asks unwraps first (schema-walk.ts).
 */
import { z } from 'zod';

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
