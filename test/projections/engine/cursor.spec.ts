import { describe, expect, it } from 'vitest';
import { Rejection } from '../../../src/domain/kernel.js';
import { openCursors } from '../../../src/projections/engine/cursor.js';

const cursors = openCursors({ key: Buffer.alloc(32, 1) });
const scope = ['t1', 'personas', { state: 'live' }];

const refusal = (text: string, asked: unknown = scope): Rejection => {
  try {
    cursors.open(text, asked);
  } catch (error) {
    if (error instanceof Rejection) return error;
  }
  throw new Error(`not refused: ${text}`);
};

describe('a cursor', () => {
  it('comes back as it was', () => {
    const text = cursors.seal(['ü', 'key', 7], scope);
    expect(text).toMatch(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
    expect(cursors.open(text, scope)).toEqual(['ü', 'key', 7]);
  });

  it('is refused with 400 when any character was changed', () => {
    const text = cursors.seal(['a', 'k'], scope);
    for (let at = 0; at < text.length; at += 1) {
      const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
      const { code, row, more } = refusal(changed);
      expect([code, row.status, more.errors?.[0]?.pointer]).toEqual(['invalid-input', 400, '/cursor']);
    }
  });

  it('is refused when it is something else altogether', () => {
    const text = cursors.seal(['a', 'k'], scope);
    const others = ['', '.', 'x', 'a.b', `${text}.x`, `${text}=`, text.split('.')[0]!, text.slice(0, -1)];
    for (const other of others) expect(refusal(other).code).toBe('invalid-input');
    const foreign = openCursors({ key: Buffer.alloc(32, 2) }).seal(['a', 'k'], scope);
    expect(refusal(foreign).code).toBe('invalid-input');
  });

  it('is refused with other filters and by another tenant', () => {
    const text = cursors.seal(['a', 'k'], scope);
    expect(refusal(text, ['t1', 'personas', { state: 'ended' }]).message).toContain('other filters');
    expect(refusal(text, ['t2', 'personas', { state: 'live' }]).code).toBe('invalid-input');
  });
});
