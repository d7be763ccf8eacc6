import { expect, it } from 'vitest';
import { validate, version } from 'uuid';
import { drawnId } from '../../src/commands/drawn-id.js';

it('draws UUIDs of version 7, all different, also beyond one drawing of random bytes', () => {
  const ids = Array.from({ length: 1_000 }, drawnId);
  expect(new Set(ids).size).toBe(1_000);
  expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
});

it('rises with time, so that streams are found in the order they began', () => {
  const first = drawnId();
  const began = Date.now();
  while (Date.now() === began);
  expect(drawnId() > first).toBe(true);
});
