import { z } from 'zod';
import { clear } from '../sealed.js';

const maxLength = 50;
const form = /^[a-z0-9-]+$/;
const uuidLike = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/;

/** Words that stand, or may come to stand, where an address has a persona. */
const reserved = new Set([
  'all',
  'commands',
  'compare',
  'count',
  'draft',
  'events',
  'export',
  'import',
  'me',
  'metrics',
  'new',
  'search',
  'stream',
  'templates',
]);

/** The form of a slug as events hold it: what was once accepted stays readable when the rules grow. */
export const slug = clear(z.string().min(1).max(maxLength).regex(form, 'must be a–z 0–9 and dashes'));

/** Whether a slug could be mistaken for an id or for a word of the address space. */
export const isMistakable = (text: string): boolean => uuidLike.test(text) || reserved.has(text);

/** A slug that a client may choose. */
export const chosenSlug = clear(
  slug.refine((text) => !isMistakable(text), {
    error: 'is reserved, or could be mistaken for an id',
  }),
);

/**
 * A slug for a name: `Café Owner!` → `cafe-owner`. A name without a Latin letter or digit gives `persona`,
 * and a slug that would be refused gets `persona-` in front; for other things, another word.
 */
export function slugFrom(name: string, thing = 'persona'): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  const found = trimmed(plain) || thing;
  return isMistakable(found) ? trimmed(`${thing}-${found}`) : found;
}

/** The n-th of the slugs that are tried for one name: `dev`, `dev-2`, `dev-3`, … */
export function numbered(base: string, n: number): string {
  if (n === 1) return base;
  const suffix = `-${n}`;
  return base.slice(0, maxLength - suffix.length).replace(/-+$/, '') + suffix;
}

/**
 * The first free slug of a name, found in O(log n) questions where n are taken: doubling until one is free,
 * then halving. Where numbers were taken out of order it may not be the very first, but it is free.
 */
export async function freeSlug(
  base: string,
  isFree: (candidate: string) => Promise<boolean>,
): Promise<string> {
  let free = 1;
  while (!(await isFree(numbered(base, free)))) free *= 2;
  let taken = Math.floor(free / 2);
  while (free - taken > 1) {
    const middle = Math.floor((free + taken) / 2);
    if (await isFree(numbered(base, middle))) free = middle;
    else taken = middle;
  }
  return numbered(base, free);
}

const trimmed = (text: string): string => text.replace(/^-+/, '').slice(0, maxLength).replace(/-+$/, '');
