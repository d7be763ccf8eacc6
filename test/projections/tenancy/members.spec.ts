import { expect, it } from 'vitest';
import { members } from '../../../src/projections/tenancy/members.js';
import { sealed } from '../../support/given.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';
import { adaAdded, adaGone, adaIsAdmin, created } from '../../support/tenancy-examples.js';

const examples = [created, adaAdded, adaIsAdmin, adaGone];
const after = (count: number) =>
  projected(members, recorded({ category: 'tenant', streamId: 'acme' }, ...examples.slice(0, count)));

it('has an example of every event', () => expectExampleForEvery(members, examples));

it('begins with the first owner', () =>
  expect([...after(1)]).toEqual([
    ['olga', { memberId: 'olga', displayName: sealed('Olga'), roles: ['owner'], addedAt: instantAt(1) }],
  ]));

it('follows a member from coming to going', () => {
  expect(after(2).get('ada')).toMatchObject({ roles: ['editor'], addedAt: instantAt(2) });
  expect(after(3).get('ada')).toMatchObject({ roles: ['admin'], addedAt: instantAt(2) });
  expect([...after(4).keys()]).toEqual(['olga']);
});
