import { expect, it } from 'vitest';
import { line, text } from '../../src/domain/text.js';

it('a text says something and is not larger than 64 KiB, whatever its length in characters', () => {
  const schema = text(1_000_000);
  for (const good of ['a', 'a\nb', 'x'.repeat(65_536)]) expect(schema.safeParse(good).success).toBe(true);
  for (const bad of ['', ' \n\t', 'x'.repeat(65_537), 'ä'.repeat(32_769)]) {
    expect(schema.safeParse(bad).success).toBe(false);
  }
});

it('a line shows as it is: no control characters, no change of direction', () => {
  const schema = line(20);
  for (const good of ['Ada', 'Ünïcødé ★', 'עברית']) expect(schema.safeParse(good).success).toBe(true);
  for (const bad of ['a\nb', 'a\u0007', 'a\u202eb', 'a\u2066b', '\u0085', 'x'.repeat(21)]) {
    expect(schema.safeParse(bad).success).toBe(false);
  }
});
