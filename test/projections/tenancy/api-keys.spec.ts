import { expect, it } from 'vitest';
import { apiKeys } from '../../../src/projections/tenancy/api-keys.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';
import { adaKey, adaKeyRevoked, adaKeyRotated, adaNewKey, created } from '../../support/tenancy-examples.js';

const examples = [created, adaKey, adaNewKey, adaKeyRotated];
const rows = (...events: typeof examples) =>
  projected(apiKeys, recorded({ category: 'tenant', streamId: 'acme' }, ...events));

it('has an example of every event', () => expectExampleForEvery(apiKeys, [...examples, adaKeyRevoked]));

it('lists keys with their members, never their digests', () => {
  const found = rows(created, adaKey);
  expect([...found.keys()]).toEqual(['acme.1', 'acme.2']);
  expect(found.get('acme.2')).toEqual({
    keyId: 'acme.2',
    memberId: 'ada',
    label: 'laptop',
    issuedAt: instantAt(2),
  });
});

it('says when a key ended, and by which it was replaced', () => {
  expect(rows(...examples).get('acme.2')).toMatchObject({ endedAt: instantAt(4), replacedBy: 'acme.3' });
  expect(rows(created, adaKey, adaKeyRevoked).get('acme.2')).toMatchObject({ endedAt: instantAt(3) });
});
