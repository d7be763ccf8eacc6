import { expect, it } from 'vitest';
import { ownMember } from '../../src/domain/own-member.js';

it('finds what is there and nothing that every object has', () => {
  const record = { a: 1, ['__proto__']: 2 };
  expect(ownMember(record, 'a')).toBe(1);
  expect(ownMember(record, '__proto__')).toBe(2);
  for (const name of ['b', 'toString', 'constructor', 'valueOf'])
    expect(ownMember(record, name)).toBeUndefined();
});
