import { describe, expect, it } from 'vitest';
import {
  sightOf,
  strangersAmong,
  subjectHashOf,
  votingFacts,
} from '../../../src/domain/safety/approval-facts.js';
import { actionHash, approvalId, personaId } from '../../support/approval-examples.js';
import { factReader } from '../../support/fact-reader.js';

const state = {
  status: 'requested',
  kind: 'action',
  personaId,
  requesterId: 'app',
  excluded: ['app'],
  approvers: { roles: ['approver'], members: [] },
  votes: {},
  delegations: { bob: { to: 'sam', until: null, roles: ['approver'] } },
};
const shared = { owner: { kind: 'user', id: 'olga' }, allowedUsers: [], allowedRoles: [], allowedTeams: [] };
const member = (roles: string[]) => ({ roles });
const reader = (over: object = {}, caller: object = { id: 'zoe', roles: ['editor'] }, isPublic = true) =>
  factReader({
    caller,
    states: {
      [`approval ${approvalId}`]: { ...state, ...over },
      [`persona ${personaId}`]: { status: 'active', ...shared, isPublic },
      'tenant acme': {
        status: 'active',
        members: {
          bob: member(['approver']),
          sam: member(['admin']),
          vic: member(['viewer', 'editor']),
          app: member(['service']),
        },
      },
      'refinement r-1': { status: 'awaiting_approval', diffHash: actionHash },
    },
  });

describe('who sees the persona that it is about', () => {
  it('may know of it', async () =>
    expect(await sightOf(approvalId, reader())).toEqual({ seesPersona: true }));
  it('otherwise may not', async () => {
    expect(await sightOf(approvalId, reader({}, undefined, false))).toEqual({ seesPersona: false });
    expect(await sightOf(approvalId, reader({ personaId: undefined }))).toEqual({ seesPersona: false });
    expect(await sightOf('nothing', reader())).toEqual({ seesPersona: false });
  });
  it('is not asked of whom it concerns anyway', async () =>
    expect(await sightOf(approvalId, reader({}, { id: 'bob', roles: ['approver'] }))).toEqual({
      seesPersona: false,
    }));
});

describe('a vote', () => {
  it('looks up the roles that delegators hold now', async () => {
    const sam = { id: 'sam', roles: ['editor'] };
    expect(await votingFacts(approvalId, reader({}, sam))).toMatchObject({
      delegators: { bob: ['approver'] },
    });
    const gone = { zed: { to: 'sam', until: null, roles: ['approver'] } };
    expect(await votingFacts(approvalId, reader({ delegations: gone }, sam))).toMatchObject({
      delegators: { zed: null },
    });
    expect(await votingFacts('nothing', reader())).toEqual({ seesPersona: false, delegators: {} });
  });

  it('looks up the difference of a refinement, and nothing for anything else', async () => {
    const refinement = (ref: string) => reader({ kind: 'refinement', ref });
    expect(await subjectHashOf(approvalId, refinement('r-1'))).toBe(actionHash);
    expect(await subjectHashOf(approvalId, refinement('r-2'))).toBeNull();
    expect(await subjectHashOf(approvalId, reader())).toBeUndefined();
    expect(await subjectHashOf('nothing', reader())).toBeUndefined();
  });
});

it('tells who is no member, and which members may not vote', async () =>
  expect(await strangersAmong(['bob', 'zoe', 'sam', 'vic', 'app'], reader())).toEqual([
    { id: 'zoe', detail: 'there is no member zoe' },
    { id: 'vic', detail: 'vic may not vote' },
    { id: 'app', detail: 'app may not vote' },
  ]));
