/**
 * Which strings of a schema are clear and which are personal, and what a personal value looks like once it
 * is sealed. The marks live in zod registries, so they reach neither JSON Schema nor the parsed value;
 * a registry entry does not survive `.optional()`, `.nullable()` or `.default()`, which is why every walk
 * over a schema unwraps those first (schema-walk.ts).
 */
import { z } from 'zod';
import { kindOf, wrappers } from './schema-walk.js';

/** A personal value as it is stored: AES-256-GCM under data key `key`; `eq` is a keyed digest of the plaintext. */
export interface Sealed {
  $sealed: { key: string; iv: string; ct: string; eq: string; at: string };
}

/**
 * What a personal member of an input or an event is inside the domain: opaque. Deciders can store it, copy
 * it and compare it with `same`; they cannot read it.
 */
export type Personal = Sealed;

/** `'@actor'`, or the name of the member (of the command's input) that holds the subject's id. */
export type SubjectPath = string;

const clearMarks = z.registry<{ clear: true }>();
const personalMarks = z.registry<{ subject: SubjectPath }>();
const conditionalMarks = z.registry<{ sibling: string }>();
/** `document` is a schema; a registry's types would rewrite that of one without end. */
const patchMarks = z.registry<{ document: unknown }>();

/** Marks a schema whose text may be stored as it is. */
export function clear<T extends z.ZodType>(schema: T): T {
  clearMarks.add(schema, { clear: true });
  return schema;
}

/**
 * Marks a schema whose value belongs to a person: a client sends the plain value, the pipeline seals it
 * before `decide`, and only an answer opens it again.
 * @param subject where the id of the data subject stands: a member of the input, or the acting member
 * @throws Error around `.optional()` and the like: what is absent is not sealed, so the mark goes inside
 */
export function personal<T extends z.ZodType>(
  subject: SubjectPath,
  schema: T,
): z.ZodType<Personal, z.input<T>> {
  guardUnwrapped('personal', schema);
  personalMarks.add(schema, { subject });
  return schema as unknown as z.ZodType<Personal, z.input<T>>;
}

/**
 * Marks a schema whose value belongs to a person wherever one is named beside it: it is sealed for the subject
 * whose id is the member `sibling` of the very object in which it stands (through arrays, records and unions,
 * up to the nearest `z.object`), and stays as it is where that member is absent. What may be stored in the
 * clear is all clear: every string inside is marked so.
 * @returns a copy: the schema that is given may stand elsewhere, where nobody is named
 * @throws Error around `.optional()` and the like: what is absent is not sealed, so the mark goes inside
 */
export function personalIf<T extends z.ZodType>(
  sibling: string,
  schema: T,
): z.ZodType<Personal | z.output<T>, z.input<T>> {
  guardUnwrapped('personalIf', schema);
  const marked = schema.clone();
  conditionalMarks.add(marked, { sibling });
  return marked as z.ZodType<Personal | z.output<T>, z.input<T>>;
}

/**
 * Marks the schema of a list of operations (RFC 6902) over a document: the `value` of each is sealed by the
 * document's schema at the operation's `path`. Of input only; no event holds a patch.
 * @returns a copy, as `personalIf` does
 * @throws Error around `.optional()` and the like
 */
export function patchOver<T extends z.ZodType>(document: z.ZodType, schema: T): T {
  guardUnwrapped('patchOver', schema);
  const marked = schema.clone();
  patchMarks.add(marked, { document });
  return marked;
}

function guardUnwrapped(mark: string, schema: z.ZodType): void {
  if (!wrappers.has(kindOf(schema))) return;
  throw new Error(`${mark}(…) goes inside .${kindOf(schema)}(), not around it`);
}

/** Whether a schema, or the one it was refined from (`.min`, `.describe`), is marked clear. */
export const isClear = (schema: z.ZodType): boolean => clearMarks.get(schema) !== undefined;

/** The subject path of an always personal schema, or undefined for any other. */
export const subjectOf = (schema: z.ZodType): SubjectPath | undefined => personalMarks.get(schema)?.subject;

/** The member that decides whether a `personalIf` schema's value is personal, or undefined for any other. */
export const siblingOf = (schema: z.ZodType): string | undefined => conditionalMarks.get(schema)?.sibling;

/** Whether what stands in the place of a schema is sealed, always or where a subject is named beside it. */
export const isPersonal = (schema: z.ZodType): boolean =>
  subjectOf(schema) !== undefined || siblingOf(schema) !== undefined;

/** The schema of the document that a `patchOver` schema's operations edit, or undefined for any other. */
export const documentOf = (schema: z.ZodType): z.ZodType | undefined =>
  patchMarks.get(schema)?.document as z.ZodType | undefined;

// The bound is far above what a request body can hold once it is sealed; it only keeps nonsense out.
const part = z
  .string()
  .max(2_000_000)
  .regex(/^[A-Za-z0-9+/=_-]+$/);

/** The stored form of a personal value; what the codec puts in the place of a personal schema. */
export const sealedSchema = clear(
  z.strictObject({
    $sealed: z.strictObject({ key: z.string(), iv: part, ct: part, eq: part, at: z.string() }),
  }),
);

/** Whether a value is the stored form of a personal one: an object with `$sealed` and nothing else. */
export function isSealed(value: unknown): value is Sealed {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, '$sealed')) return false;
  const { $sealed } = value as { $sealed: unknown };
  return typeof $sealed === 'object' && $sealed !== null && Object.keys(value).length === 1;
}

/**
 * A value with every sealed part reduced to what stays equal when the same plaintext is sealed again:
 * `{ key, eq }`. Content hashes and comparisons are taken over this form.
 */
export function reduced(value: unknown): unknown {
  if (isSealed(value)) return { $sealed: { key: value.$sealed.key, eq: value.$sealed.eq } };
  if (typeof value !== 'object' || value === null) return value;
  // Most values hold nothing sealed: they are looked through, and copied only where they do.
  let copy: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(value)) {
    const less = reduced(member);
    if (less === member) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[name] = less;
  }
  return copy ?? value;
}
