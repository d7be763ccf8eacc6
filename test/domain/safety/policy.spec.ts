import { describe, expect, it } from 'vitest';
import { evolve, type AnyDecider, type DomainEvent, type EventMeta } from '../../../src/domain/kernel.js';
import { policy, type Policy } from '../../../src/domain/safety/policy.js';
import { policyChanges } from '../../../src/domain/safety/policy-changes.js';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { sealed } from '../../support/given.js';
import { personaId } from '../../support/persona-examples.js';
import { activated, drafted, noMail, noShell, reverted, suspended } from '../../support/policy-examples.js';

const meta = {} as EventMeta;
const after = (...events: DomainEvent[]): Policy =>
  events.reduce(
    (state, event) => evolve(policy as unknown as AnyDecider, state, event, meta),
    policy.initialState() as unknown,
  ) as Policy;
const revised = policy.event('PolicyRevised', {
  personaId,
  ...policyChanges(noShell, noMail),
  policyHash: policyHash(noMail),
});
const waiver = {
  rules: ['riskThreshold'],
  definitions: { riskThreshold: 'a'.repeat(64) },
  until: '2026-06-01T00:00:00.000Z',
  reason: sealed('a test'),
};

it('a persona’s policy stands under the persona’s id, the floor under the tenant’s', () => {
  const at = { tenantId: 'acme', newId: 'x', now: '' };
  expect(policy.locate({ personaId }, at)).toEqual({ id: personaId });
  expect(policy.locate({}, at)).toEqual({ id: 'acme' });
});

describe('the state', () => {
  it('begins without draft and version', () =>
    expect(after()).toEqual({
      draft: null,
      versions: [],
      enforced: null,
      watched: null,
      isSuspended: false,
      waiver: null,
    }));

  it('holds the draft as it was revised last', () => {
    expect(after(drafted()).draft).toEqual(noShell);
    expect(after(drafted(), revised).draft).toEqual(noMail);
  });

  it('has the newest enforced version in force, with every former one', () => {
    const state = after(drafted(), activated(1), revised, activated(2, noMail));
    expect(state.versions.map(({ versionNo }) => versionNo)).toEqual([1, 2]);
    expect(state.enforced).toEqual({
      versionNo: 2,
      mode: 'enforce',
      policy: noMail,
      policyHash: policyHash(noMail),
    });
  });

  /** What decides, what is watched, and whether all of it is suspended. */
  const inForce = (...events: DomainEvent[]) => {
    const { enforced, watched, isSuspended } = after(drafted(), ...events);
    const numbers = [enforced?.versionNo ?? null, watched?.versionNo ?? null];
    return isSuspended ? [...numbers, 'suspended'] : numbers;
  };
  const shadow = { mode: 'shadow' as const };

  it('has a version in shadow watched beside the enforced one, which stays in force', () => {
    expect(inForce()).toEqual([null, null]);
    expect(inForce(activated(1, noShell, shadow))).toEqual([null, 1]);
    expect(inForce(activated(1), activated(2, noMail, shadow))).toEqual([1, 2]);
    expect(inForce(activated(1), activated(2, noMail, shadow), activated(3, noShell, shadow))).toEqual([
      1, 3,
    ]);
  });

  it('has neither of both in force once another one is enforced', () =>
    expect(inForce(activated(1), activated(2, noMail, shadow), activated(3))).toEqual([3, null]));

  it('has a former version in force again, as a new one, in its mode', () => {
    const both = [activated(1), activated(2, noMail, shadow)];
    expect(inForce(...both, reverted(3, 1, noShell))).toEqual([3, null]);
    expect(inForce(...both, activated(3), reverted(4, 2, noMail, { ...shadow }))).toEqual([3, 4]);
    expect(after(drafted(), activated(1), activated(2, noMail), reverted(3, 1, noShell)).draft).toEqual(
      noShell,
    );
  });

  it('is suspended, with what was watched, until a version is enforced', () => {
    const both = [activated(1), activated(2, noMail, shadow), suspended()];
    expect(inForce(...both)).toEqual([null, null, 'suspended']);
    for (const event of [activated(3), reverted(3, 1, noShell)])
      expect(inForce(...both, event)).toEqual([3, null]);
  });

  it('stays suspended while a version is only watched: that changes no decision', () =>
    expect(inForce(activated(1), suspended(), activated(2, noMail, shadow))).toEqual([null, 2, 'suspended']));

  it('has one waiver at most', () => {
    const granted = policy.event('PolicyWaiverGranted', { personaId, ...waiver });
    const longer = { ...waiver, until: '2026-07-01T00:00:00.000Z' };
    const again = policy.event('PolicyWaiverGranted', { personaId, ...longer });
    expect(after(granted).waiver).toEqual(waiver);
    expect(after(granted, again).waiver).toEqual(longer);
    expect(after(granted, policy.event('PolicyWaiverRevoked', { personaId })).waiver).toBeNull();
  });
});
