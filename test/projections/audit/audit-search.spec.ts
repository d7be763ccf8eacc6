import { describe, expect, it } from 'vitest';
import { inOrder, placeOf, type LoggedRow, type Place } from '../../../src/projections/audit/audit-search.js';

describe('the order of both logs together', () => {
  it('is by time, then by log, then by position', () => {
    const places: Place[] = [
      [1_000, 'record', 9],
      [1_000, 'record', 10],
      [1_000, 'telemetry', 1],
      [1_001, 'record', 11],
    ];
    expect([...places].reverse().sort(inOrder)).toEqual(places);
  });

  it('is that of numbers, though a database gives positions as texts', () => {
    const row = { recorded_ms: '1000', log: 'record', position: '10' } as LoggedRow;
    expect(placeOf(row)).toEqual([1000, 'record', 10]);
  });
});
