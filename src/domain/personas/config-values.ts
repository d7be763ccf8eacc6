/** What the schemas of a persona are made of: texts, levels, lists, free dictionaries. */
import { z } from 'zod';
import { clear } from '../sealed.js';
import { isTooLarge, line as anyLine, text as anyText } from '../text.js';

const maxDepth = 16;

/** Member names that mean something to JavaScript: never a key, never a step of a pointer. */
export const hostileTokens: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);

export const text = (max: number) => clear(anyText(max));
export const line = (max: number) => clear(anyLine(max));

/** Why a JSON value may not be kept, or null: patches can build what no single input may hold. */
export function jsonProblem(value: unknown, depth = 0): string | null {
  if (typeof value === 'string') return isTooLarge(value) ? 'holds a text larger than 64 KiB' : null;
  if (typeof value !== 'object' || value === null) return null;
  if (depth > maxDepth) return `is nested deeper than ${maxDepth}`;
  for (const [name, member] of Object.entries(value)) {
    if (hostileTokens.has(name)) return `has a member called ${name}`;
    const problem = jsonProblem(member, depth + 1);
    if (problem) return problem;
  }
  return null;
}

/** A free dictionary of JSON values. */
export const dictionary = clear(
  z.record(clear(z.string().min(1).max(100)), z.unknown()).superRefine((value, ctx) => {
    const problem = jsonProblem(value);
    if (problem) ctx.addIssue({ code: 'custom', message: problem });
  }),
);

export const level = z.int().min(1).max(10);
export const priority = level.default(5).describe('The higher number wins');
export const lines = (max: number, count: number) => z.array(line(max)).max(count).default([]);
