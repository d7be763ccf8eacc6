import { describe, expect, it } from 'vitest';
import { v5 as uuidv5 } from 'uuid';
import type { DomainEvent } from '../../../../src/domain/kernel.js';
import { refinementModule } from '../../../../src/domain/personas/refinements/refinement-module.js';
import { tenant } from '../../../../src/domain/tenancy/tenant.js';
import { factReader } from '../../../support/fact-reader.js';
import { given, sealed, type Surroundings } from '../../../support/given.js';
import { configWith, personaId } from '../../../support/persona-examples.js';
import {
  applied2,
  applying,
  approvalId,
  approvedWith,
  around,
  cool,
  coolHash,
  failed,
  hashOf,
  olderId,
  persona,
  proposed,
  refinementId,
  rejectedAs,
  resolved,
  returned,
  submitted,
  supersededBy,
  version,
  withdrawn,
} from '../../../support/refinement-examples.js';

type Around = Partial<Surroundings>;
const on = (history: DomainEvent[], operationId: string, input: object = {}, more: Around = {}) =>
  given(refinementModule, ...history).when(
    operationId,
    { refinementId, ...input },
    { facts: around(), ...more },
  );
const drawn = uuidv5('approval', '01890000-0000-7000-8000-00000000c0de');
const waiting = [proposed(cool), submitted(coolHash)];
const approved = [...waiting, approvedWith(coolHash)];
const notThere = (operationId: string, input: object = {}) => {
  on([], operationId, input).thenRejected('refinement-not-found', '/refinementId');
  const hidden = { facts: { ...around(), persona: null } };
  on([proposed(cool)], operationId, input, hidden).thenRejected('refinement-not-found', '/refinementId');
};

describe('submitRefinement', () => {
  const asked = (more: object = {}) => submitted(coolHash, { approvalId: drawn, ...more });

  it('asks for approval on the terms of the tenant', () => {
    on([proposed(cool)], 'submitRefinement')
      .thenEvents(asked())
      .thenReply(expect.objectContaining({ state: 'awaiting_approval', approvalId: drawn }));
  });

  it('once: what waits or is approved is not submitted again', () => {
    on([proposed(cool)], 'submitRefinement')
      .again()
      .thenNothing();
    on(approved, 'submitRefinement').thenNothing();
  });

  it('on other terms where they are not weaker', () => {
    const approvers = { roles: [], members: ['bob', 'cleo'] };
    const terms = { quorum: 2, approvers, deadlineSeconds: 60 };
    on([proposed(cool)], 'submitRefinement', terms).thenEvents(asked(terms));
    const facts = { ...around(), settings: { ...around().settings, refinementQuorum: 3 } };
    on([proposed(cool)], 'submitRefinement', { quorum: 2 }, { facts }).thenRejected(
      'quorum-too-low',
      '/quorum',
    );
    on([proposed(cool)], 'submitRefinement', {}, { facts }).thenEvents(asked({ quorum: 3 }));
  });

  it('not to nobody, to strangers and those who may not vote, or to so few that they can never agree', () => {
    const submit = (members: string[], more: object = {}, facts: object = {}) =>
      on(
        [proposed(cool)],
        'submitRefinement',
        { approvers: { roles: [], members }, ...more },
        { facts: { ...around(), ...facts } },
      );
    submit([]).thenRejected('invalid-input', '/approvers');
    const strangers = [{ pointer: '/approvers/members/1', detail: 'there is no member eve' }];
    submit(['bob', 'eve'], {}, { strangers }).thenRejected('approver-unknown', '/approvers/members/1');
    submit(['bob', 'bob'], { quorum: 2 }).thenRejected('approvers-too-few', '/approvers/members');
    submit(['ada']).thenRejected('approvers-too-few', '/approvers/members');
    const twoEyes = { settings: { ...around().settings, fourEyes: false } };
    expect(submit(['ada'], {}, twoEyes).events).toHaveLength(1);
  });

  it('of what is left of it', () => {
    const both = { ...cool, tags: ['a'] };
    on([proposed(both), resolved({ rejected: ['/tags'] }, coolHash)], 'submitRefinement').thenEvents(asked());
  });

  it('tells why it waits although nobody has to look at it', () => {
    const facts = around({ autonomy: { mode: 'auto', perClass: {} } });
    const history = [proposed(cool, { source: 'ai_suggested' })];
    on(history, 'submitRefinement', {}, { facts }).thenEvents(asked({ waitsBecause: 'gate-unavailable' }));
    on([proposed(cool)], 'submitRefinement', {}, { facts }).thenEvents(asked());
  });

  it('again after it was returned, or could not be applied', () => {
    expect(on([...waiting, returned], 'submitRefinement').events).toHaveLength(1);
    expect(on([...approved, applying(coolHash), failed], 'submitRefinement').events).toHaveLength(1);
  });

  it('against the newest version of a persona that is not archived', () => {
    const moved = around({ head: version(2, configWith({ tags: ['b'] })) });
    on([proposed(cool)], 'submitRefinement', {}, { facts: moved }).thenRejected('base-version-moved');
    on([proposed(cool)], 'submitRefinement', {}, { facts: around({ status: 'archived' }) }).thenRejected(
      'persona-archived',
    );
  });

  it('needs a refinement that is there for the caller, and open', () => {
    notThere('submitRefinement');
    on(applied2, 'submitRefinement').thenRejected('refinement-not-open');
  });

  it('looks up who is named', async () => {
    const { facts } = refinementModule.commands['submitRefinement']!;
    const members = { bob: { roles: ['approver'] }, vera: { roles: ['viewer'] } };
    const reader = factReader({
      streamId: refinementId,
      states: {
        [`refinement ${refinementId}`]: { status: 'proposed', personaId },
        [`persona ${personaId}`]: persona(),
        [`${tenant.name} acme`]: { status: 'active', members },
      },
    });
    const ask = (...named: string[]) =>
      facts!({ refinementId, approvers: { roles: [], members: named } } as never, reader);
    await expect(ask('bob')).resolves.toEqual({
      persona: persona(),
      settings: around().settings,
      strangers: [],
    });
    await expect(ask('bob', 'eve', 'vera')).resolves.toMatchObject({
      strangers: [
        { pointer: '/approvers/members/1', detail: 'there is no member eve' },
        { pointer: '/approvers/members/2', detail: 'vera may not vote' },
      ],
    });
  });
});

describe('withdrawRefinement', () => {
  it('takes it back, with the approval that waits', () => {
    on([proposed(cool)], 'withdrawRefinement', { reason: 'a mistake' })
      .thenEvents(withdrawn({ reason: sealed('a mistake') }))
      .again()
      .thenNothing();
    on(waiting, 'withdrawRefinement').thenEvents(withdrawn({ approvalId }));
    on(approved, 'withdrawRefinement').thenEvents(withdrawn());
  });

  it('is for who proposed it, who looks after the persona, admins and owners', () => {
    const editor = (actorId: string, owner = 'ada'): Around => ({
      roles: ['editor'],
      actorId,
      facts: around({ owner: { kind: 'user', id: owner } }),
    });
    const withdraw = (by: Around) => on([proposed(cool)], 'withdrawRefinement', {}, by);
    withdraw(editor('ada', 'somebody')).thenEvents(withdrawn());
    withdraw(editor('bob', 'bob')).thenEvents(withdrawn());
    withdraw({ ...editor('bob', 'somebody'), roles: ['admin'] }).thenEvents(withdrawn());
    withdraw(editor('bob', 'somebody')).thenRejected('refinement-not-yours');
  });

  it('needs a refinement that is there for the caller, and open', () => {
    notThere('withdrawRefinement');
    for (const history of [applied2, [...waiting, rejectedAs('rejected')]])
      on(history, 'withdrawRefinement').thenRejected('refinement-not-open');
  });
});

describe('supersedeRefinement', () => {
  it('ends what is open, with the approval that waits', () => {
    on([proposed(cool)], 'supersedeRefinement', { by: olderId })
      .thenEvents(supersededBy(olderId))
      .again()
      .thenNothing();
    on(waiting, 'supersedeRefinement', { by: olderId }).thenEvents(supersededBy(olderId, { approvalId }));
  });

  it('does nothing to what was decided meanwhile, or is not there', () => {
    for (const history of [[], applied2, [proposed(cool), withdrawn()]])
      on(history, 'supersedeRefinement', { by: olderId }).thenNothing();
  });
});

describe('approveRefinement', () => {
  const approve = (history: DomainEvent[], more: object = {}) =>
    on(history, 'approveRefinement', { approvalId, diffHash: coolHash, ...more });

  it('takes note, once', () => {
    approve(waiting).thenEvents(approvedWith(coolHash)).again().thenNothing();
  });

  it('returns what became another one while the last vote was counted', () => {
    approve(waiting, { diffHash: hashOf({ tags: ['a'] }) })
      .thenEvents(returned)
      .again()
      .thenNothing();
  });

  it('is deaf to another approval, and to what waits for none', () => {
    approve(waiting, { approvalId: olderId }).thenNothing();
    for (const history of [[], [proposed(cool)], [...waiting, withdrawn()], applied2])
      approve(history).thenNothing();
  });
});

describe('rejectRefinement', () => {
  const reject = (history: DomainEvent[], outcome = 'expired', id = approvalId) =>
    on(history, 'rejectRefinement', { approvalId: id, outcome });

  it('takes note of how its approval ended', () => {
    for (const outcome of ['rejected', 'expired', 'cancelled'])
      reject(waiting, outcome).thenEvents(rejectedAs(outcome)).again().thenNothing();
  });

  it('is deaf to another approval, and to what waits for none', () => {
    reject(waiting, 'expired', olderId).thenNothing();
    for (const history of [[], [proposed(cool)], [...waiting, withdrawn({ approvalId })], approved])
      reject(history).thenNothing();
  });
});
