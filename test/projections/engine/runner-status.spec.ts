import { expect, it } from 'vitest';
import type { Model } from '../../../src/projections/engine/models.js';
import { statusOf } from '../../../src/projections/engine/runner-status.js';
import { accounts, sums } from './accounts-area.js';

const model = (more: Partial<Model>): Model => ({
  projection: 'accounts',
  version: 1,
  generation: 1,
  table: 'accounts_v1_g1',
  state: 'live',
  position: 4,
  parked: 0,
  inexact: false,
  idleSeconds: 0,
  ...more,
});

it('tells of the table that serves, with what this process knows better, and of one on its way', () => {
  const live = model({ parked: 2 });
  const building = model({ generation: 2, table: 'accounts_v1_g2', state: 'building', position: 1 });
  const status = statusOf([accounts(), sums()], {
    models: [live, building],
    reports: new Map([[live.table, { table: live.table, state: 'live', position: 6, error: 'no' }]]),
    heads: { record: 9 },
    heartbeatAt: null,
  });
  expect(status['accounts']).toMatchObject({
    state: 'live',
    position: 6,
    head: 9,
    lag: 3,
    parked: 2,
    rebuilding: 1,
    error: 'no',
    outdated: null,
  });
  expect(status['sums']).toMatchObject({
    state: 'absent',
    position: 0,
    lag: 9,
    rebuilding: null,
    error: null,
  });
});
