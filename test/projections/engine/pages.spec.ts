import { expect, it } from 'vitest';
import { z } from 'zod';
import { listInput, pageOf } from '../../../src/projections/engine/pages.js';

it('a list has 50 items a page unless told otherwise, 500 at most', () => {
  const input = z.strictObject(listInput);
  expect(input.parse({})).toEqual({ limit: 50 });
  expect(input.parse({ limit: 500, cursor: 'c' })).toEqual({ limit: 500, cursor: 'c' });
  for (const limit of [0, 501, 1.5, '5']) expect(input.safeParse({ limit }).success).toBe(false);
});

it('a page has items and the way to the next one', () => {
  const page = pageOf(z.int());
  expect(page.safeParse({ items: [1], next: null }).success).toBe(true);
  expect(page.safeParse({ items: [1] }).success).toBe(false);
});
