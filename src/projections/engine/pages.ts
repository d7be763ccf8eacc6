import { z } from 'zod';
import { clear } from '../../domain/sealed.js';

/** The input members of every list: page size and where the page begins. */
export const listInput = {
  limit: z.int().min(1).max(500).default(50),
  cursor: clear(z.string().min(1).max(2000)).optional(),
};

/** The answer of every list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), next: z.string().nullable() });
