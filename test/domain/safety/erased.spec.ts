import { expect, it } from 'vitest';
import { isErased } from '../../../src/domain/safety/erased.js';

it('is one member of that name with a text, and nothing else', () => {
  expect(isErased({ erased: 'certificate-1' })).toBe(true);
  for (const value of [null, 'erased', {}, { erased: 7 }, { erased: 'x', more: 1 }, [{ erased: 'x' }]])
    expect(isErased(value)).toBe(false);
});
