import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/domain/kernel.js';
import { personaTimeline } from '../../../src/projections/personas/persona-timeline.js';
import { summaryOf } from '../../../src/projections/personas/timeline-summary.js';
import { sealed } from '../../support/given.js';
import {
  edited,
  life,
  parentPersonaId,
  personaId,
  registered,
  registeredWith,
  templateId,
  transferred,
  visibilityChanged,
} from '../../support/persona-examples.js';
import { projected, recorded } from '../../support/projected.js';

/** The words of each event of a persona. */
const told = (...events: DomainEvent[]): string[] => {
  const rows = projected(personaTimeline, recorded({ category: 'persona', streamId: personaId }, ...events));
  return [...rows.values()].map(({ type, details }) => summaryOf(type as string, details as never));
};

describe('the story of a persona', () => {
  it('has words for everything that happens', () => {
    expect(told(...life)).toEqual([
      'made from version 1 of a template as technical-assistant',
      'published version 1',
      'pointed production to version 1',
      'activated',
      'edited the draft: temperature = 0.4',
      'published version 2',
      'moved production from version 1 to 2',
      'deactivated',
      'archived',
      'restored',
      'shown to whom it is shared with',
      'shared with the team red',
      'no longer shared with the team red',
      'given by ada to the team red',
      'given another agent manifest',
      'adapted to linkedin',
      'changed the adaptation to linkedin',
      'removed the adaptation to linkedin',
      'edited the draft: tags',
      'took over version 2 of its template, after 1',
      'set what machines propose to auto, tools manual',
    ]);
  });

  it.each<[event: DomainEvent, words: string]>([
    [registered, 'registered as technical-assistant'],
    [
      registeredWith({ origin: 'import', originRef: { source: 'csv', sourceId: 'x' } }),
      'imported from csv as technical-assistant',
    ],
    [
      registeredWith({ origin: 'parent', originRef: { parentPersonaId } }),
      `registered as technical-assistant, derived from ${parentPersonaId}`,
    ],
    [
      registeredWith({ origin: 'template', originRef: { templateId, templateVersion: 7 } }),
      'made from version 7 of a template as technical-assistant',
    ],
  ])('%#: tells where it comes from', (event, words) => {
    expect(told(event)).toEqual([words]);
  });

  it('tells why there is a version that was not just published from the draft', () => {
    const published = (more: object) => summaryOf('PersonaVersionPublished', { versionNo: 3, ...more });
    expect(published({ source: 'user_modified' })).toBe('published version 3');
    expect(published({ source: 'user_modified', isRefinement: true })).toBe(
      'published version 3, a refinement',
    );
    expect(published({ source: 'rollback' })).toBe('published version 3, a rollback');
  });

  it('tells the values of an edit that fit into a line, and what is gone', () => {
    const long = 'x'.repeat(5_000);
    const changes = { temperature: 1, name: 'Ada', tags: ['a'], systemPromptTemplate: long };
    expect(told(registered, edited(changes, ['voice']))[1]).toBe(
      'edited the draft: temperature = 1, name = "Ada", tags, systemPromptTemplate, without voice',
    );
  });

  it('tells whether a persona is public now, and whose it is', () => {
    expect(told(registered, visibilityChanged({ isPublic: true }))[1]).toBe('made public in the tenant');
    const given = transferred({ kind: 'team', id: 'red' }, { kind: 'tenant', id: 'acme' });
    expect(told(registered, given)[1]).toBe('given by the team red to the tenant acme');
  });

  it('tells nothing of a real person: values are sealed before anybody puts them into words', () => {
    const identity = { subjectId: 'grace', background: sealed('navy') };
    expect(told(registered, edited({ identity }))[1]).toBe('edited the draft: identity');
  });

  it('calls an event it has no words for by its name, also one called like what every object has', () => {
    expect(summaryOf('SomethingNew', {})).toBe('SomethingNew');
    expect(summaryOf('toString', {})).toBe('toString');
  });
});
