/** The locked parts of a prompt: only an owner of the tenant sets, changes or removes them. */
import type { FieldError } from '../kernel.js';
import { lockedParts } from './persona-facets.js';

type Part = (typeof lockedParts)[number];
type Content = { [P in Part]?: string | undefined };
/** Whatever has prompt parts: a configuration, the base of a template, or nothing. */
export type Parts = { prompt?: { content?: Content | undefined } | undefined } | undefined;

const partOf = (config: Parts, part: Part): string | undefined => config?.prompt?.content?.[part];
const errorsAt = (parts: Part[], prefix: string): FieldError[] =>
  parts.map((part) => ({
    pointer: `${prefix}/prompt/content/${part}`,
    detail: 'only an owner of the tenant may set, change or remove this',
  }));

/**
 * The locked parts that are not as they were.
 * @param prefix where the configuration, or the edit of it, stands in the input
 */
export const touchedLocks = (before: Parts, after: Parts, prefix: string): FieldError[] =>
  errorsAt(
    lockedParts.filter((part) => partOf(before, part) !== partOf(after, part)),
    prefix,
  );

/** The locked parts that a new persona brings along and that it does not have from its template or parent. */
export const broughtLocks = (source: Parts, config: Parts, prefix: string): FieldError[] =>
  errorsAt(
    lockedParts.filter((part) => {
      const text = partOf(config, part);
      return text !== undefined && text !== partOf(source, part);
    }),
    prefix,
  );
