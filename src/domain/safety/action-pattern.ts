/** Patterns over names of actions, such as `tool:email.*`. */
import { remembered } from './remembered.js';

/** What stands between the stars of a pattern, in lower case. */
const partsOf = remembered(5_000, (pattern) => pattern.toLowerCase().split('*'));

/**
 * Whether a pattern names an action. `*` is any run of characters, also none; everything else stands for itself,
 * without regard to case: whoever blocks `tool:shell.*` means `Tool:Shell.Run` too. Each part between stars is looked
 * for once, from where the former one ended, so nothing is ever tried twice.
 */
export const matchesPattern = (pattern: string, action: string): boolean =>
  matches(partsOf(pattern), action.toLowerCase());

/** The same for many patterns over one action. */
export function patternsOver(action: string): (pattern: string) => boolean {
  const name = action.toLowerCase();
  return (pattern) => matches(partsOf(pattern), name);
}

function matches(parts: readonly string[], name: string): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (parts.length === 1) return name === first;
  if (name.length < first.length + last.length) return false;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let from = first.length;
  for (let index = 1; index < parts.length - 1; index++) {
    const part = parts[index]!;
    const found = name.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}
