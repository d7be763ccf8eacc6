import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/domain/kernel.js';
import { evolve } from '../../../src/domain/kernel.js';
import {
  about,
  actionHashOf,
  approval,
  concerns,
  existing,
  isOpen,
  undecided,
  visible,
  type Approval,
  type ExistingApproval,
} from '../../../src/domain/safety/approval.js';
import * as example from '../../support/approval-examples.js';
import { sealed } from '../../support/given.js';

const after = (...events: DomainEvent[]): ExistingApproval =>
  events.reduce<Approval>((state, event, index) => {
    const meta = {
      tenantId: 'acme',
      stream: `approval-acme_${example.approvalId}`,
      streamId: example.approvalId,
      version: index + 1,
      occurredAt: example.requestedAt,
      recordedAt: example.requestedAt,
      actor: { kind: 'user' as const, id: 'bob', roles: ['approver' as const] },
      commandId: 'c',
    };
    return evolve(approval, state, event, meta) as Approval;
  }, approval.initialState()) as ExistingApproval;
const { requested, cast } = example;

describe('the state', () => {
  it.each([
    ['requested', [requested()]],
    ['info_requested', [requested(), example.infoRequested]],
    ['requested', [requested(), example.infoRequested, example.infoProvided]],
    ['requested', [requested(), example.escalated]],
    ['approved', [requested(), cast('bob', 'approve'), example.granted()]],
    ['auto_approved', [requested(), example.autoApproved]],
    ['rejected', [requested(), cast('bob', 'reject'), example.rejected]],
    ['expired', [requested(), example.expired]],
    ['cancelled', [requested(), example.cancelled]],
  ])('%s', (status, events) => {
    const state = after(...events);
    expect(state.status).toBe(status);
    expect(isOpen(state)).toBe(status === 'requested' || status === 'info_requested');
  });

  it.each([
    ['issued', [example.granted()]],
    ['consumed', [example.granted(), example.consumed]],
    ['lapsed', [example.autoApproved, example.lapsed]],
  ])('of the grant: %s', (state, events) =>
    expect(after(requested(), ...events).grant).toEqual({
      grantId: '01890000-0000-7000-8000-0000000009a1',
      expiresAt: example.expiresAt,
      state,
    }),
  );

  it('asks those to whom it was escalated, until later; votes of others drop out', () => {
    const state = after(requested(), cast('bob', 'approve'), cast('eve', 'approve'), example.escalated);
    expect(state).toMatchObject({ level: 1, approvers: example.level.to, deadline: example.laterDeadline });
    expect(Object.keys(state.votes)).toEqual(['eve']);
  });

  it('keeps no vote when what is decided on has changed', () => {
    const state = after(requested(), cast('bob', 'approve'), example.subjectChanged);
    expect(state).toMatchObject({ votes: {}, actionHash: example.otherHash, excluded: ['app', 'dana'] });
  });

  it('keeps the roles of who delegates, and nothing of a delegation that is withdrawn but votes in person', () => {
    const delegating = [requested(), example.delegated('bob', 'sam')];
    expect(after(...delegating).delegations).toEqual({
      bob: { to: 'sam', until: null, roles: ['approver'] },
    });
    const voted = cast('sam', 'approve', { onBehalfOf: 'bob', onBehalfOfRoles: ['approver'], roles: [] });
    const withdrawn = after(...delegating, voted, example.delegated('bob', 'bob'));
    expect(withdrawn).toMatchObject({ delegations: {}, votes: {} });
  });
});

describe('timers', () => {
  const set = ({ type, data }: DomainEvent) =>
    (approval.timers[type] as ((data: unknown) => unknown) | undefined)?.(data);
  const none = { deadline: null, reminder: null };
  it.each([
    [requested(), { deadline: example.deadline, reminder: example.remindAt }],
    [
      example.escalated,
      { deadline: example.laterDeadline, reminder: example.escalated.data['remindAt' as never] },
    ],
    [example.reminded, { reminder: null }],
    [example.granted(), { ...none, grant: example.expiresAt }],
    [example.autoApproved, { ...none, grant: example.expiresAt }],
    [example.rejected, none],
    [example.expired, none],
    [example.cancelled, none],
    [example.consumed, { grant: null }],
    [example.lapsed, { grant: null }],
    [cast('bob', 'approve'), undefined],
    [example.subjectChanged, undefined],
  ])('$type', (event, expected) => expect(set(event)).toEqual(expected));

  it('have a command each', () =>
    expect(approval.timerCommands).toEqual({
      deadline: 'expireApproval',
      reminder: 'remindApprovers',
      grant: 'lapseGrant',
    }));
});

describe('who may know of it', () => {
  const state = after(requested({ personaId: example.personaId }));
  const caller = (id: string, ...roles: ('editor' | 'approver' | 'auditor' | 'service')[]) => ({
    kind: 'user' as const,
    id,
    roles,
    teams: [],
  });
  it.each([
    ['who asked', caller('app', 'service')],
    ['who decides', caller('bob', 'approver')],
    ['who oversees', caller('ann', 'auditor')],
  ])('is %s', (_, who) => {
    expect(concerns(state, who)).toBe(true);
    expect(visible(state, who, { seesPersona: false })).toBe(state);
  });

  it('is who sees the persona', () => {
    const sam = caller('sam', 'editor');
    expect(concerns(state, sam)).toBe(false);
    expect(visible(state, sam, { seesPersona: true })).toBe(state);
  });

  it('is nobody else: for them it is not there', () => {
    const refusal = (of: Approval): unknown => {
      try {
        return visible(of, caller('sam', 'editor'), { seesPersona: false });
      } catch (error) {
        return error;
      }
    };
    expect(refusal(state)).toMatchObject({ code: 'approval-not-found' });
    expect(refusal(state)).toEqual(refusal({ status: 'none' }));
  });
});

describe('guards', () => {
  it('meet an approval that is there, and undecided', () => {
    expect(existing(after(requested()))).toMatchObject({ status: 'requested' });
    expect(() => existing({ status: 'none' })).toThrow('there is no such approval');
    expect(undecided(after(requested()))).toMatchObject({ status: 'requested' });
    expect(() => undecided(after(requested(), example.expired))).toThrow('it is expired');
  });

  it('tell in every event what it is about', () => {
    const { approvalId, personaId } = example;
    expect(about(approvalId, after(requested()))).toEqual({ approvalId, kind: 'action' });
    const full = { kind: 'refinement' as const, ref: 'r', personaId };
    expect(about(approvalId, after(requested(full)))).toEqual({ approvalId, ...full });
  });
});

it('binds a grant to what was approved: equal arguments, however they were sealed', () => {
  const subject = { kind: 'action' as const, action: 'tool:email.send', args: sealed({ to: 'all' }) };
  const again = { $sealed: { ...subject.args.$sealed, iv: 'b3RoZXI', at: 'elsewhere' } };
  expect(actionHashOf({ ...subject, args: again })).toBe(actionHashOf(subject));
  for (const other of [
    { ...subject, args: sealed({ to: 'one' }) },
    { ...subject, args: undefined },
    { ...subject, action: 'tool:email.delete' },
    { ...subject, ref: 'r' },
    { ...subject, personaId: example.personaId },
    { ...subject, kind: 'switch' as const },
  ])
    expect(actionHashOf(other)).not.toBe(actionHashOf(subject));
});
