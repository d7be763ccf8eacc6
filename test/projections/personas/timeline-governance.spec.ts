import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/domain/kernel.js';
import { recordedId } from '../../../src/domain/personas/refinements/recorded-refinement.js';
import { detailsByType } from '../../../src/projections/personas/timeline-details.js';
import { governanceWords } from '../../../src/projections/personas/timeline-governance.js';
import { summaryOf } from '../../../src/projections/personas/timeline-summary.js';
import { personaId } from '../../support/persona-examples.js';
import {
  coolHash,
  cool,
  ends,
  proposed,
  refinementLife,
  rejectedAs,
  resolved,
  submitted,
} from '../../support/refinement-examples.js';
import { approvalLife, policyLife } from '../../support/timeline-examples.js';

const told = (...events: DomainEvent[]): string[] =>
  events.map(({ type, data }) => summaryOf(type, detailsByType[type]!(data)));

describe('the story of a refinement', () => {
  it('has words for everything that happens', () => {
    expect(told(...refinementLife, ...ends)).toEqual([
      'proposed to change /temperature, /tags',
      'submitted the refinement for approval by one',
      'accepted /temperature, rejected /tags of the refinement',
      'the refinement changed while it was approved: it has to be submitted again',
      'proposed something else instead: /temperature',
      'carried the refinement over to version 2',
      'submitted the refinement for approval by 2, since nothing can measure it yet',
      'the refinement is approved',
      'applies the refinement',
      'the refinement could not be applied: base-version-moved',
      'applies the refinement',
      'the refinement is version 3',
      'rolled version 3 back to version 2',
      'the refinement could not be rolled back: rollback-not-newest',
      'rolled version 3 back to version 2',
      'nobody decided on the refinement in time: it is rejected',
      'withdrew the refinement',
      'the refinement is superseded by another one',
    ]);
  });

  it.each<[source: string, words: string]>([
    ['ai_suggested', 'proposed to change /temperature, suggested by AI'],
    ['interview', 'proposed to change /temperature, after an interview'],
    ['improvement_cycle', 'proposed to change /temperature, by the improvement cycle'],
    ['experiment_winner', 'proposed to change /temperature, won by an experiment'],
    ['something newer', 'proposed to change /temperature'],
  ])('tells whose idea it was: %s', (source, words) => {
    expect(told(proposed(cool, { source }))).toEqual([words]);
  });

  it('tells what was only put on record', () => {
    expect(told(proposed(cool, { refinementId: recordedId(personaId, 2) }))).toEqual([
      'put the change on record: /temperature',
    ]);
  });

  it('names the first fields of many', () => {
    const fields = Array.from({ length: 8 }, (_, index) => `/metadata/${index}`);
    expect(summaryOf('RefinementAmended', { fields })).toBe(
      'proposed something else instead: /metadata/0, /metadata/1, /metadata/2, /metadata/3, /metadata/4 and 3 more',
    );
  });

  it('tells how it ended', () => {
    expect(told(rejectedAs('rejected'), rejectedAs('cancelled'), resolved({}, coolHash))).toEqual([
      'the refinement is rejected',
      'the approval was given up: the refinement is rejected',
      'left all of the refinement open again',
    ]);
    expect(told(submitted(coolHash, { quorum: 3 }))).toEqual(['submitted the refinement for approval by 3']);
  });
});

describe('the story of an approval', () => {
  it('has words for everything that happens', () => {
    expect(told(...approvalLife)).toEqual([
      'asked 2 to approve the refinement',
      'asked a question about the refinement',
      'answered the question about the refinement',
      'commented on the refinement',
      'let others decide on the refinement',
      'let eve vote on the refinement too',
      'reminded those who decide on the refinement',
      'asked the next in line (1) about the refinement',
      'voted to approve the refinement',
      'the votes on the refinement are void: it is another one now',
      'voted to reject the refinement',
      'the refinement is approved by bob, cleo',
      'used the approval of the refinement',
      'the approval of the refinement has lapsed',
      'the refinement is rejected by bob',
      'nobody decided on the refinement in time: it is denied',
      'nobody objected to the refinement in time: it is approved',
      'the approval of the refinement was given up',
    ]);
  });

  it('says when nobody rejected it, and too few are left', () => {
    expect(summaryOf('ApprovalRejected', { kind: 'refinement', by: [] })).toBe(
      'the refinement is rejected: too few are left who may agree',
    );
  });

  it('names the action that it is about', () => {
    const asked = { kind: 'action', action: 'tool:email.send', quorum: { n: 1 } };
    expect(summaryOf('ApprovalRequested', asked)).toBe('asked one to approve tool:email.send');
    expect(summaryOf('ApprovalExpired', { kind: 'policy_change' })).toBe(
      'nobody decided on the policy change in time: it is denied',
    );
  });
});

describe('the story of a policy', () => {
  it('has words for everything that happens', () => {
    expect(told(...policyLife)).toEqual([
      'drafted a safety policy from general',
      'changed the draft of the safety policy: blockedActions',
      'activated version 1 of the safety policy',
      'activated version 2 of the safety policy, to be watched only',
      'went back to version 1 of the safety policy, as version 3',
      'suspended the safety policy: every action is denied',
      'waived blockedActions/tool:shell.* of the tenant’s policy until 2026-02-01T00:00:00.000Z',
      'took back the waiver of the tenant’s policy',
    ]);
  });
});

it('every word is of an event that happens', () => {
  for (const type of Object.keys(governanceWords)) expect(Object.keys(detailsByType)).toContain(type);
});
