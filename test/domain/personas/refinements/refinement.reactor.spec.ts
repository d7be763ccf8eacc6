import { describe, expect, it } from 'vitest';
import { commandsOf, modules } from '../../../../src/commands/registry.js';
import { parseInput } from '../../../../src/commands/parse-input.js';
import type { DomainEvent, Reaction } from '../../../../src/domain/kernel.js';
import { recordedId } from '../../../../src/domain/personas/refinements/recorded-refinement.js';
import { refinementReactor } from '../../../../src/domain/personas/refinements/refinement.reactor.js';
import { personaId, published } from '../../../support/persona-examples.js';
import { recorded } from '../../../support/projected.js';
import {
  amended,
  applied,
  applying,
  approvalId,
  approvedWith,
  cool,
  coolHash,
  olderId,
  proposed,
  refinementId,
  refinementLife,
  rejectedAs,
  resolved,
  returned,
  rollbackFailed,
  rolledBack,
  submitted,
  supersededBy,
  usual,
  withdrawn,
} from '../../../support/refinement-examples.js';

const reactionsTo = (event: DomainEvent): Reaction[] => {
  const [past] = recorded({ category: 'refinement', streamId: refinementId }, event);
  return refinementReactor.on[event.type]?.(past as never) ?? [];
};
/** What is sent, without what is sent in its place. */
const sent = (event: DomainEvent) =>
  reactionsTo(event).map(({ operationId, input }) => ({ operationId, input }));
const publishedAs = (versionNo: number, more: object): DomainEvent => {
  const { type, data } = published(versionNo);
  return { type, data: { ...data, ...more } };
};
const told = { approvalId, excluded: ['ada'] };

describe('what follows from a refinement', () => {
  it('that takes the place of another: the end of that one', () => {
    expect(sent(proposed(cool))).toEqual([]);
    expect(sent(proposed(cool, { supersedes: olderId }))).toEqual([
      { operationId: 'supersedeRefinement', input: { refinementId: olderId, by: refinementId } },
    ]);
  });

  it('that is submitted: an approval of exactly that difference, without those who had a hand in it', () => {
    expect(sent(submitted(coolHash, { quorum: 2 }))).toEqual([
      {
        operationId: 'openApproval',
        input: {
          approvalId,
          kind: 'refinement',
          personaId,
          ref: refinementId,
          actionHash: coolHash,
          requesterId: 'ada',
          excluded: ['ada'],
          terms: {
            quorum: 2,
            approvers: usual,
            timeoutSeconds: 604_800,
            requireReason: false,
            autoApproveAfterTimeout: false,
            notifyChannels: [],
            escalation: [],
          },
          canAutoApprove: false,
        },
      },
    ]);
    const [{ otherwise }] = reactionsTo(submitted(coolHash)) as [Reaction];
    expect(otherwise!({ code: 'x', detail: '' })).toEqual({
      operationId: 'rejectRefinement',
      input: { refinementId, approvalId, outcome: 'cancelled' },
    });
  });

  it('that changes while it waits: the votes are void', () => {
    const input = { approvalId, actionHash: coolHash, excluded: ['ada'] };
    for (const event of [amended(cool, told), resolved({}, coolHash, told)])
      expect(sent(event)).toEqual([{ operationId: 'changeApprovalSubject', input }]);
    for (const event of [amended(cool), resolved({}, coolHash)]) expect(sent(event)).toEqual([]);
  });

  it('that ends while it waits: the end of its approval', () => {
    for (const event of [withdrawn({ approvalId }), supersededBy(olderId, { approvalId })])
      expect(sent(event)).toEqual([{ operationId: 'closeApproval', input: { approvalId, by: 'ada' } }]);
    for (const event of [withdrawn(), supersededBy(olderId)]) expect(sent(event)).toEqual([]);
  });

  it('that is applied: a version, or the note that there is none', () => {
    const [{ operationId, input, otherwise }] = reactionsTo(applying(coolHash)) as [Reaction];
    expect([operationId, input]).toEqual(['publishRefinement', { personaId, refinementId }]);
    expect(otherwise!({ code: 'base-version-moved', detail: 'x'.repeat(3_000) })).toEqual({
      operationId: 'failRefinement',
      input: { refinementId, code: 'base-version-moved', detail: 'x'.repeat(2_000) },
    });
  });

  it('that is rolled back: the former version again, for a reason that is nobody’s', () => {
    expect(sent(rolledBack({ moveProtected: false, headVersionNo: 4 }))).toEqual([
      {
        operationId: 'publishRollback',
        input: {
          personaId,
          refinementId,
          toVersionNo: 1,
          headVersionNo: 4,
          moveProtected: false,
          reason: 'version 2 was rolled back to version 1',
        },
      },
    ]);
  });

  it('that cannot be rolled back any more: the note of it', () => {
    const [{ otherwise }] = reactionsTo(rolledBack({ headVersionNo: 4 })) as [Reaction];
    expect(otherwise!({ code: 'rollback-not-newest', detail: 'x'.repeat(3_000) })).toEqual({
      operationId: 'failRollback',
      input: { refinementId, headVersionNo: 4, code: 'rollback-not-newest', detail: 'x'.repeat(2_000) },
    });
  });

  it('that is decided otherwise: nothing', () => {
    for (const event of [approvedWith(coolHash), returned, rejectedAs('expired'), applied(2), rollbackFailed])
      expect(sent(event)).toEqual([]);
  });
});

describe('what follows from a version', () => {
  it('that applies a refinement: the note that it is applied', () => {
    expect(sent(publishedAs(2, { refinementId: olderId, source: 'interview' }))).toEqual([
      { operationId: 'completeRefinement', input: { refinementId: olderId, versionNo: 2 } },
    ]);
  });

  it('that nobody proposed: its record as a refinement', () => {
    const id = recordedId(personaId, 2);
    const input = { refinementId: id, personaId, versionNo: 2, proposerId: 'ada' };
    for (const source of ['user_modified', 'rollback'])
      expect(sent(publishedAs(2, { refinementId: id, source }))).toEqual([
        { operationId: 'recordRefinement', input: { ...input, source } },
      ]);
  });

  it('of before there were refinements, or the first one: nothing', () => {
    expect(sent(published(1))).toEqual([]);
  });
});

it('whatever is sent, its command takes', () => {
  const commands = commandsOf(modules);
  const events = [...refinementLife, publishedAs(2, { refinementId: olderId }), withdrawn({ approvalId })];
  const reactions = events.flatMap(reactionsTo);
  const others = reactions.flatMap(({ otherwise }) => otherwise?.({ code: 'x', detail: 'y' }) ?? []);
  for (const { operationId, input } of [...reactions, ...others])
    expect(() => parseInput(commands.get(operationId)!.command.input, input), operationId).not.toThrow();
});
