import { describe, expect, it } from 'vitest';
import { modules } from '../../../src/commands/registry.js';
import type { DomainEvent, Module } from '../../../src/domain/kernel.js';
import { deadlines, deadlinesOver, type DeadlineRow } from '../../../src/projections/deadlines/deadlines.js';
import { errand, errandModule, errandModules, ledgerModule } from '../../commands/errands-area.js';
import { expectExampleForEvery, projected, recorded } from '../../support/projected.js';

const projection = deadlinesOver(errandModules);
const [one, two, three] = [1, 2, 3].map((day) => `2026-01-0${day}T00:00:00.000Z`) as [string, string, string];
const asked = errand.event('ErrandAsked', { errandId: 'e1', what: 'work', dueAt: two });
const moved = errand.event('ErrandMoved', { errandId: 'e1', dueAt: three, remindAt: one });
const reminded = errand.event('ErrandReminded', { errandId: 'e1', deadline: one });
const ended = errand.event('ErrandEnded', { errandId: 'e1' });
const lapsed = errand.event('ErrandLapsed', { errandId: 'e1', deadline: two });

const rows = (...events: DomainEvent[]): DeadlineRow[] => [
  ...projected<DeadlineRow>(projection, recorded({ category: 'errand', streamId: 'e1' }, ...events)).values(),
];
const row = (timers: Record<string, string>, nextDueAt: string): DeadlineRow => ({
  stream: 'errand-acme_e1',
  decider: 'errand',
  streamId: 'e1',
  timers,
  nextDueAt,
});

describe('the running timers of a stream', () => {
  it('are those that its events set, with the earliest of them', () => {
    expect(rows(asked)).toEqual([row({ lapse: two }, two)]);
    expect(rows(asked, moved)).toEqual([row({ lapse: three, remind: one }, one)]);
    expect(rows(asked, moved, reminded)).toEqual([row({ lapse: three }, three)]);
  });

  it('are no row when none is left, or none was set', () => {
    expect(rows(asked, ended)).toEqual([]);
    expect(rows(asked, moved, lapsed)).toEqual([]);
    expect(rows(errand.event('ErrandAsked', { errandId: 'e1', what: 'work' }))).toEqual([]);
    expectExampleForEvery(projection, [asked, moved, reminded, ended, lapsed]);
  });

  it('stay the very same row where an event changes nothing about them', () => {
    const [event] = recorded({ category: 'errand', streamId: 'e1' }, asked);
    const before = row({ lapse: two }, two);
    expect(projection.on['ErrandAsked']!(before, event!.data as never, event!)).toBe(before);
  });

  it('are due at instants that sort as texts', () => {
    const careless = withTimers({ ErrandEnded: () => ({ lapse: '2026-01-01T00:00:00Z' }) });
    const [event] = recorded({ category: 'errand', streamId: 'e1' }, ended);
    const fold = () => deadlinesOver([careless]).on['ErrandEnded']!(null, event!.data as never, event!);
    expect(fold).toThrow('ErrandEnded sets the timer lapse to no instant');
  });
});

/** A decider with other timers. */
function withTimers(timers: Module['decider']['timers'], more: Partial<Module['decider']> = {}): Module {
  return { ...errandModule, decider: { ...errandModule.decider, timers, ...more } };
}

describe('the model', () => {
  it('handles the events by which a decider sets timers, and no others', () => {
    expect(Object.keys(projection.on).sort()).toEqual(Object.keys(errandModule.decider.timers).sort());
    expect(deadlinesOver([ledgerModule]).on).toEqual({});
  });

  it('is built over the registered deciders', () => {
    const types = modules.flatMap(({ decider }) => Object.keys(decider.timers));
    expect(Object.keys(deadlines.on).sort()).toEqual(types.sort());
  });

  it('refuses two deciders that set timers by one event, and timers in a log that expires', () => {
    const other = withTimers(errandModule.decider.timers, { name: 'other' });
    expect(() => deadlinesOver([errandModule, other])).toThrow('two deciders set timers by ErrandAsked');
    const expiring = withTimers(errandModule.decider.timers, { dataClass: 'telemetry' });
    expect(() => deadlinesOver([expiring])).toThrow('errand has timers, but is not in the record');
  });
});
