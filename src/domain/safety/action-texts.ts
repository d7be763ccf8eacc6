/** The texts of an action, and what policies find in them: for a check, and for whoever takes its decision again. */
import type { Direction } from './action-facts.js';
import { analyseContent, type ContentPart, type ContentText, type Looked } from './content-analysis.js';
import type { PolicyInForce } from './policy-in-force.js';
import type { Pause } from './work.js';

/** What an action is about, and what it is done with. */
export interface ActionTexts {
  args?: Record<string, unknown> | undefined;
  content?: { direction: Direction; text: string } | undefined;
}

/** What is looked through of a value that has no members: a string, or a number in decimal. */
export const memberTextOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;

/** Every text in the arguments of an action, names of members too, with the member of them that it stands in. */
function textsIn(value: unknown, field?: string): ContentText[] {
  const text = memberTextOf(value);
  if (text !== undefined) return [{ field, text }];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(item, field));
  return Object.entries(value).flatMap(([name, member]) => [
    { field, text: name },
    ...textsIn(member, field ?? name),
  ]);
}

/** The parts of an action that have texts. */
function partsOf({ args, content }: ActionTexts): ContentPart[] {
  const parts: ContentPart[] = [];
  if (args) parts.push({ part: 'args', direction: 'output', texts: textsIn(args) });
  if (content) parts.push({ part: 'content', direction: content.direction, texts: [{ text: content.text }] });
  return parts;
}

/**
 * Looks through the texts of an action: its arguments, which go out to a tool, and the text that it is about, each for
 * itself.
 * @returns undefined for an action without any
 */
export async function lookThrough(
  texts: ActionTexts,
  policies: readonly PolicyInForce[],
  pause: Pause,
): Promise<Looked | undefined> {
  const parts = partsOf(texts);
  if (parts.length === 0) return undefined;
  return analyseContent({
    parts,
    policies,
    exemptedFields: policies.flatMap(({ policy }) => policy.pii.exemptedFields),
    pause,
  });
}
