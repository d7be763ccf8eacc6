import { deciderFor } from '../kernel.js';
import { backtestEvents } from './events.js';
import { safetyRejections } from './rejections.js';

/** A back-test that was made: recorded once, and never changed. */
export interface BacktestRecord {
  isRecorded: boolean;
}

/** Each has a stream of its own, so that a long one keeps no policy waiting. */
export const backtest = deciderFor<BacktestRecord>()({
  name: 'backtest',
  id: 'backtestId',
  events: backtestEvents,
  rejections: safetyRejections,
  initialState: () => ({ isRecorded: false }),
  evolve: { PolicyBackTested: () => ({ isRecorded: true }) },
});
