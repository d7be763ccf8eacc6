import { describe, expect, it } from 'vitest';
import type { FieldError } from '../../../src/domain/kernel.js';
import { policy } from '../../../src/domain/safety/policy.js';
import { policyModule } from '../../../src/domain/safety/policy-commands.js';
import { policyChanges } from '../../../src/domain/safety/policy-changes.js';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { factReader } from '../../support/fact-reader.js';
import { given, sealed } from '../../support/given.js';
import { personaId } from '../../support/persona-examples.js';
import {
  activated,
  documentOf,
  drafted,
  floor,
  noMail,
  noShell,
  reverted,
  suspended,
} from '../../support/policy-examples.js';

const persona = { status: 'active' };
const inVain: FieldError[] = [];
const around = { facts: { persona, inVain }, roles: ['admin' as const] };
const archived = { ...around, facts: { persona: { status: 'archived' }, inVain } };
const hidden = { ...around, facts: { persona: null, inVain } };

const none = given(policyModule);
const draft = given(policyModule, drafted());
const active = given(policyModule, drafted(), activated(1));
const stopped = given(policyModule, drafted(), activated(1), suspended());
const revised = policy.event('PolicyRevised', {
  personaId,
  ...policyChanges(noShell, noMail),
  policyHash: policyHash(noMail),
});
const twoVersions = given(policyModule, drafted(), activated(1), revised, activated(2, noMail));
const shellInput = { blockedActions: ['tool:shell.*'] };
const mailInput = { blockedActions: ['tool:email.*'] };

describe('draftPolicy', () => {
  const put = (input: object, before = none, more: object = around) =>
    before.when('draftPolicy', { personaId, ...input }, more);

  it('begins with a seed policy, and what is to be different', () => {
    put(shellInput).thenEvents(drafted()).again().thenNothing();
    const [event] = put({ seed: 'strict' }).events;
    expect(event).toMatchObject({ type: 'PolicyDrafted', data: { seed: 'strict' } });
    expect(event?.data['policy']).toEqual(documentOf({ seed: 'strict' }));
  });

  it('takes the place of the former draft: what is not given is the seed policy’s again', () => {
    put(mailInput, draft).thenEvents(revised).again().thenNothing();
    const [event] = put({}, draft).events;
    expect(event?.data['changed']).toEqual({ blockedActions: documentOf({}).blockedActions });
  });

  it('names nothing but what is different', () => {
    const described = given(policyModule, drafted(documentOf({ description: 'for the shop' })));
    const [event] = put({}, described).events;
    expect(event?.data).toMatchObject({ changed: { description: documentOf({}).description }, removed: [] });
    expect(Object.keys(event?.data['changed'] as object)).toEqual(['description']);
  });

  it('refuses a policy that contradicts itself, with where', () => {
    put({ riskThreshold: 0.95, autoEscalationThreshold: 0.9 }).thenRejected(
      'policy-invalid',
      '/riskThreshold',
    );
    put({ allowedActions: ['tool:x'], blockedActions: ['tool:x'] }).thenRejected(
      'policy-invalid',
      '/blockedActions/0/pattern',
    );
  });

  it('refuses approvers who can never agree, with where they are named', () => {
    const kim = { pointer: '/approval/approvers/members/0', detail: 'kim is no member who may vote' };
    const unable = { ...around, facts: { persona, inVain: [kim] } };
    put({}, none, unable).thenRejected('policy-invalid', '/approval/approvers/members/0');
    const two = { pattern: 'tool:x', quorum: 2, approvers: { members: ['olga'] } };
    put({ requireApproval: [two] }).thenRejected('policy-invalid', '/requireApproval/0/approvers');
  });

  it('refuses what is no policy at all', () => {
    put({ riskThreshold: 1.1 }).thenRejected('invalid-input', '/riskThreshold');
    put({ outputFilters: [{ name: 'x', pattern: '(?=a)', action: 'block' }] }).thenRejected(
      'invalid-input',
      '/outputFilters/0/pattern',
    );
    put({ alowedActions: [] }).thenRejected('invalid-input', '/alowedActions');
  });

  it('is not for an archived persona, nor for one that is not there', () => {
    put(shellInput, none, archived).thenRejected('persona-archived');
    put(shellInput, none, hidden).thenRejected('persona-not-found', '/personaId');
  });
});

describe('activatePolicy', () => {
  const activate = (before = draft, input: object = {}, more: object = around) =>
    before.when('activatePolicy', { personaId, ...input }, more);

  it('puts the draft into force under the next number, once', () => {
    activate().thenEvents(activated(1)).again().thenNothing();
    activate(given(policyModule, drafted(), activated(1), revised)).thenEvents(activated(2, noMail));
  });

  it('keeps why', () => {
    const [event] = activate(draft, { reason: 'audit finding 12' }).events;
    expect(event?.data['reason']).toEqual(sealed('audit finding 12'));
  });

  it('may have it watched only, once; to enforce it then is another version', () => {
    const shadow = { mode: 'shadow' as const };
    activate(draft, shadow)
      .thenEvents(activated(1, noShell, shadow))
      .again()
      .thenNothing();
    activate(given(policyModule, drafted(), activated(1, noShell, shadow))).thenEvents(activated(2));
  });

  it('of what is enforced already ends what is watched beside it, once', () => {
    const watching = given(
      policyModule,
      drafted(),
      activated(1),
      revised,
      activated(2, noMail, { mode: 'shadow' }),
      policy.event('PolicyRevised', {
        personaId,
        ...policyChanges(noMail, noShell),
        policyHash: policyHash(noShell),
      }),
    );
    activate(watching).thenEvents(activated(3)).again().thenNothing();
  });

  it('ends a suspension, also with the same draft', () => void activate(stopped).thenEvents(activated(2)));

  it('refuses when nothing was drafted', () => void activate(none).thenRejected('policy-not-drafted'));

  it('refuses the 501st version', () => {
    const many = Array.from({ length: 500 }, (_, n) => activated(n + 1, n % 2 === 0 ? noMail : noShell));
    const full = given(policyModule, drafted(noMail), ...many);
    activate(full).thenRejected('too-many-policy-versions');
  });

  it('is not for an archived persona, nor for one that is not there', () => {
    activate(draft, {}, archived).thenRejected('persona-archived');
    activate(draft, {}, hidden).thenRejected('persona-not-found', '/personaId');
  });
});

describe('suspendPolicy', () => {
  const suspend = (before = active, more: object = around) =>
    before.when('suspendPolicy', { personaId }, more);

  it('suspends what is in force, once', () => void suspend().thenEvents(suspended()).again().thenNothing());

  it('suspends what is only watched, too', () => {
    const watched = activated(1, noShell, { mode: 'shadow' });
    suspend(given(policyModule, drafted(), watched))
      .thenEvents(suspended())
      .again()
      .thenNothing();
    const later = given(
      policyModule,
      drafted(),
      activated(1),
      suspended(),
      activated(2, noShell, { mode: 'shadow' }),
    );
    suspend(later).thenEvents(suspended()).again().thenNothing();
  });

  it('refuses where nothing is in force', () => {
    suspend(none).thenRejected('policy-not-active');
    suspend(draft).thenRejected('policy-not-active');
  });

  it('is possible for an archived persona: it allows nothing more', () => {
    suspend(active, archived).thenEvents(suspended());
    suspend(active, hidden).thenRejected('persona-not-found', '/personaId');
  });
});

describe('revertPolicy', () => {
  const revert = (toVersionNo: number, before = twoVersions, more: object = around) =>
    before.when('revertPolicy', { personaId, toVersionNo }, more);

  it('puts a former version into force as a new one, once', () =>
    void revert(1)
      .thenEvents(reverted(3, 1, noShell))
      .again()
      .thenNothing());

  it('changes nothing where that one is in force', () => void revert(2).thenNothing());

  it('ends a suspension', () => void revert(1, stopped).thenEvents(reverted(2, 1, noShell)));

  it('brings back how that version was in force', () => {
    const watched = given(policyModule, drafted(), activated(1, noShell, { mode: 'shadow' }), activated(2));
    revert(1, watched)
      .thenEvents(reverted(3, 1, noShell, { mode: 'shadow' }))
      .again()
      .thenNothing();
  });

  it('refuses a version that is not there', () => {
    revert(3).thenRejected('policy-version-not-found', '/toVersionNo');
    revert(1, draft).thenRejected('policy-version-not-found', '/toVersionNo');
  });

  it('is not for an archived persona, nor for one that is not there', () => {
    revert(1, twoVersions, archived).thenRejected('persona-archived');
    revert(1, twoVersions, hidden).thenRejected('persona-not-found', '/personaId');
  });
});

describe('the tenant’s floor', () => {
  const facts = { facts: { persona: null, inVain } };
  const floorDraft = drafted(noShell, floor);
  const inForce = activated(1, noShell, { whose: floor });

  it('has the same commands, and no persona', () => {
    none.when('draftTenantPolicy', shellInput, facts).thenEvents(floorDraft).again().thenNothing();
    given(policyModule, floorDraft).when('activateTenantPolicy', {}, facts).thenEvents(inForce);
    const standing = given(policyModule, floorDraft, inForce);
    standing.when('suspendTenantPolicy', {}, facts).thenEvents(suspended(floor));
    const second = given(policyModule, floorDraft, inForce, activated(2, noMail, { whose: floor }));
    second
      .when('revertTenantPolicy', { toVersionNo: 1 }, facts)
      .thenEvents(reverted(3, 1, noShell, { whose: floor }));
  });
});

describe('who may', () => {
  const operations = [
    ['draftPolicy', { personaId }],
    ['activatePolicy', { personaId }],
    ['suspendPolicy', { personaId }],
    ['revertPolicy', { personaId, toVersionNo: 1 }],
    ['draftTenantPolicy', {}],
    ['activateTenantPolicy', {}],
    ['suspendTenantPolicy', {}],
    ['revertTenantPolicy', { toVersionNo: 1 }],
  ] as const;

  it.each(operations)('%s is for admins and owners only', (operationId, input) => {
    for (const role of ['viewer', 'editor', 'approver', 'auditor', 'service'] as const)
      twoVersions.when(operationId, input, { ...around, roles: [role] }).thenRejected('forbidden');
    for (const role of ['admin', 'owner'] as const)
      expect(twoVersions.when(operationId, input, { ...around, roles: [role] }).events).toBeDefined();
  });
});

describe('what they look at', () => {
  const known = { status: 'draft', isPublic: true };
  const olga = { 'tenant acme': { status: 'active', members: { olga: { roles: ['approver'] } } } };
  const facts = (operationId: string, input: object, read = factReader()) =>
    policyModule.commands[operationId]!.facts!(input as never, read);

  it('is the persona, as far as the caller sees it', async () => {
    const read = factReader({ states: { [`persona ${personaId}`]: known } });
    expect(await facts('activatePolicy', { personaId }, read)).toEqual({ persona: known });
    expect(await facts('activatePolicy', { personaId })).toEqual({ persona: null });
  });

  it('is no persona for the floor', async () =>
    expect(await facts('activateTenantPolicy', {})).toEqual({ persona: null }));

  it('is for a draft whether those whom it names may vote', async () => {
    const read = factReader({ states: { [`persona ${personaId}`]: known, ...olga } });
    const approval = { approvers: { members: ['olga', 'ghost'] } };
    const inVain = [{ pointer: '/approval/approvers/members/1', detail: 'ghost is no member who may vote' }];
    expect(await facts('draftPolicy', { personaId, approval }, read)).toEqual({ persona: known, inVain });
    expect(await facts('draftTenantPolicy', { approval }, read)).toEqual({ persona: null, inVain });
  });
});
