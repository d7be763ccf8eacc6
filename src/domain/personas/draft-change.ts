/**
 * Edits of a draft, in the two forms that a client may send: a merge patch (RFC 7396) or operations (RFC
 * 6902). Both are input only. What an event keeps is the outcome: which top-level members have which new
 * value, and which are gone. Nothing here mutates what it is given.
 */
import { applyPatch, type Operation } from 'rfc6902';
import { z } from 'zod';
import { same } from '../content-hash.js';
import type { FieldError } from '../kernel.js';
import { kindOf, memberSchema, unwrapped } from '../schema-walk.js';
import { clear, isPersonal, isSealed, patchOver } from '../sealed.js';
import { follow, isIndex, isObject, pointerOf, takes, tokensOf } from '../json-pointer.js';
import { hostileTokens, jsonProblem } from './config-values.js';
import {
  configShape,
  maxConfigBytes,
  personaConfig,
  storedConfig,
  type PersonaConfig,
} from './persona-config.js';

type JsonObject = Record<string, unknown>;
type ConfigMember = keyof PersonaConfig;

const member = Object.keys(configShape).join('|');
const pointer = clear(
  z
    .string()
    .max(2_000)
    .regex(
      new RegExp(`^/(?:${member})(?:/(?:[^~/]|~[01])*)*$`),
      'must be a JSON Pointer to a member of the draft, such as /temperature (the slug is none)',
    )
    .refine((text) => !tokensOf(text).some((token) => hostileTokens.has(token)), {
      error: 'must not name __proto__, prototype or constructor',
    }),
);

const value = z.unknown().superRefine((given, ctx) => {
  const problem = given === undefined ? 'is missing' : jsonProblem(given);
  if (problem) ctx.addIssue({ code: 'custom', message: problem });
});

/** An operation of RFC 6902. */
const operation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['add', 'replace', 'test']), path: pointer, value }),
  z.strictObject({ op: z.literal('remove'), path: pointer }),
  z.strictObject({ op: z.enum(['move', 'copy']), from: pointer, path: pointer }),
]);
export type PatchOperation = z.output<typeof operation>;

/**
 * The merge patch of a schema: every member of its objects may be left out or be null (removed), arrays are
 * replaced as a whole, and no default is filled in, since an edit must not reset what it does not name. What is
 * personal is replaced as a whole too: nobody can look into it.
 */
function mergePatchOf(schema: z.ZodType): z.ZodType {
  const node = unwrapped(schema);
  if (kindOf(node) !== 'object' || isPersonal(node)) return node;
  const { shape } = node as z.ZodObject;
  return z.strictObject(
    Object.fromEntries(
      Object.entries(shape).map(([name, child]) => [
        name,
        mergePatchOf(child as z.ZodType)
          .nullable()
          .optional(),
      ]),
    ),
  );
}

/** The two members of an edit, of which a client gives one. */
export const draftEdit = {
  set: (mergePatchOf(personaConfig) as z.ZodType<JsonObject>).optional(),
  patch: patchOver(personaConfig, z.array(operation).min(1).max(200)).optional(),
};

/**
 * What a merge patch makes of a value (RFC 7396, section 2); what may be personal is replaced as a whole, whether
 * it is sealed or not. Small enough to need no library.
 */
function merged(schema: z.ZodType | undefined, target: unknown, patch: unknown): unknown {
  const node = schema && unwrapped(schema);
  if (!isObject(patch) || (node && isPersonal(node))) return patch;
  const members = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, member] of Object.entries(patch)) {
    if (member === null) members.delete(name);
    else members.set(name, merged(node && memberSchema(node, name), members.get(name), member));
  }
  return Object.fromEntries(members);
}

const holdsSealed = (value: unknown): boolean =>
  isSealed(value) || (typeof value === 'object' && value !== null && Object.values(value).some(holdsSealed));

/** Whether a path leads to the member that says whom a facet is about. */
const namesSubject = ([facet, member]: string[]): boolean =>
  (facet === 'identity' || facet === 'writing') && member === 'subjectId';

/** Applies one operation in place; answers why it cannot be, or null. */
function applied(document: JsonObject, step: PatchOperation): string | null {
  const run = (op: Operation): string | null => applyPatch(document, [op])[0]?.message ?? null;
  const target = tokensOf(step.path);
  const source = 'from' in step ? tokensOf(step.from) : target;
  const there = follow(document, source);
  if (step.op !== 'add' && !there.found) return `there is nothing at ${pointerOf(source)}`;
  if (step.op === 'test') return same(there.value, step.value) ? null : `${step.path} has another value`;
  // What is said about a person is sealed for the subject that stands in the same operation, and for no other.
  if ([target, source].some(namesSubject)) {
    return `a subject is named with all that is said about it: replace /${target[0]} as a whole`;
  }
  // Elsewhere it could be of a form that nobody can check any more.
  if ('from' in step && holdsSealed(there.value)) return 'what is sealed for a person stays where it is';
  if (step.op === 'remove') return run({ op: 'remove', path: step.path });
  if (step.op === 'replace') return run({ op: 'replace', path: step.path, value: step.value });
  if (step.op === 'move') {
    if (step.path.startsWith(`${step.from}/`)) return 'a value cannot be moved into itself';
    run({ op: 'remove', path: step.from });
  }
  const parent = follow(document, target.slice(0, -1));
  if (!parent.found || !takes(parent.value, target.at(-1)!)) return `nothing can be put at ${step.path}`;
  return run({ op: 'add', path: step.path, value: step.op === 'add' ? step.value : there.value });
}

type Patched = { document: JsonObject } | { index: number; detail: string };

/**
 * The document after all operations, or the index of the first that cannot be applied. Copies are counted,
 * since a few of them can make a document of any size.
 */
function patched(draft: PersonaConfig, patch: readonly PatchOperation[]): Patched {
  const document = structuredClone(draft) as unknown as JsonObject;
  let copied = 0;
  for (const [index, step] of patch.entries()) {
    if (step.op === 'copy') {
      copied += JSON.stringify(follow(document, tokensOf(step.from)).value ?? null).length;
      if (copied > maxConfigBytes) return { index, detail: 'the patch copies more than 256 KiB' };
    }
    const problem = applied(document, step);
    if (problem) return { index, detail: problem };
  }
  return { document };
}

/** Paths of the members that an issue speaks of. */
export const pathsOf = (issue: z.core.$ZodIssue): PropertyKey[][] =>
  issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];

/** Where in a merge patch the blame for a path of the result lies: its deepest member on that path. */
function pointerInSet(set: JsonObject, path: PropertyKey[]): string {
  const tokens = path.map(String);
  while (tokens.length > 0 && !follow(set, tokens).found) tokens.pop();
  return `/set${pointerOf(tokens)}`;
}

/** Where among operations the blame lies: the last one that wrote at, above or below the path. */
function pointerInPatch(patch: readonly PatchOperation[], path: PropertyKey[]): string {
  const tokens = path.map(String);
  const matches = (a: string | undefined, b: string | undefined): boolean =>
    a === b || (a === '-' && isIndex(b ?? ''));
  for (const [index, step] of [...patch.entries()].reverse()) {
    const target = tokensOf(step.path);
    const shared = Math.min(target.length, tokens.length);
    if (step.op === 'test' || !target.slice(0, shared).every((token, i) => matches(token, tokens[i])))
      continue;
    const rest = 'value' in step ? `/value${pointerOf(tokens.slice(shared))}` : '';
    return `/patch/${index}${rest}`;
  }
  return '/patch';
}

export type DraftEdit = { set?: JsonObject | undefined; patch?: PatchOperation[] | undefined };
export type EditedDraft =
  | { draft: PersonaConfig }
  | { code: 'draft-invalid' | 'patch-not-applicable'; detail: string; errors: FieldError[] };

/** Where in an edit the blame for a place in the draft lies, such as `/set/temperature` or `/patch/0/value`. */
export const pointerInEdit = ({ set, patch = [] }: DraftEdit, path: PropertyKey[]): string =>
  set ? pointerInSet(set, path) : pointerInPatch(patch, path);

/**
 * The draft after an edit, complete and valid again, or what is wrong with it. Pointers lead into the
 * edit: `/set/temperature`, `/patch/0/value`.
 */
export function editedDraft(draft: PersonaConfig, { set, patch = [] }: DraftEdit): EditedDraft {
  const result = set ? { document: merged(personaConfig, draft, set) } : patched(draft, patch);
  if ('detail' in result) {
    const { index, detail } = result;
    return { code: 'patch-not-applicable', detail, errors: [{ pointer: `/patch/${index}`, detail }] };
  }
  const parsed = storedConfig.safeParse(result.document);
  const issues = parsed.success
    ? othersLeft(draft, parsed.data)
    : parsed.error.issues.flatMap((issue) =>
        pathsOf(issue).map((path) => ({ path, message: issue.message })),
      );
  if (parsed.success && issues.length === 0) return { draft: parsed.data };
  const errors = issues.map(({ path, message }) => ({
    pointer: pointerInEdit({ set, patch }, path),
    detail: message,
  }));
  return { code: 'draft-invalid', detail: errors[0]!.detail, errors };
}

/** The personal members of a facet that is now about somebody else, but that are still the former person's. */
function othersLeft(before: PersonaConfig, after: PersonaConfig): { path: string[]; message: string }[] {
  return (['identity', 'writing'] as const).flatMap((facet) => {
    const [former, now] = [before[facet], after[facet]];
    if (!former || !now || former.subjectId === now.subjectId) return [];
    return Object.entries(now)
      .filter(([name, value]) => isSealed(value) && same(value, former[name as keyof typeof former]))
      .map(([name]) => ({
        path: [facet, name],
        message: `is about ${former.subjectId}: replace or remove it when another subject is named`,
      }));
  });
}

/** The members that have another value after an edit, and those that are gone. */
export function changesBetween(
  before: PersonaConfig,
  after: PersonaConfig,
): { changed: Partial<PersonaConfig>; removed: ConfigMember[] } {
  const members = Object.keys(configShape) as ConfigMember[];
  const differing = members.filter((name) => !same(before[name], after[name]));
  const kept = differing.filter((name) => after[name] !== undefined);
  return {
    changed: Object.fromEntries(kept.map((name) => [name, after[name]])),
    removed: differing.filter((name) => after[name] === undefined),
  };
}

/** A draft after an edit that was recorded: the inverse of `changesBetween`. */
export function draftAfter(
  draft: PersonaConfig,
  { changed, removed }: { changed: Partial<PersonaConfig>; removed: readonly ConfigMember[] },
): PersonaConfig {
  const gone = new Set<string>(removed);
  const members = Object.entries({ ...draft, ...changed }).filter(([name]) => !gone.has(name));
  return Object.fromEntries(members) as PersonaConfig;
}
