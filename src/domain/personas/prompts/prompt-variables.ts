/**
 * Variables of a prompt: `{{name}}`, blanks allowed inside the braces, and nothing else — no logic, no nesting.
 * A value is inserted as it is and never looked into again.
 */
import { z } from 'zod';
import { ownMember } from '../../own-member.js';
import { clear } from '../../sealed.js';
import { bytes } from '../../text.js';
import { hostileTokens } from '../config-values.js';

/** What a variable may be called. */
export const variableName = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

// A blank is not the beginning of a name, so no part of a text is looked at more than a few times.
const variable = /\{\{[ \t]*([A-Za-z_][A-Za-z0-9_.-]{0,63})[ \t]*\}\}/g;

/** The two variables of character cards, which are written in any case. */
const anyCase = /^(?:char|user)$/i;

export interface Variables {
  /** The text with every variable that has a value replaced; the others stay as they are. */
  fill(text: string): string;
  /** Names that had a value, in order of first appearance. */
  used(): string[];
  /** Names that had none, in order of first appearance. */
  unknown(): string[];
  /** Whether values were left out because `room` was used up. */
  isOverfull(): boolean;
}

/** `User` → `user`, `Char` → `char`; any other name as it is. */
const foldedName = (name: string): string => (anyCase.test(name) ? name.toLowerCase() : name);

/** Opens variables with their values. @param room the characters that all insertions together may take */
export function openVariables(values: Readonly<Record<string, string>>, room: number): Variables {
  const used = new Set<string>();
  const unknown = new Set<string>();
  let left = room;
  const replaced = (all: string, written: string): string => {
    const name = foldedName(written);
    const value = ownMember(values, name);
    (value === undefined ? unknown : used).add(name);
    if (value === undefined) return all;
    left -= value.length;
    return left < 0 ? all : value;
  };
  return {
    fill: (text) => text.replaceAll(variable, replaced),
    used: () => [...used],
    unknown: () => [...unknown],
    isOverfull: () => left < 0,
  };
}

const maxNames = 100;
const maxBytes = 16_384;
/** NUL or a lone surrogate, which JSON can write although no text may hold it. */
// oxlint-disable-next-line no-control-regex
const unstorable = /[\0\p{Cs}]/u;

/** The values that a JSON text holds, or why it holds none. */
export function valuesIn(text: string): { values: Record<string, string> } | { fault: string } {
  if (bytes(text) > maxBytes) return { fault: 'is larger than 16 KiB' };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { fault: 'is no JSON' };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { fault: 'must be a JSON object, such as {"user":"Ada"}' };
  }
  const entries = Object.entries(json);
  if (entries.length > maxNames) return { fault: `has more than ${maxNames} names` };
  if (!entries.every(([name]) => variableName.test(name) && !hostileTokens.has(name)))
    return { fault: 'has a name that no variable has' };
  const isText = (value: unknown): boolean => typeof value === 'string' && !unstorable.test(value);
  if (!entries.every(([, value]) => isText(value))) return { fault: 'has a value that is no text' };
  const values = Object.fromEntries(entries.map(([name, value]) => [foldedName(name), value as string]));
  if (Object.keys(values).length < namesIn(text)) return { fault: 'has a name twice' };
  return { values };
}

/** How many names stand in a JSON object of texts: the texts that a colon follows. */
const namesIn = (text: string): number => text.match(/"(?:[^"\\]|\\.)*"(?=\s*:)/g)?.length ?? 0;

/** A JSON object of values by name, as it stands in an address. */
export const variablesText = clear(
  z
    .string()
    .superRefine((text, ctx) => {
      const found = valuesIn(text);
      if ('fault' in found) ctx.addIssue({ code: 'custom', message: found.fault });
    })
    .describe('A JSON object of texts by name, at most 100, such as `{"user":"Ada"}`'),
);
