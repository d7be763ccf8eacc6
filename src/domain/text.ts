import { z } from 'zod';

/** The largest text field of any input, in bytes of UTF-8. */
const maxTextBytes = 65_536;

export const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');

/** Whether a text is larger than any text field may be. */
export const isTooLarge = (text: string): boolean => bytes(text) > maxTextBytes;

/** Text that says something, to be marked clear or personal. (What no text may hold, such as NUL, the pipeline refuses in every input.) */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => /\S/.test(value), { error: 'is blank' })
    .refine((value) => !isTooLarge(value), { error: 'is larger than 64 KiB' });

/** One line as people see it: nothing in it turns what is displayed into something else. */
export const line = (max: number) =>
  text(max).refine((value) => !/[\p{Cc}\p{Bidi_Control}]/u.test(value), {
    error: 'has control or bidirectional formatting characters',
  });
