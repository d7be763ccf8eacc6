import { expect, it } from 'vitest';
import { backtest } from '../../../src/domain/safety/backtest-record.js';
import { backtestId, personaId } from '../../support/recorded-decisions.js';

it('has a stream of its own, whosever policy it is about', () => {
  const at = { tenantId: 'acme', newId: 'new', now: '' };
  expect(backtest.locate({ personaId, backtestId }, at)).toEqual({ id: backtestId });
  expect(backtest.locate({ personaId }, at)).toEqual({ id: 'new' });
});

it('is there or is not', () => {
  expect(backtest.initialState()).toEqual({ isRecorded: false });
  expect(backtest.evolve.PolicyBackTested(backtest.initialState(), {} as never, {} as never)).toEqual({
    isRecorded: true,
  });
});
