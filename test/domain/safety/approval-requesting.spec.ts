import { describe, expect, it } from 'vitest';
import { actionHashOf, approval } from '../../../src/domain/safety/approval.js';
import { approvalModule } from '../../../src/domain/safety/approval-module.js';
import { requestingCommands } from '../../../src/domain/safety/approval-requesting.js';
import { persona } from '../../../src/domain/personas/persona.js';
import { tenant } from '../../../src/domain/tenancy/tenant.js';
import * as example from '../../support/approval-examples.js';
import { factReader } from '../../support/fact-reader.js';
import { given, sealed } from '../../support/given.js';

const { approvalId, actionHash, otherHash, as, requested } = example;
const now = example.requestedAt;
const found = { personaExists: true, strangers: [] as object[], fourEyes: true };
const input = { kind: 'action', action: 'tool:email.send', reason: 'the newsletter' };
const zoe = { id: 'zoe', detail: 'there is no member zoe' };
const vic = { id: 'vic', detail: 'vic may not vote' };
const usual = ['approver', 'admin', 'owner'];

const request = (over: object = {}, facts: object = {}, around: object = as.dana) =>
  given(approvalModule).when(
    'requestApproval',
    { ...input, ...over },
    { now, newId: approvalId, facts: { ...found, ...facts }, ...around },
  );
const dataOf = (outcome: ReturnType<typeof request>) => outcome.events[0]!.data;

describe('asking for an approval', () => {
  it('says what, why, whom and until when', () => {
    const args = sealed({ to: 'all' });
    const subject = { kind: 'action' as const, action: 'tool:email.send' };
    request({ args: { to: 'all' } }, { args })
      .thenEvents(
        approval.event('ApprovalRequested', {
          approvalId,
          ...subject,
          args,
          actionHash: actionHashOf({ ...subject, args }),
          requesterId: 'dana',
          excluded: ['dana'],
          reason: sealed('the newsletter'),
          reasonRequired: false,
          approvers: { roles: ['approver', 'admin', 'owner'], members: [] },
          quorum: { n: 1 },
          requestedAt: now,
          deadline: example.deadline,
          remindAt: example.remindAt,
          onTimeout: 'deny',
          escalation: [],
          grantSeconds: 3_600,
          channels: [],
          rules: [],
        }),
      )
      .thenReply({
        approvalId,
        actionHash: actionHashOf({ ...subject, args }),
        deadline: example.deadline,
      })
      .again()
      .thenRejected('approval-exists');
  });

  it.each([
    ['action', '2026-01-02T03:10:00.000Z', 3_600],
    ['switch', '2026-01-02T03:10:00.000Z', 604_800],
    ['promotion', '2026-01-09T03:00:00.000Z', 604_800],
    ['policy_change', '2026-01-09T03:00:00.000Z', 604_800],
    ['erasure', '2026-01-09T03:00:00.000Z', 604_800],
    ['export', '2026-01-09T03:00:00.000Z', 604_800],
  ])('of kind %s it waits until %s and grants for %d s', (kind, deadline, grantSeconds) =>
    expect(dataOf(request({ kind }))).toMatchObject({ deadline, grantSeconds, onTimeout: 'deny' }),
  );

  it('waits as long as is said', () =>
    expect(dataOf(request({ deadlineSeconds: 5 }))).toMatchObject({
      deadline: '2026-01-02T03:00:05.000Z',
      remindAt: '2026-01-02T03:00:02.500Z',
    }));

  it('leaves out who asks, and whom an application asks for; nobody without four eyes', () => {
    expect(dataOf(request())).toMatchObject({ requesterId: 'dana', excluded: ['dana'] });
    expect(dataOf(request({}, { fourEyes: false }))).toMatchObject({ excluded: [] });
    const command = requestingCommands.requestApproval;
    const context = {
      now,
      streamId: approvalId,
      facts: found,
      actor: { kind: 'service', id: 'app', roles: ['service'], onBehalfOf: 'dana', teams: [] },
    };
    const parsed = { ...command.input.parse(input), reason: sealed('x') };
    const [event] = command.decide({ status: 'none' } as never, parsed as never, context as never);
    expect(event!.data).toMatchObject({ requesterId: 'app', excluded: ['app', 'dana'] });
  });

  it('asks those who are named, as many as are wanted', () => {
    const members = ['bob', 'cleo', 'bob'];
    expect(dataOf(request({ approvers: { members }, quorum: 2 }))).toMatchObject({
      approvers: { roles: [], members: ['bob', 'cleo'] },
      quorum: { n: 2 },
    });
    expect(dataOf(request())).toMatchObject({ approvers: { roles: usual } });
  });

  it('is refused when the named are strangers, nobody, or too few', () => {
    request({ approvers: { members: ['bob', 'zoe'] } }, { strangers: [zoe] }).thenRejected(
      'approver-unknown',
      '/approvers/members/1',
    );
    request({ approvers: { members: ['vic', 'bob'] } }, { strangers: [vic] }).thenRejected(
      'approver-unknown',
      '/approvers/members/0',
    );
    request({ approvers: { roles: ['viewer', 'editor'] } }).thenRejected('approvers-too-few', '/approvers');
    request({ approvers: {} }).thenRejected('approvers-too-few', '/approvers');
    request({ approvers: { members: ['dana'] } }).thenRejected('approvers-too-few', '/approvers');
    request({ approvers: { members: ['bob'] }, quorum: 2 }).thenRejected('approvers-too-few', '/approvers');
  });

  it('is refused for a persona that is not there', () =>
    void request({ personaId: example.personaId }, { personaExists: false }).thenRejected(
      'persona-not-found',
      '/personaId',
    ));

  it('of a refinement is done by submitting it', () =>
    void request({ kind: 'refinement', ref: 'r-1' }).thenRejected('approval-kind-reserved'));

  it('names what is to be decided on', () => {
    request({ action: undefined }).thenRejected('invalid-input', '/action');
    request({ kind: 'export', action: undefined }).thenRejected('invalid-input', '/ref');
    expect(dataOf(request({ kind: 'export', action: undefined, ref: 'e-1' }))).toMatchObject({ ref: 'e-1' });
    request({ args: { text: 'x'.repeat(65_536) } }).thenRejected('invalid-input', '/args');
  });

  describe('looks up', () => {
    const facts = (over: object, elsewhere: Parameters<typeof factReader>[0] = {}) => {
      const command = requestingCommands.requestApproval;
      const parsed = command.input.parse({ ...input, ...over });
      return command.facts!(parsed as never, factReader(elsewhere));
    };
    const acme = {
      'tenant acme': {
        ...tenant.initialState(),
        status: 'active',
        members: { bob: { roles: ['approver'] } },
      },
    };

    it('the persona, the approvers and the setting, and seals the arguments', async () => {
      expect(await facts({ args: { a: 1 }, approvers: { members: ['bob'] } }, { states: acme })).toEqual({
        ...found,
        args: sealed({ a: 1 }),
      });
      expect(await facts({ approvers: { members: ['bob', 'zoe'] } }, { states: acme })).toEqual({
        ...found,
        strangers: [zoe],
      });
    });

    it('a persona that the caller does not see as one that is not there', async () => {
      const hidden = { owner: { kind: 'user', id: 'olga' }, isPublic: false, status: 'active' };
      const shares = { allowedUsers: [], allowedRoles: [], allowedTeams: [] };
      const states = { [`persona ${example.personaId}`]: { ...hidden, ...shares } };
      const { personaId } = example;
      expect(persona.name).toBe('persona');
      const asked = (roles: ['editor'] | ['owner']) => facts({ personaId }, { states, caller: { roles } });
      expect(await asked(['editor'])).toMatchObject({ personaExists: false });
      expect(await asked(['owner'])).toMatchObject({ personaExists: true });
    });

    it('and makes no key for what is refused', () =>
      expect(facts({ args: {}, approvers: { members: ['zoe'] } })).rejects.toMatchObject({
        code: 'approver-unknown',
      }));
  });
});

describe('an approval that something calls for', () => {
  const terms = {
    quorum: 2,
    approvers: { roles: ['admin'], members: ['bob', 'bob'] },
    timeoutSeconds: 600,
    requireReason: true,
    autoApproveAfterTimeout: false,
    notifyChannels: ['#risk'],
    escalation: [] as object[],
    rules: ['hitlTriggers/mails'],
  };
  const open = (over: object = {}, facts: object = {}) =>
    given(approvalModule).when(
      'openApproval',
      {
        approvalId,
        kind: 'action',
        personaId: example.personaId,
        ref: 'check-1',
        action: 'tool:email.send',
        riskScore: 0.8,
        requesterId: 'app',
        excluded: ['app', 'dana'],
        terms,
        canAutoApprove: false,
        ...over,
      },
      { ...as.timer, now, facts: { fourEyes: true, strangers: [], ...facts } },
    );

  it('is opened once, on the terms of the rules', () => {
    const args = sealed({ to: 'all' });
    open({ args: { to: 'all' } }, { args })
      .thenEvents(
        requested({
          personaId: example.personaId,
          ref: 'check-1',
          riskScore: 0.8,
          args,
          actionHash: actionHashOf({
            kind: 'action',
            personaId: example.personaId,
            ref: 'check-1',
            action: 'tool:email.send',
            args,
          }),
          excluded: ['app', 'dana'],
          reasonRequired: true,
          approvers: { roles: ['admin'], members: ['bob'] },
          quorum: { n: 2 },
          channels: ['#risk'],
          rules: ['hitlTriggers/mails'],
        }),
      )
      .again()
      .thenNothing();
  });

  it('of a refinement is about its difference', () =>
    expect(dataOf(open({ kind: 'refinement', actionHash: otherHash }))).toMatchObject({
      kind: 'refinement',
      actionHash: otherHash,
      grantSeconds: 604_800,
    }));

  it('leaves nobody out without four eyes', () =>
    expect(dataOf(open({}, { fourEyes: false }))).toMatchObject({ excluded: [] }));

  it.each([
    ['deny', {}, false],
    ['deny', { autoApproveAfterTimeout: true }, false],
    ['deny', {}, true],
    ['auto_approve', { autoApproveAfterTimeout: true }, true],
    ['escalate', { escalation: [example.level] }, false],
    ['escalate', { escalation: [example.level], autoApproveAfterTimeout: true }, true],
  ])('answers silence with %s: %j', (onTimeout, over, canAutoApprove) =>
    expect(dataOf(open({ terms: { ...terms, ...over }, canAutoApprove }))).toMatchObject({ onTimeout }),
  );

  describe('can always be given:', () => {
    const asking = (approvers: object, facts: object = {}, more: object = {}) =>
      dataOf(open({ terms: { ...terms, approvers, ...more } }, facts))['approvers'];
    const named = (...members: string[]) => ({ roles: [], members });
    const withManagers = (...members: string[]) => ({ roles: ['admin', 'owner'], members });

    it('those who are named are asked alone as long as so many of them can agree', () => {
      expect(asking(named('bob', 'cleo'))).toEqual(named('bob', 'cleo'));
      expect(asking(named('bob', 'cleo', 'zoe'), { strangers: [zoe] })).toEqual(named('bob', 'cleo', 'zoe'));
    });

    it('otherwise admins and owners are asked too, who could take it over anyway', () => {
      expect(asking(named('bob', 'zoe'), { strangers: [zoe] })).toEqual(withManagers('bob', 'zoe'));
      expect(asking(named('bob', 'vic'), { strangers: [vic] })).toEqual(withManagers('bob', 'vic'));
      expect(asking(named('bob', 'dana'))).toEqual(withManagers('bob', 'dana'));
      expect(asking(named('bob'))).toEqual(withManagers('bob'));
      expect(asking(named())).toEqual(withManagers());
      const viewers = { roles: ['viewer'], members: [] };
      expect(asking(viewers)).toEqual({ roles: ['viewer', 'admin', 'owner'], members: [] });
    });

    it('so it is at every level of an escalation', () => {
      const level = (to: object) => ({ ...example.level, to });
      const escalation = [level(named('bob', 'cleo')), level(named('bob', 'zoe'))];
      expect(dataOf(open({ terms: { ...terms, escalation } }, { strangers: [zoe] }))).toMatchObject({
        escalation: [level(named('bob', 'cleo')), level(withManagers('bob', 'zoe'))],
      });
    });

    it('everybody who is named is looked up, at every level', async () => {
      const { facts, input: schema } = requestingCommands.openApproval;
      const escalation = [{ ...example.level, to: named('zoe', 'eve') }];
      const parsed = schema.parse({
        approvalId,
        kind: 'action',
        ref: 'c',
        requesterId: 'app',
        excluded: [],
        canAutoApprove: false,
        terms: { ...terms, approvers: named('zoe'), escalation },
      });
      expect(await facts!(parsed as never, factReader())).toEqual({
        fourEyes: true,
        strangers: [zoe, { id: 'eve', detail: 'there is no member eve' }],
      });
    });
  });

  it('seals its arguments unless it is there already', async () => {
    const { facts, input: schema } = requestingCommands.openApproval;
    const parsed = schema.parse({
      approvalId,
      kind: 'action',
      ref: 'c',
      requesterId: 'app',
      excluded: [],
      args: { a: 1 },
      terms,
      canAutoApprove: false,
    });
    const read = (state?: object) =>
      facts!(parsed as never, factReader({ states: state ? { [`approval ${approvalId}`]: state } : {} }));
    const bob = { id: 'bob', detail: 'there is no member bob' };
    expect(await read()).toEqual({ fourEyes: true, strangers: [bob], args: sealed({ a: 1 }) });
    expect(await read({ status: 'requested' })).toEqual({ fourEyes: true, strangers: [bob] });
  });
});

describe('when what is decided on changes', () => {
  const change = (over: object, ...history: Parameters<typeof given>[1][]) =>
    given(approvalModule, ...history).when(
      'changeApprovalSubject',
      { approvalId, actionHash: otherHash, excluded: ['dana'], ...over },
      { ...as.timer, now },
    );

  it('the votes are void, and who changed it is left out', () =>
    void change({}, requested()).thenEvents(example.subjectChanged).again().thenNothing());
  it('whether four eyes are asked for stays as it was when the approval was asked for', () => {
    expect(dataOf(change({}, requested()))).toMatchObject({ excluded: ['app', 'dana'] });
    expect(dataOf(change({}, requested({ excluded: [] })))).toMatchObject({ excluded: [] });
  });
  describe('it is rejected', () => {
    const named = (...members: string[]) => ({ approvers: { roles: [], members } });
    const ended = approval.event('ApprovalRejected', {
      approvalId,
      kind: 'action',
      actionHash: otherHash,
      by: [],
    });
    it('when those who are named can no longer agree in number without who changed it', () => {
      const two = requested({ quorum: { n: 2 }, ...named('bob', 'dana') });
      change({}, two, example.cast('bob', 'approve'))
        .thenEvents(example.subjectChanged, ended)
        .again()
        .thenNothing();
      change({}, requested({ quorum: { n: 2 }, ...named('bob', 'cleo', 'dana') })).thenEvents(
        example.subjectChanged,
      );
    });
    it('when nobody is left who may vote', () =>
      void change({}, requested(named('dana'))).thenEvents(example.subjectChanged, ended));
    it('not while a role is asked', () => void change({}, requested()).thenEvents(example.subjectChanged));
  });
  it('a decided approval stays as it is', () => void change({}, requested(), example.expired).thenNothing());
  it('there has to be one', () => void change({}).thenRejected('approval-not-found'));
});

describe('giving up', () => {
  const cancel = (around: object, ...history: Parameters<typeof given>[1][]) =>
    given(approvalModule, ...history).when(
      'cancelApproval',
      { approvalId },
      { now, facts: { seesPersona: true }, ...around },
    );

  it('is for who asked, admins and owners', () => {
    cancel(as.app, requested()).thenEvents(example.cancelled).again().thenNothing();
    expect(cancel(as.olga, requested()).events).toMatchObject([{ data: { by: 'olga' } }]);
    cancel(as.bob, requested()).thenRejected('approval-requester-only');
  });

  it('may have a reason', () =>
    expect(
      given(approvalModule, requested()).when(
        'cancelApproval',
        { approvalId, reason: 'too late' },
        { ...as.app, now, facts: { seesPersona: false } },
      ).events,
    ).toMatchObject([{ data: { reason: sealed('too late') } }]));

  it('is over when it is decided, and nothing for whom it is not there', () => {
    cancel(as.app, requested(), example.expired).thenRejected('approval-decided');
    cancel(as.app).thenRejected('approval-not-found');
  });

  it('of what was to be decided on gives up the approval too', () => {
    const close = (over: object, ...history: Parameters<typeof given>[1][]) =>
      given(approvalModule, ...history).when('closeApproval', { approvalId, ...over }, { ...as.timer, now });
    close({}, requested()).thenEvents(example.cancelled).again().thenNothing();
    expect(close({ by: 'dana' }, requested()).events).toMatchObject([{ data: { by: 'dana', actionHash } }]);
    close({}, requested(), example.rejected).thenNothing();
    close({}).thenRejected('approval-not-found');
  });
});
