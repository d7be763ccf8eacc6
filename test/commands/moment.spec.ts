import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/commands/event-store/memory.js';
import { positionOf } from '../../src/commands/moment.js';
import { append } from '../projections/engine/accounts-area.js';

let clock = '2026-01-01T00:00:00.000Z';
const store = new MemoryStore({ now: () => clock });

describe('positionOf', () => {
  it('takes positions and instants, with offsets too', async () => {
    await append(store, { type: 'Looked' });
    clock = '2026-01-02T00:00:00.000Z';
    await append(store, { type: 'Looked' });
    clock = '2026-01-03T00:00:00.000Z';
    const of = (text: string): Promise<number> => positionOf(store, text, '/asOf');
    expect(await of('0')).toBe(0);
    expect(await of('2')).toBe(2);
    expect(await of('2026-01-01T23:59:59Z')).toBe(1);
    expect(await of('2026-01-02T00:00:00.000Z')).toBe(2);
    expect(await of('2026-01-02T01:00:00+02:00')).toBe(1);
    expect(await of('1999-01-01T00:00:00Z')).toBe(0);
  });

  it.each([['3'], ['2026-01-04T00:00:00Z'], ['yesterday'], ['2026-13-01T00:00:00Z'], ['-1'], ['']])(
    'refuses %j',
    async (text) => {
      await expect(positionOf(store, text, '/asOf')).rejects.toMatchObject({
        code: 'invalid-input',
        more: { errors: [{ pointer: '/asOf' }] },
      });
    },
  );

  it('waits for an instant that another clock has reached', async () => {
    setTimeout(() => (clock = '2026-01-03T00:00:00.010Z'), 5);
    expect(await positionOf(store, '2026-01-03T00:00:00.005Z', '/asOf')).toBe(2);
  });
});
