import { describe, expect, it } from 'vitest';
import { namedApprovers, namedInVain } from '../../../src/domain/safety/named-approvers.js';
import { documentOf } from '../../support/policy-examples.js';
import { factReader } from '../../support/fact-reader.js';

const members = (...names: string[]) => ({ approvers: { members: names } });
const policy = documentOf({
  approval: members('olga', 'vera'),
  requireApproval: ['tool:x', { pattern: 'tool:y', ...members('ghost') }],
  hitlTriggers: [{ name: 'any', actionPattern: '*', ...members('olga', 'ghost') }],
  escalationPaths: [
    {
      name: 'other',
      triggers: ['high_risk'],
      to: { kind: 'persona', personaId: '01890000-0000-7000-8000-00000000000a' },
    },
    { name: 'people', triggers: ['high_risk'], to: { kind: 'human', members: ['app'] } },
  ],
});
const read = factReader({
  states: {
    'tenant acme': {
      status: 'active',
      members: {
        olga: { roles: ['approver'] },
        vera: { roles: ['viewer', 'editor'] },
        app: { roles: ['service'] },
      },
    },
  },
});

describe('the people whom a policy names', () => {
  it('are those of terms, triggers and paths to people, with where they are named', () =>
    expect(namedApprovers(policy).map(({ memberId, pointer }) => [memberId, pointer])).toEqual([
      ['olga', '/approval/approvers/members/0'],
      ['vera', '/approval/approvers/members/1'],
      ['ghost', '/requireApproval/1/approvers/members/0'],
      ['olga', '/hitlTriggers/0/approvers/members/0'],
      ['ghost', '/hitlTriggers/0/approvers/members/1'],
      ['app', '/escalationPaths/1/to/members/0'],
    ]));

  it('are named in vain where they are no members, or may not vote', async () =>
    expect((await namedInVain(policy, read)).map(({ pointer }) => pointer)).toEqual([
      '/approval/approvers/members/1',
      '/requireApproval/1/approvers/members/0',
      '/hitlTriggers/0/approvers/members/1',
      '/escalationPaths/1/to/members/0',
    ]));

  it('are not looked up where nobody is named', async () => {
    const nobody = factReader({ states: { 'tenant acme': null } });
    expect(await namedInVain(documentOf({}), nobody)).toEqual([]);
  });
});
