import { expect, it } from 'vitest';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { policyVersions } from '../../../src/projections/safety/policy-versions.js';
import { sealed } from '../../support/given.js';
import { personaId } from '../../support/persona-examples.js';
import { activated, noMail, noShell, reverted } from '../../support/policy-examples.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';

const [first, second, third] = [activated(1), activated(2, noMail), reverted(3, 1, noShell)];
const examples = [first, second, { ...third, data: { ...third.data, reason: sealed('too strict') } }];
const rows = projected(policyVersions, recorded({ category: 'policy', streamId: personaId }, ...examples));

it('has an example of every event', () => expectExampleForEvery(policyVersions, examples));

it('keeps each version with its document, in the order of their numbers', () => {
  expect([...rows.keys()]).toEqual([1, 2, 3].map((no) => `${personaId}/000000000${no}`));
  expect(rows.get(`${personaId}/0000000002`)).toEqual({
    policyId: personaId,
    versionNo: 2,
    mode: 'enforce',
    policy: noMail,
    policyHash: policyHash(noMail),
    activatedAt: instantAt(2),
    activatedBy: 'ada',
  });
});

it('tells which former version holds again, and why', () =>
  expect(rows.get(`${personaId}/0000000003`)).toMatchObject({
    versionNo: 3,
    revertedTo: 1,
    policy: noShell,
    reason: sealed('too strict'),
  }));
