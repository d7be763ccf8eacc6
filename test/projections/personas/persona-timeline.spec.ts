import { describe, expect, it } from 'vitest';
import { personaTimeline, summaryOf } from '../../../src/projections/personas/persona-timeline.js';
import { sealed } from '../../support/given.js';
import { edited, life, personaId, registered } from '../../support/persona-examples.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

type Entry = { type: string; at: string; details: Record<string, unknown>; version: number };
const stream = { category: 'persona', streamId: personaId };
const entriesOf = (...events: typeof life): Entry[] => [
  ...projected<Entry>(personaTimeline, recorded(stream, ...events)).values(),
];
const told = (...events: typeof life): string[] =>
  entriesOf(...events).map(({ type, details }) => summaryOf(type, details));

describe('the timeline', () => {
  it('has an example of every event', () => {
    expectExampleForEvery(personaTimeline, life);
  });

  it('tells the story, one entry per event, newest last', () => {
    expect(told(...life)).toEqual([
      'registered as technical-assistant',
      'published version 1',
      'pointed production to version 1',
      'activated',
      'edited the draft: temperature = 0.4',
      'published version 2',
      'moved production from version 1 to 2',
      'deactivated',
      'archived',
      'restored',
    ]);
    const keys = [...projected(personaTimeline, recorded(stream, ...life)).keys()];
    expect(keys).toEqual([...keys].sort());
  });

  it('says who and when, and keeps reasons sealed', () => {
    expect(entriesOf(...life)[2]).toEqual({
      personaId,
      type: 'PersonaChannelMoved',
      at: instantAt(3),
      actor: { kind: 'user', id: 'ada' },
      version: 3,
      details: { channel: 'production', from: null, to: 1, reason: sealed('because') },
    });
    expect(entriesOf(...life)[7]?.details).toEqual({});
  });

  it('names what was edited, with the values that fit into a line, and carries no configuration', () => {
    const [, entry] = entriesOf(
      registered,
      edited({ temperature: 1, tags: ['a'], systemPromptTemplate: 'x'.repeat(5_000) }, ['voice']),
    );
    expect(summaryOf(entry!.type, entry!.details)).toBe(
      'edited the draft: temperature = 1, tags, systemPromptTemplate, without voice',
    );
    expect(JSON.stringify(entriesOf(...life)).length).toBeLessThan(5_000);
  });

  it('tells where a persona comes from', () => {
    const from = (origin: string, originRef: object) =>
      told({ type: registered.type, data: { ...registered.data, origin, originRef } })[0];
    expect(from('import', { source: 'csv', sourceId: 'x' })).toBe('imported from csv as technical-assistant');
    expect(from('parent', { parentPersonaId: 'p' })).toBe(
      'registered as technical-assistant, derived from p',
    );
  });

  it('calls an event it has no words for by its name', () => {
    expect(summaryOf('SomethingNew', {})).toBe('SomethingNew');
  });
});
