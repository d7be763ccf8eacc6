import { expect, it } from 'vitest';
import { evolve, type AnyDecider, type EventMeta } from '../../../src/domain/kernel.js';
import { decision } from '../../../src/domain/safety/decision.js';

it('a check has a stream of its own, under an id that is drawn for it', () =>
  expect(decision.locate({ personaId: 'x' }, { tenantId: 'acme', newId: 'new', now: '' })).toEqual({
    id: 'new',
  }));

it('is recorded once, and nothing more happens to it', () => {
  const decider = decision as unknown as AnyDecider;
  const after = evolve(
    decider,
    decision.initialState(),
    { type: 'ActionChecked', data: {} },
    {} as EventMeta,
  );
  expect(after).toEqual({ status: 'recorded' });
  expect(Object.keys(decision.events)).toEqual(['ActionChecked']);
});
