import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/domain/kernel.js';
import { recordedId } from '../../../src/domain/personas/refinements/recorded-refinement.js';
import { detailsByType, timelineEvents } from '../../../src/projections/personas/timeline-details.js';
import { sealed } from '../../support/given.js';
import { configWith, life, personaId, published, publishedNext } from '../../support/persona-examples.js';
import {
  cool,
  coolHash,
  ends,
  proposed,
  refinementId,
  refinementLife,
  rolledBack,
} from '../../support/refinement-examples.js';
import { approvalLife, policyLife, safetyLife } from '../../support/timeline-examples.js';

const details = ({ type, data }: DomainEvent) => detailsByType[type]!(data);
const all = [...life, ...refinementLife, ...ends, ...safetyLife];

describe('the details of an entry', () => {
  it('are there for every event that a timeline tells', () => {
    expect(Object.keys(detailsByType).sort()).toEqual(Object.keys(timelineEvents).sort());
    expect(new Set(all.map(({ type }) => type))).toEqual(new Set(Object.keys(timelineEvents)));
  });

  it('say nothing of whose they are, and carry no configuration, no policy and no arguments', () => {
    for (const event of all) {
      const told = details(event);
      for (const name of [
        'personaId',
        'config',
        'changed',
        'was',
        'policy',
        'args',
        'comment',
        'question',
        'answer',
      ])
        expect(told, event.type).not.toHaveProperty(name);
      expect(JSON.stringify(told).length, event.type).toBeLessThan(1_500);
    }
  });

  it('of a version tell its refinement, and whether it was proposed', () => {
    const config = configWith(cool);
    const direct = details(publishedNext(2, config));
    expect(direct).toMatchObject({
      versionNo: 2,
      refinementId: recordedId(personaId, 2),
      changeClass: 'model',
    });
    expect(direct).not.toHaveProperty('isRefinement');
    const { type, data } = published(2, config);
    const refined = { ...data, refinementId, source: 'interview' };
    expect(details({ type, data: refined })).toMatchObject({ isRefinement: true, source: 'interview' });
    expect(details(published(1))).not.toHaveProperty('isRefinement');
  });

  it('of a refinement tell which fields it changes, and keep reasons sealed', () => {
    const reason = sealed('it wanders');
    expect(details(proposed(cool, { reason }))).toEqual({
      refinementId,
      baseVersionNo: 1,
      baseHash: expect.any(String),
      fields: ['/temperature'],
      diffHash: coolHash,
      source: 'user_modified',
      changeClass: 'model',
      proposerId: 'ada',
      evidence: [],
      reason,
      isRecord: false,
    });
    expect(details(proposed(cool, { refinementId: recordedId(personaId, 2) }))['isRecord']).toBe(true);
    expect(details(rolledBack())).toMatchObject({ versionNo: 2, toVersionNo: 1, reason: sealed('too cold') });
  });

  it('of approvals and policies tell what was decided by whom', () => {
    const vote = approvalLife.find(({ type }) => type === 'ApprovalVoteCast')!;
    expect(details(vote)).toEqual({
      approvalId: expect.any(String),
      kind: 'refinement',
      by: 'bob',
      decision: 'approve',
      reason: sealed('fine'),
    });
    expect(details(policyLife[1]!)).toEqual({
      policyHash: expect.any(String),
      fields: ['blockedActions'],
    });
  });
});
