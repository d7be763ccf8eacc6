import { describe, expect, it } from 'vitest';
import { approvalModule } from '../../../src/domain/safety/approval-module.js';
import * as example from '../../support/approval-examples.js';
import { given } from '../../support/given.js';

const { approvalId, as, requested, infoRequested, infoProvided } = example;
const now = '2026-01-02T03:04:00.000Z';
type History = Parameters<typeof given>[1][];
const send = (operationId: string, input: object, around: object, ...history: History) =>
  given(approvalModule, ...history).when(
    operationId,
    { approvalId, ...input },
    { now, facts: { seesPersona: false, delegators: {} }, ...around },
  );
const full = (): History => [requested(), ...Array.from({ length: 200 }, () => example.commented)];

describe('asking before deciding', () => {
  const ask = (around: object, ...history: History) =>
    send('requestApprovalInfo', { question: 'to whom?' }, around, ...history);

  it('is for those who decide; another question may follow', () => {
    ask(as.bob, requested()).thenEvents(infoRequested).again().thenEvents(infoRequested);
    ask({ ...as.app, roles: ['admin'] }, requested()).thenRejected('approval-own');
    ask(as.olga, requested()).thenRejected('approval-not-yours');
    ask({ actorId: 'sam', roles: ['approver'] }).thenRejected('approval-not-found');
  });

  it('is over when it is decided', () =>
    void ask(as.bob, requested(), example.expired).thenRejected('approval-decided'));
  it('is bounded', () => void ask(as.bob, ...full()).thenRejected('approval-thread-full'));
});

describe('answering', () => {
  const answer = (around: object, ...history: History) =>
    send('provideApprovalInfo', { answer: 'to all' }, around, ...history);

  it('is for who asked for the approval, and whoever sees it, once a question is open', () => {
    answer(as.app, requested(), infoRequested)
      .thenEvents(infoProvided)
      .again()
      .thenRejected('approval-not-waiting');
    const sees = { ...as.stranger, facts: { seesPersona: true } };
    expect(answer(sees, requested(), infoRequested).events).toMatchObject([{ data: { by: 'sam' } }]);
    answer(as.stranger, requested(), infoRequested).thenRejected('approval-not-found');
  });

  it('is over when it is decided', () =>
    void answer(as.app, requested(), infoRequested, example.expired).thenRejected('approval-decided'));
  it('is bounded', () => void answer(as.app, ...full(), infoRequested).thenRejected('approval-thread-full'));
});

describe('commenting', () => {
  const comment = (around: object, ...history: History) =>
    send('commentApproval', { comment: 'a lot of people' }, around, ...history);

  it('is for everybody who sees it, also afterwards; twice is two comments', () => {
    comment(as.cleo, requested()).thenEvents(example.commented).again().thenEvents(example.commented);
    comment(as.cleo, requested(), example.expired).thenEvents(example.commented);
    comment(as.stranger, requested()).thenRejected('approval-not-found');
  });
  it('is bounded', () => void comment(as.cleo, ...full()).thenRejected('approval-thread-full'));
});
