import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/domain/kernel.js';
import { policy } from '../../../src/domain/safety/policy.js';
import { policyChanges } from '../../../src/domain/safety/policy-changes.js';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { policies, type PolicyRow } from '../../../src/projections/safety/policies.js';
import { sealed } from '../../support/given.js';
import { personaId } from '../../support/persona-examples.js';
import {
  activated,
  drafted,
  floor,
  noMail,
  noShell,
  reverted,
  suspended,
} from '../../support/policy-examples.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

const waiver = {
  rules: ['riskThreshold'],
  definitions: { riskThreshold: 'a'.repeat(64) },
  until: '2026-06-01T00:00:00.000Z',
  reason: sealed('a test'),
};
const examples = [
  drafted(),
  activated(1),
  policy.event('PolicyRevised', {
    personaId,
    ...policyChanges(noShell, noMail),
    policyHash: policyHash(noMail),
  }),
  activated(2, noMail, { mode: 'shadow' }),
  suspended(),
  reverted(3, 1, noShell),
  policy.event('PolicyWaiverGranted', { personaId, ...waiver }),
  policy.event('PolicyWaiverRevoked', { personaId }),
];
const rowAfter = (events: DomainEvent[], streamId = personaId): PolicyRow =>
  projected<PolicyRow>(policies, recorded({ category: 'policy', streamId }, ...events)).get(streamId)!;
const after = (count: number): PolicyRow => rowAfter(examples.slice(0, count));
const version = (versionNo: number, document = noShell) => ({
  versionNo,
  mode: 'enforce',
  policy: document,
  policyHash: policyHash(document),
});

describe('the row of a policy', () => {
  it('has an example of every event', () => expectExampleForEvery(policies, examples));

  it('begins with the draft', () =>
    expect(after(1)).toEqual({
      personaId,
      draft: noShell,
      draftHash: policyHash(noShell),
      enforced: null,
      watched: null,
      isSuspended: false,
      updatedAt: instantAt(1),
      version: 1,
    }));

  it('has the version in force with its document, and the draft as it was revised', () => {
    expect(after(3)).toMatchObject({
      draft: noMail,
      draftHash: policyHash(noMail),
      enforced: { ...version(1), activatedAt: instantAt(2), activatedBy: 'ada' },
      watched: null,
    });
  });

  it('has a version in shadow beside the one that stays in force', () => {
    expect(after(4)).toMatchObject({
      enforced: version(1),
      watched: { ...version(2, noMail), mode: 'shadow' },
    });
    const replaced = rowAfter([...examples.slice(0, 4), activated(3)]);
    expect(replaced).toMatchObject({ enforced: version(3), watched: null });
  });

  it('is suspended, with what was watched, until a version is enforced', () => {
    expect(after(5)).toMatchObject({ isSuspended: true, enforced: null, watched: null });
    expect(after(6)).toMatchObject({ isSuspended: false, enforced: version(3) });
    const watched = rowAfter([...examples.slice(0, 5), reverted(3, 2, noMail, { mode: 'shadow' })]);
    expect(watched).toMatchObject({ isSuspended: true, enforced: null, watched: { versionNo: 3 } });
  });

  it('has a waiver, until that is revoked', () => {
    expect(after(7).waiver).toEqual({ ...waiver, grantedAt: instantAt(7), grantedBy: 'ada' });
    expect(after(8)).not.toHaveProperty('waiver');
    expect(after(8).version).toBe(8);
  });

  it('of a waiver alone has neither draft nor version', () =>
    expect(rowAfter([policy.event('PolicyWaiverGranted', { personaId, ...waiver })])).toMatchObject({
      draft: null,
      enforced: null,
    }));

  it('of the floor has no persona', () =>
    expect(rowAfter([drafted(noShell, floor)], 'acme')).not.toHaveProperty('personaId'));
});
