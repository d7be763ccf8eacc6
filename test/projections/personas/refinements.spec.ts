import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/domain/kernel.js';
import { refinement, type ExistingRefinement } from '../../../src/domain/personas/refinements/refinement.js';
import { evolve } from '../../../src/domain/kernel.js';
import { refinements, type RefinementRow } from '../../../src/projections/personas/refinements.js';
import { sealed } from '../../support/given.js';
import { configWith, personaId } from '../../support/persona-examples.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';
import {
  amended,
  applied,
  applied2,
  approvalId,
  approvedWith,
  baseHash,
  cool,
  coolHash,
  ends,
  hashOf,
  olderId,
  proposed,
  refinementId,
  refinementLife,
  resolved,
  rollbackFailed,
  rolledBack,
  submitted,
  usual,
} from '../../support/refinement-examples.js';

const stream = { category: 'refinement', streamId: refinementId };
const rowAfter = (...events: DomainEvent[]): RefinementRow =>
  projected<RefinementRow>(refinements, recorded(stream, ...events)).get(refinementId)!;

describe('refinements', () => {
  it('has an example of every event', () => {
    expectExampleForEvery(refinements, [...refinementLife, ...ends]);
  });

  it('begins as it was proposed', () => {
    const reason = sealed('it wanders');
    expect(rowAfter(proposed(cool, { reason, supersedes: olderId }))).toEqual({
      refinementId,
      personaId,
      state: 'proposed',
      source: 'user_modified',
      changeClass: 'model',
      baseVersionNo: 1,
      baseHash,
      change: { changed: cool, removed: [], was: { temperature: 0.3 } },
      fields: ['/temperature'],
      accepted: [],
      rejected: [],
      diffHash: coolHash,
      proposerId: 'ada',
      reason,
      evidence: [],
      supersedes: olderId,
      approvalId: null,
      versionNo: null,
      proposedAt: instantAt(1),
      updatedAt: instantAt(1),
      version: 1,
    });
  });

  it('follows it to the version that it becomes', () => {
    expect(rowAfter(...applied2)).toMatchObject({
      state: 'applied',
      submission: { quorum: 1, approvers: usual, deadlineSeconds: 604_800 },
      approvalId,
      versionNo: 2,
      submittedBy: 'ada',
      submittedAt: instantAt(2),
      decidedAt: instantAt(3),
      appliedBy: 'ada',
      appliedAt: instantAt(5),
      updatedAt: instantAt(5),
      version: 5,
    });
  });

  it('says of what is only recorded who published it', () => {
    const record = [proposed(cool, { proposerId: 'dana' }), applied(2)];
    expect(rowAfter(...record)).toMatchObject({ state: 'applied', appliedBy: 'dana', versionNo: 2 });
  });

  it('knows why it failed, how it was refused, and what came in its place', () => {
    expect(rowAfter(...refinementLife.slice(0, 10))).toMatchObject({
      state: 'failed',
      failure: { code: 'base-version-moved', detail: 'the newest version is 2' },
    });
    expect(rowAfter(proposed(cool), ends[0]!)).toMatchObject({ state: 'rejected', outcome: 'expired' });
    expect(rowAfter(proposed(cool), ends[1]!)).toMatchObject({ state: 'withdrawn', decidedAt: instantAt(2) });
    expect(rowAfter(proposed(cool), ends[2]!)).toMatchObject({ state: 'superseded', supersededBy: olderId });
  });

  it('that could not be rolled back is applied still, and says why, until it is', () => {
    const tried = [...applied2, rolledBack(), rollbackFailed];
    const row = rowAfter(...tried);
    const { code, detail } = rollbackFailed.data;
    expect(row).toMatchObject({ state: 'applied', versionNo: 2, failure: { code, detail } });
    for (const name of ['toVersionNo', 'rolledBackBy', 'rolledBackAt']) expect(row).not.toHaveProperty(name);
    const taken = rowAfter(...tried, rolledBack({ headVersionNo: 4 }));
    expect(taken).toMatchObject({ state: 'rolled_back', toVersionNo: 1, rolledBackBy: 'ada' });
    expect(taken).not.toHaveProperty('failure');
  });

  it('knows who wrote the draft that was proposed as it was', () => {
    expect(rowAfter(proposed(cool, { draftedBy: ['bob'] }))).toMatchObject({ draftedBy: ['bob'] });
  });

  it('is decided no more when it becomes another one', () => {
    const approved = [proposed(cool), submitted(coolHash), approvedWith(coolHash)];
    const row = rowAfter(...approved, amended({ temperature: 0.2 }));
    expect(row).toMatchObject({
      state: 'proposed',
      approvalId: null,
      diffHash: hashOf({ temperature: 0.2 }),
    });
    expect(row).not.toHaveProperty('decidedAt');
    const both = { ...cool, tags: ['a'] };
    const waiting = [proposed(both), submitted(hashOf(both)), approvedWith(hashOf(both))];
    expect(rowAfter(...waiting, resolved({ accepted: ['/tags'] }, hashOf(both))).state).toBe('approved');
    expect(rowAfter(...waiting, resolved({ rejected: ['/tags'] }, coolHash)).state).toBe('proposed');
  });

  it('says the last reason to wait only', () => {
    const waits = submitted(coolHash, { waitsBecause: 'gate-unavailable' });
    expect(rowAfter(proposed(cool), waits)).toMatchObject({ waitsBecause: 'gate-unavailable' });
    expect(rowAfter(proposed(cool), waits, submitted(coolHash))).not.toHaveProperty('waitsBecause');
  });

  it('stands where the decider has it, after every event', () => {
    expect(configWith(cool).temperature).toBe(0.1);
    const lives = [
      refinementLife,
      applied2,
      ...ends.map((end) => [proposed(cool), submitted(coolHash), end]),
    ];
    for (const life of lives) {
      life.forEach((_event, index) => {
        const events = recorded(stream, ...life.slice(0, index + 1));
        const state = events.reduce<unknown>(
          (before, { type, data, meta }) => evolve(refinement, before, { type, data }, meta),
          refinement.initialState(),
        ) as ExistingRefinement;
        const row = rowAfter(...life.slice(0, index + 1));
        // What decides about those who act is nobody's to read.
        const { status, hands: _, proposerKind: __, headVersionNo: ___, ...others } = state;
        expect(row).toMatchObject({ ...others, state: status });
      });
    }
  });
});
