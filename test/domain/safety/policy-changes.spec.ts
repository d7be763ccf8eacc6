import fc from 'fast-check';
import { expect, it } from 'vitest';
import { changedPolicy, policyChanges } from '../../../src/domain/safety/policy-changes.js';
import { policyDocument, type PolicyDocument } from '../../../src/domain/safety/policy-document.js';
import { arbitraryOf } from '../../support/arbitrary.js';
import { documentOf, noMail, noShell } from '../../support/policy-examples.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('policy changes');
const somePolicy = arbitraryOf(policyDocument).map((value) => policyDocument.parse(value));

it('names the members that have another value, and no others', () => {
  expect(policyChanges(noShell, noMail)).toEqual({
    changed: { blockedActions: noMail.blockedActions },
    removed: [],
  });
  expect(policyChanges(noShell, { ...noShell })).toEqual({ changed: {}, removed: [] });
});

it('tells a description that is gone', () => {
  const described = documentOf({ description: 'for the back office' });
  const plain: PolicyDocument = { ...described };
  delete plain.description;
  expect(policyChanges(described, plain)).toEqual({ changed: {}, removed: ['description'] });
});

it('made again, gives the other document', () => {
  fc.assert(
    fc.property(somePolicy, somePolicy, (before, after) => {
      const change = policyChanges(before, after);
      const frozen = JSON.stringify(before);
      expect(changedPolicy(before, change)).toEqual(after);
      expect(JSON.stringify(before)).toBe(frozen);
    }),
    { seed, numRuns: 50 },
  );
});
