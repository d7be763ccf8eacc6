import { expect, it } from 'vitest';
import { teams } from '../../../src/projections/tenancy/teams.js';
import { expectExampleForEvery, instantAt, projected, recorded } from '../../support/projected.js';
import {
  adaJoined,
  adaLeft,
  olgaJoined,
  otherTeamCreated,
  teamCreated,
} from '../../support/tenancy-examples.js';

const examples = [teamCreated, otherTeamCreated, adaJoined, olgaJoined, adaLeft];
const after = (count: number) =>
  projected(teams, recorded({ category: 'tenant', streamId: 'acme' }, ...examples.slice(0, count)));

it('has an example of every event', () => expectExampleForEvery(teams, examples));

it('begins without members', () =>
  expect([...after(1)]).toEqual([
    ['red', { teamId: 'red', name: 'Red team', members: [], createdAt: instantAt(1) }],
  ]));

it('follows its members, in the order in which they joined', () => {
  expect(after(4).get('red')).toMatchObject({ members: ['ada', 'olga'] });
  expect(after(5).get('red')).toMatchObject({ members: ['olga'], createdAt: instantAt(1) });
  expect(after(5).get('blue')).toMatchObject({ members: [] });
});
