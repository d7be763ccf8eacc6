import { describe, expect, it } from 'vitest';
import { policy, type Policy } from '../../../src/domain/safety/policy.js';
import { policyModule } from '../../../src/domain/safety/policy-commands.js';
import { waiverCommands } from '../../../src/domain/safety/policy-waiver.js';
import type { PolicyDocument } from '../../../src/domain/safety/policy-document.js';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { definitionHash } from '../../../src/domain/safety/policy-rules.js';
import { factReader } from '../../support/fact-reader.js';
import { given, sealed } from '../../support/given.js';
import { personaId } from '../../support/persona-examples.js';
import { documentOf, noShell } from '../../support/policy-examples.js';

const rules = ['blockedActions/tool:shell.*', 'limits/maxActionsPerMinute'];
// The clock of the specs stands at 2026-01-02T03:04:05.678Z.
const until = '2026-02-01T00:00:00.000Z';
const asked = { personaId, rules, until, reason: 'a load test' };
const definitions = Object.fromEntries(rules.map((rule) => [rule, definitionHash(noShell, rule)!]));
const granted = policy.event('PolicyWaiverGranted', {
  personaId,
  rules,
  definitions,
  until,
  reason: sealed('a load test'),
});

const floorWith = (document: PolicyDocument = noShell, mode: 'enforce' | 'shadow' = 'enforce'): Policy => {
  const version = { versionNo: 1, mode, policy: document, policyHash: policyHash(document) };
  const [enforced, watched] = mode === 'enforce' ? [version, null] : [null, version];
  return { ...policy.initialState(), versions: [version], enforced, watched };
};
const facts = { persona: { status: 'active' }, floor: floorWith() };
const none = given(policyModule);
const waived = given(policyModule, granted);
const grant = (members: object = {}, before = none, more: object = {}) =>
  before.when('grantPolicyWaiver', { ...asked, ...members }, { facts, ...more });

describe('grantPolicyWaiver', () => {
  it('sets rules of the floor aside until an instant, once', () =>
    void grant().thenEvents(granted).again().thenNothing());

  it('takes the place of the former waiver', () => {
    const [event] = grant({ rules: ['riskThreshold'] }, waived).events;
    expect(event?.data['rules']).toEqual(['riskThreshold']);
  });

  it('keeps what the floor says of each rule; once that is something else, it can be granted again', () => {
    const slower = documentOf({
      blockedActions: ['tool:shell.*'],
      limits: { maxActionsPerMinute: 5 },
    });
    const [event] = grant({}, waived, { facts: { ...facts, floor: floorWith(slower) } }).events;
    expect(event?.data['definitions']).toEqual({
      ...definitions,
      'limits/maxActionsPerMinute': definitionHash(slower, 'limits/maxActionsPerMinute'),
    });
  });

  it('sets allowed actions aside as a whole only: without one of them less would be allowed', () => {
    const floor = floorWith(documentOf({ allowedActions: ['tool:search.*', 'tool:web.*'] }));
    const around = { facts: { ...facts, floor } };
    grant({ rules: ['allowedActions/tool:search.*'] }, none, around).thenRejected(
      'waiver-not-possible',
      '/rules/0',
    );
    expect(grant({ rules: ['allowedActions'] }, none, around).events).toHaveLength(1);
  });

  it('names each rule once', () => {
    const [event] = grant({ rules: [...rules, ...rules] }).events;
    expect(event?.data['rules']).toEqual(rules);
  });

  it.each([
    [
      'a rule that the floor does not have',
      { rules: ['limits/maxActionsPerMinute', 'blockedActions/x'] },
      '/rules/1',
    ],
    ['what has passed', { until: '2026-01-02T03:04:05.678Z' }, '/until'],
    ['more than a year', { until: '2027-02-01T00:00:00.000Z' }, '/until'],
  ])('refuses %s', (_, members, pointer) => void grant(members).thenRejected('waiver-not-possible', pointer));

  it.each([
    ['is not in force', policy.initialState()],
    ['is only watched', floorWith(noShell, 'shadow')],
    ['is suspended', { ...policy.initialState(), versions: floorWith().versions, isSuspended: true }],
  ])(
    'refuses every rule of a floor that %s',
    (_, one) =>
      void grant({}, none, { facts: { ...facts, floor: one } }).thenRejected(
        'waiver-not-possible',
        '/rules/0',
        '/rules/1',
      ),
  );

  it('refuses rules that count for nobody', () => {
    const watched = {
      ...noShell,
      blockedActions: [{ pattern: 'tool:shell.*', mode: 'shadow' as const }],
    };
    grant({}, none, { facts: { ...facts, floor: floorWith(watched) } }).thenRejected(
      'waiver-not-possible',
      '/rules/0',
    );
  });

  it('needs a reason and a rule', () => {
    grant({ reason: undefined }).thenRejected('invalid-input', '/reason');
    grant({ rules: [] }).thenRejected('invalid-input', '/rules');
  });

  it('is by an owner’s hand only, and for a living persona', () => {
    grant({}, none, { roles: ['admin'] }).thenRejected('forbidden');
    grant({}, none, { facts: { ...facts, persona: null } }).thenRejected('persona-not-found', '/personaId');
    grant({}, none, { facts: { ...facts, persona: { status: 'archived' } } }).thenRejected(
      'persona-archived',
    );
  });
});

describe('revokePolicyWaiver', () => {
  const revoke = (before = waived, more: object = {}) =>
    before.when('revokePolicyWaiver', { personaId }, { facts, ...more });

  it('ends it, once', () =>
    void revoke().thenEvents(policy.event('PolicyWaiverRevoked', { personaId })).again().thenNothing());

  it('is by an owner’s hand only', () => {
    revoke(waived, { roles: ['admin'] }).thenRejected('forbidden');
    revoke(waived, { facts: { persona: null } }).thenRejected('persona-not-found', '/personaId');
  });
});

it('they look at the persona and at the floor', async () => {
  const persona = { status: 'active', isPublic: true };
  const read = factReader({ states: { [`persona ${personaId}`]: persona, 'policy acme': floorWith() } });
  const looked = (name: keyof typeof waiverCommands) => waiverCommands[name].facts!(asked as never, read);
  expect(await looked('grantPolicyWaiver')).toEqual({ persona, floor: floorWith() });
  expect(await looked('revokePolicyWaiver')).toEqual({ persona });
});
