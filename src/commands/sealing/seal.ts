/** Sealing: every personal part of a command's input is replaced by its sealed form before `decide` sees it. */
import type { z } from 'zod';
import { isSealed, type SubjectPath } from '../../domain/sealed.js';
import { maxDepth, pointerTo } from '../parse-input.js';
import { refuse } from '../rejections.js';
import { sealValue, type DataKey } from './data-key.js';
import type { Keyring } from './keyring.js';
import { mapPersonal, type Plain } from './map-personal.js';

/** What sealing needs to know besides the value. */
interface Sealing {
  /** The whole input as its schema has parsed it; subject paths are looked up in it. */
  input: unknown;
  tenantId: string;
  /** The stream that the values are for. */
  scope: string;
  commandId: string;
  actorId: string;
  keyring: Pick<Keyring, 'keyFor'>;
}

/**
 * The input with every personal member sealed; parts without any are shared with the argument.
 * @throws Rejection `subject-erased`, `invalid-input` as `mapPersonal` does; StoreUnavailable; Error when a
 *   subject path leads to no id
 */
export async function sealInput(sealing: Sealing & { schema: z.ZodType }): Promise<unknown> {
  const { schema, input, tenantId, scope, commandId, actorId, keyring } = sealing;
  const subjectIdOf = (plain: Plain): string => {
    if ('id' in plain.subject) return plain.subject.id;
    return plain.subject.path === '@actor' ? actorId : memberId(input, plain.subject.path, plain.pointer);
  };
  const subjects = new Set<string>();
  mapPersonal(schema, input, (plain) => {
    subjects.add(subjectIdOf(plain));
    return plain.value;
  });
  if (subjects.size === 0) return input;
  const keys = new Map<string, DataKey>();
  for (const subjectId of subjects) {
    keys.set(subjectId, await keyring.keyFor({ tenantId, subjectId, scope }));
  }
  return mapPersonal(schema, input, (plain) =>
    sealValue(keys.get(subjectIdOf(plain))!, commandId + plain.pointer, plain.value),
  );
}

function memberId(input: unknown, path: SubjectPath, pointer: string): string {
  let found = input;
  for (const name of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[name];
  if (typeof found === 'string' && found !== '') return found;
  throw new Error(`${pointer} belongs to ${path}, which the input does not name`);
}

/**
 * Refuses an input that holds a `$sealed` member anywhere: the sealed form comes from the server only. What is
 * nested deeper than any input may be is left to who refuses that.
 * @throws Rejection `invalid-input`
 */
export function refuseSealedInput(input: unknown): void {
  const path = sealedPath(input, 0);
  if (!path) return;
  const detail = 'sealed values are made by the server';
  refuse('invalid-input', detail, { errors: [{ pointer: pointerTo(path.reverse()), detail }] });
}

/** The names that lead to the first `$sealed` member, the last of them first. */
function sealedPath(value: unknown, depth: number): string[] | undefined {
  if (typeof value !== 'object' || value === null || depth > maxDepth) return undefined;
  for (const name of Object.keys(value)) {
    if (name === '$sealed') return [name];
    const found = sealedPath((value as Record<string, unknown>)[name], depth + 1);
    if (found) return [...found, name];
  }
  return undefined;
}

/** The ids of the keys that the sealed values inside a value are sealed with, each once. */
export function keyIdsIn(value: unknown): string[] {
  const found = new Set<string>();
  const within = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if (isSealed(part)) found.add(part.$sealed.key);
    else for (const name of Object.keys(part)) within((part as Record<string, unknown>)[name]);
  };
  within(value);
  return [...found];
}
