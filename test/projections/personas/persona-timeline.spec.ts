import { describe, expect, it } from 'vitest';
import { personaTimeline } from '../../../src/projections/personas/persona-timeline.js';
import { sealed } from '../../support/given.js';
import {
  edited,
  life,
  personaId,
  published,
  registered,
  templateId,
} from '../../support/persona-examples.js';
import { approvalId, ends, refinementId, refinementLife } from '../../support/refinement-examples.js';
import { approvalLife, policyLife, safetyLife } from '../../support/timeline-examples.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

type Entry = { type: string; at: string; details: Record<string, unknown>; version: number };
const stream = { category: 'persona', streamId: personaId };
const entriesOf = (...events: typeof life): Entry[] => [
  ...projected<Entry>(personaTimeline, recorded(stream, ...events)).values(),
];
describe('the timeline', () => {
  it('has an example of every event', () => {
    expectExampleForEvery(personaTimeline, [...life, ...refinementLife, ...ends, ...safetyLife]);
  });

  it('has one entry per event, newest last', () => {
    expect(entriesOf(...life).map(({ type }) => type)).toEqual(life.map(({ type }) => type));
    const keys = [...projected(personaTimeline, recorded(stream, ...life)).keys()];
    expect(keys).toEqual([...keys].sort());
  });

  it('tells what happens to a persona in other streams too, all in the order of the log', () => {
    const events = [
      ...recorded(stream, registered, published(1)),
      ...recorded({ category: 'refinement', streamId: refinementId, from: 3 }, ...refinementLife),
      ...recorded({ category: 'approval', streamId: approvalId, from: 40 }, ...approvalLife),
      ...recorded({ category: 'policy', streamId: personaId, from: 80 }, ...policyLife),
      ...recorded({ ...stream, from: 1_000_000 }, published(2)),
    ];
    const rows = projected<Entry>(personaTimeline, events);
    expect([...rows.keys()].toSorted()).toEqual([...rows.keys()]);
    expect([...rows.values()].map(({ type }) => type)).toEqual(events.map(({ type }) => type));
  });

  it('has no entry of what is no persona’s: policies of the tenant, approvals of something else', () => {
    const others = [...approvalLife, ...policyLife].filter(({ type }) => !type.startsWith('PolicyWaiver'));
    const nobodys = others.map(({ type, data: { personaId: _, ...data } }) => ({ type, data }));
    expect(
      projected(personaTimeline, recorded({ category: 'policy', streamId: 'acme' }, ...nobodys)).size,
    ).toBe(0);
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
    expect(entry?.details).toEqual({
      fields: ['temperature', 'tags', 'systemPromptTemplate'],
      values: { temperature: 1 },
      removed: ['voice'],
    });
    expect(JSON.stringify(entriesOf(...life)).length).toBeLessThan(10_000);
  });

  it('tells where a persona comes from', () => {
    expect(entriesOf(registered)[0]?.details).toEqual({ slug: 'technical-assistant', origin: 'new' });
    expect(entriesOf(life[0]!)[0]?.details).toEqual({
      slug: 'technical-assistant',
      origin: 'template',
      originRef: { templateId, templateVersion: 1 },
    });
  });

  it.each<[type: string, details: object]>([
    ['PersonaVisibilityChanged', { isPublic: false, allowedUsers: ['bob'], allowedRoles: ['approver'] }],
    ['PersonaSharedWithTeam', { teamId: 'red' }],
    ['PersonaUnsharedFromTeam', { teamId: 'red' }],
    [
      'PersonaOwnershipTransferred',
      {
        from: { kind: 'user', id: 'ada' },
        to: { kind: 'team', id: 'red' },
        reason: sealed('she leaves'),
      },
    ],
    ['PersonaManifestChanged', { role: 'worker' }],
    ['PlatformAdaptationAdded', { platformType: 'linkedin' }],
    ['PlatformAdaptationChanged', { platformType: 'linkedin' }],
    ['PlatformAdaptationRemoved', { platformType: 'linkedin' }],
    ['PersonaTemplateAdopted', { templateId, from: 1, to: 2 }],
  ])('%s: says what it is about, and carries no content', (type, details) => {
    const entries = entriesOf(...life).filter((entry) => entry.type === type);
    expect(entries.map((entry) => entry.details)).toEqual([details]);
  });

  it('an edit of what is about a real person names the facet, and nothing in it', () => {
    const identity = { subjectId: 'grace', background: sealed('navy') };
    const [, entry] = entriesOf(registered, edited({ identity }));
    expect(entry?.details).toEqual({ fields: ['identity'], values: {}, removed: [] });
  });
});
