import { describe, expect, it } from 'vitest';
import { inOrder, placeOf, type LoggedRow, type Place } from '../../../src/projections/audit/audit-search.js';

describe('the order of both logs together', () => {
  it('is by time, then by log, then by position', () => {
    const places: Place[] = [
      ['2026-01-01T00:00:00.000Z', 'record', 9],
      ['2026-01-01T00:00:00.000Z', 'record', 10],
      ['2026-01-01T00:00:00.000Z', 'telemetry', 1],
      ['2026-01-01T00:00:00.001Z', 'record', 11],
    ];
    expect([...places].reverse().sort(inOrder)).toEqual(places);
  });

  it('is that of numbers, though a database gives positions as texts', () => {
    const row = { recorded_at: 'x', log: 'record', position: '10' } as LoggedRow;
    expect(placeOf(row)).toEqual(['x', 'record', 10]);
  });
});
