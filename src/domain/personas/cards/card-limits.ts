/** What a character card may not hold, because nothing that is kept may. */
import type { FieldError } from '../../kernel.js';
import { isTooLarge } from '../../text.js';
import { hostileTokens } from '../config-values.js';
import { pointerOf } from '../../json-pointer.js';

/** Containers within containers: of a whole card with its extension, and of what is kept of it. */
const maxDepth = { given: 30, kept: 16 };
const maxName = 100;
/** NUL or half of a surrogate pair. */
// oxlint-disable-next-line no-control-regex
const unstorable = /[\0\p{Cs}]/u;

function nameFault(name: string): string | undefined {
  if (hostileTokens.has(name)) return `no member may be called ${name}`;
  return name === '$sealed' ? 'sealed values are made by the server' : undefined;
}

function textFault(text: string): string | undefined {
  if (isTooLarge(text)) return 'is larger than 64 KiB';
  return unstorable.test(text) ? 'holds NUL or half of a surrogate pair' : undefined;
}

/**
 * The first part of a value that cannot be kept, or undefined.
 * @param at the steps to the value
 * @param isKept whether it becomes a dictionary of a facet: those have their own limits
 */
export function unkeepable(value: object, at: string[] = [], isKept = false): FieldError | undefined {
  const limit = isKept ? maxDepth.kept : maxDepth.given;
  const fault = (path: string[], detail: string): FieldError => ({ pointer: pointerOf(path), detail });
  const path = [...at];
  const within = (part: unknown, depth: number): FieldError | undefined => {
    if (typeof part === 'string') {
      const detail = isKept ? undefined : textFault(part);
      return detail === undefined ? undefined : fault(path, detail);
    }
    if (typeof part !== 'object' || part === null) return undefined;
    if (depth > limit) return fault(path, `is nested deeper than ${limit}`);
    const isList = Array.isArray(part);
    for (const [name, member] of Object.entries(part)) {
      if (!isList && !isKept && unstorable.test(name)) {
        return fault(path, 'a member name holds NUL or half of a surrogate pair');
      }
      path.push(name);
      const named = isList || isKept ? undefined : nameFault(name);
      const found = named === undefined ? within(member, depth + 1) : fault(path, named);
      if (found) return found;
      path.pop();
    }
    return undefined;
  };
  const long = isKept && Object.keys(value).find((name) => name === '' || name.length > maxName);
  if (typeof long === 'string')
    return fault(at, `has a member whose name is empty or longer than ${maxName}`);
  return within(value, 0);
}
