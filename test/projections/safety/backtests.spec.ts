import { expect, it } from 'vitest';
import { backtest } from '../../../src/domain/safety/backtest-record.js';
import { backtests } from '../../../src/projections/safety/backtests.js';
import { backtestId, nothingFound } from '../../support/recorded-decisions.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

const examples = [backtest.event('PolicyBackTested', nothingFound)];

it('has an example of every event', () => expectExampleForEvery(backtests, examples));

it('holds what came of a back-test, whole, with when and by whom it was made', () => {
  const rows = projected(backtests, recorded({ category: 'backtest', streamId: backtestId }, ...examples));
  expect([...rows]).toEqual([[backtestId, { ...nothingFound, testedAt: instantAt(1), testedBy: 'ada' }]]);
});
