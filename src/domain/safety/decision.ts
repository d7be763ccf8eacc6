import { deciderFor } from '../kernel.js';
import { decisionEvents } from './events.js';
import { safetyRejections } from './rejections.js';

/** A check with its decision: recorded once, and never changed. */
export type Decision = { status: 'none' } | { status: 'recorded' };

export const decision = deciderFor<Decision>()({
  name: 'decision',
  id: 'checkId',
  events: decisionEvents,
  rejections: safetyRejections,
  initialState: () => ({ status: 'none' }),
  evolve: { ActionChecked: () => ({ status: 'recorded' }) },
});
