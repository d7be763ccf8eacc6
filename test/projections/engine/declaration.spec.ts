import { expect, it } from 'vitest';
import { handles, rowProjection } from '../../../src/projections/engine/declaration.js';
import { accounts, events, sums } from './accounts-area.js';

it('fills in what a row projection does not say', () => {
  const plain = rowProjection()(events, { name: 'plain', version: 3, key: () => 'k', on: {} });
  expect(plain).toMatchObject({ kind: 'row', log: 'record', streamKeyed: true, indexes: [] });
  expect(plain.asOf).toBeUndefined();
});

it('tells which types a projection handles', () => {
  expect(handles(accounts(), 'Opened')).toBe(true);
  expect(handles(accounts(), 'toString')).toBe(false);
  expect(handles(sums(), 'Opened')).toBe(false);
  expect(handles({ ...sums(), types: '*' }, 'Whatever')).toBe(true);
});
