import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tenant, tenantModule } from '../../../src/domain/tenancy/tenant.js';
import { arbitraryOf } from '../../support/arbitrary.js';
import { given, sealed } from '../../support/given.js';
import { seedFor } from '../../support/seed.js';
import {
  adaAdded,
  adaGone,
  adaIsAdmin,
  adaJoined,
  adaJoinedOther,
  adaKey,
  adaKeyRevoked,
  adaLeft,
  adaNewKey,
  created,
  olgaJoined,
  otherTeamCreated,
  teamCreated,
} from '../../support/tenancy-examples.js';

const seed = seedFor('the tenant that a command names');
const secret = 'd'.repeat(64);
const asAdmin = { roles: ['admin' as const] };
const home = { tenantId: 'default' };
const ownerAdded = tenant.event('MemberAdded', {
  memberId: 'otto',
  displayName: sealed('Otto'),
  roles: ['owner'],
});

describe('createTenant', () => {
  it('makes the first owner and the first key', () => {
    given(tenantModule)
      .when('createTenant', { name: 'Acme', ownerId: 'olga', ownerName: 'Olga' }, home)
      .thenEvents(
        tenant.event('TenantCreated', {
          name: 'Acme',
          owner: { memberId: 'olga', roles: ['owner'], displayName: sealed('Olga') },
          key: { keyId: 'default.key', label: 'first owner', digest: secret },
        }),
      )
      .thenReply({ keyId: 'default.key', key: null });
  });
  it.each([
    ['Acme Corp.', 'acme-corp'],
    ['  Ünïted  ', 'n-ted'],
  ])('%j has the id %s', (name, id) => {
    expect(tenant.locate({ name }, { tenantId: 'default', newId: 'x', now: '' })).toEqual({
      tenantId: id,
      id,
    });
  });
  it('takes the id that is given', () => {
    const at = { tenantId: 'default', newId: 'x', now: '' };
    expect(tenant.locate({ name: 'Acme', tenantId: 'a1' }, at)).toEqual({ tenantId: 'a1', id: 'a1' });
  });
  it('refuses a name without a letter or digit and no id', () =>
    void given(tenantModule)
      .when('createTenant', { name: '★' }, home)
      .thenRejected('invalid-input', '/tenantId'));
  it('refuses a second one of this id', () =>
    void given(tenantModule, created)
      .when('createTenant', { name: 'Acme' }, home)
      .thenRejected('tenant-exists'));
  it('is for the home tenant’s owners', () => {
    given(tenantModule).when('createTenant', { name: 'Acme' }).thenRejected('forbidden');
    given(tenantModule)
      .when('createTenant', { name: 'Acme' }, { ...home, ...asAdmin })
      .thenRejected('forbidden');
  });
});

it.each(Object.entries(tenantModule.commands).filter(([name]) => name !== 'createTenant'))(
  '%s stays in the tenant of who sends it',
  (_, { input }) =>
    fc.assert(
      fc.property(arbitraryOf(input), (value) => {
        const at = { tenantId: 'default', newId: 'x', now: '' };
        expect(tenant.locate(input.parse(value), at)).toEqual({ id: 'default' });
      }),
      { seed, numRuns: 20 },
    ),
);

describe('addMember', () => {
  const input = { memberId: 'ada', displayName: 'Ada', roles: ['editor'] };
  it('adds a member', () => void given(tenantModule, created).when('addMember', input).thenEvents(adaAdded));
  it('draws an id when none is given', () => {
    const { memberId: _, ...unnamed } = input;
    const [added] = given(tenantModule, created).when('addMember', unnamed).events;
    expect(added!.data['memberId']).toMatch(/^[0-9a-f-]{36}$/);
  });
  it('keeps roles in one order, each once', () => {
    const roles = ['owner', 'viewer', 'viewer'];
    const [added] = given(tenantModule, created).when('addMember', { ...input, roles }).events;
    expect(added!.data['roles']).toEqual(['viewer', 'owner']);
  });
  it('refuses an id in use', () =>
    void given(tenantModule, created, adaAdded).when('addMember', input).thenRejected('member-exists'));
  it('lets only an owner make an owner', () =>
    void given(tenantModule, created)
      .when('addMember', { ...input, roles: ['owner'] }, asAdmin)
      .thenRejected('owners-only'));
  it('refuses in a tenant that is not there', () =>
    void given(tenantModule).when('addMember', input).thenRejected('tenant-not-found'));
});

describe('changeMemberRoles', () => {
  const change = { memberId: 'ada', roles: ['admin'] };
  it('replaces the roles, once', () =>
    void given(tenantModule, created, adaAdded)
      .when('changeMemberRoles', change)
      .thenEvents(adaIsAdmin)
      .again()
      .thenNothing());
  it('refuses an unknown member', () =>
    void given(tenantModule, created).when('changeMemberRoles', change).thenRejected('member-not-found'));
  it('keeps one owner', () =>
    void given(tenantModule, created)
      .when('changeMemberRoles', { memberId: 'olga', roles: ['admin'] })
      .thenRejected('last-owner'));
  it('lets the last but one owner go', () =>
    void given(tenantModule, created, ownerAdded)
      .when('changeMemberRoles', { memberId: 'olga', roles: ['viewer'] })
      .thenEvents(tenant.event('MemberRolesChanged', { memberId: 'olga', roles: ['viewer'] })));
  it('keeps admins away from owners', () => {
    const history = [created, adaAdded];
    given(tenantModule, ...history)
      .when('changeMemberRoles', { memberId: 'olga', roles: ['viewer'] }, asAdmin)
      .thenRejected('owners-only');
    given(tenantModule, ...history)
      .when('changeMemberRoles', { memberId: 'ada', roles: ['owner'] }, asAdmin)
      .thenRejected('owners-only');
  });
  it('refuses in a tenant that is not there', () =>
    void given(tenantModule).when('changeMemberRoles', change).thenRejected('tenant-not-found'));
});

describe('removeMember', () => {
  const ada = { memberId: 'ada' };
  it('revokes the member’s live keys and removes the member', () =>
    void given(tenantModule, created, adaAdded, adaKey, adaNewKey, adaKeyRevoked)
      .when('removeMember', ada)
      .thenEvents(
        tenant.event('ApiKeyRevoked', { keyId: 'acme.3', memberId: 'ada' }),
        tenant.event('MemberRemoved', ada),
      )
      .again()
      .thenRejected('member-not-found'));
  it('takes the member out of every team first: added again, it is in none', () => {
    const back = [created, adaAdded, teamCreated, otherTeamCreated, adaJoined, adaJoinedOther];
    given(tenantModule, ...back)
      .when('removeMember', ada)
      .thenEvents(tenant.event('TeamMemberRemoved', { teamId: 'blue', memberId: 'ada' }), adaLeft, adaGone);
    given(tenantModule, created, adaAdded, teamCreated, adaJoined, adaLeft, adaGone, adaAdded)
      .when('addTeamMember', { teamId: 'red', memberId: 'ada' })
      .thenEvents(adaJoined);
  });
  it('keeps one owner', () =>
    void given(tenantModule, created, adaAdded)
      .when('removeMember', { memberId: 'olga' })
      .thenRejected('last-owner'));
  it('keeps admins away from owners', () =>
    void given(tenantModule, created, ownerAdded)
      .when('removeMember', { memberId: 'otto' }, asAdmin)
      .thenRejected('owners-only'));
  it('refuses in a tenant that is not there', () =>
    void given(tenantModule).when('removeMember', ada).thenRejected('tenant-not-found'));
});

describe('issueApiKey', () => {
  const input = { memberId: 'ada', label: 'laptop' };
  it('stores the digest and shows the key once', () => {
    const issued = given(tenantModule, created, adaAdded).when('issueApiKey', input);
    issued.thenEvents(
      tenant.event('ApiKeyIssued', { keyId: 'acme.key', memberId: 'ada', label: 'laptop', digest: secret }),
    );
    issued.thenReply({ keyId: 'acme.key', key: null });
  });
  it('refuses an unknown member', () =>
    void given(tenantModule, created).when('issueApiKey', input).thenRejected('member-not-found'));
  it('keeps admins from keys of owners', () =>
    void given(tenantModule, created)
      .when('issueApiKey', { memberId: 'olga', label: 'x' }, asAdmin)
      .thenRejected('owners-only'));
  it('refuses in a tenant that is not there', () =>
    void given(tenantModule).when('issueApiKey', input).thenRejected('tenant-not-found'));
});

describe('rotateApiKey', () => {
  const input = { keyId: 'acme.2' };
  it('issues a new key and ends the old one', () =>
    void given(tenantModule, created, adaAdded, adaKey)
      .when('rotateApiKey', input)
      .thenEvents(
        tenant.event('ApiKeyIssued', { keyId: 'acme.key', memberId: 'ada', label: 'laptop', digest: secret }),
        tenant.event('ApiKeyRotated', { keyId: 'acme.2', memberId: 'ada', replacedBy: 'acme.key' }),
      )
      .again()
      .thenRejected('api-key-revoked'));
  it('refuses an unknown key', () =>
    void given(tenantModule, created).when('rotateApiKey', input).thenRejected('api-key-not-found'));
  it('keeps admins from keys of owners', () =>
    void given(tenantModule, created)
      .when('rotateApiKey', { keyId: 'acme.1' }, asAdmin)
      .thenRejected('owners-only'));
  it('refuses in a tenant that is not there', () =>
    void given(tenantModule).when('rotateApiKey', input).thenRejected('tenant-not-found'));
});

it.each(['toString', 'constructor', '__proto__', 'valueOf'])('%s is a name like any other', (name) => {
  const history = [created];
  given(tenantModule, ...history)
    .when('addMember', { memberId: name, displayName: 'X', roles: ['viewer'] })
    .thenEvents(tenant.event('MemberAdded', { memberId: name, displayName: sealed('X'), roles: ['viewer'] }));
  given(tenantModule, ...history)
    .when('removeMember', { memberId: name })
    .thenRejected('member-not-found');
  given(tenantModule, ...history)
    .when('changeMemberRoles', { memberId: name, roles: ['viewer'] })
    .thenRejected('member-not-found');
  given(tenantModule, ...history)
    .when('issueApiKey', { memberId: name, label: 'x' })
    .thenRejected('member-not-found');
  given(tenantModule, ...history)
    .when('createTeam', { name: 'X', members: [name] })
    .thenRejected('member-not-found');
  given(tenantModule, ...history)
    .when('addTeamMember', { teamId: name, memberId: 'olga' })
    .thenRejected('team-not-found');
  const joined = tenant.event('TeamMemberAdded', { teamId: name, memberId: name });
  given(
    tenantModule,
    ...history,
    tenant.event('MemberAdded', { memberId: name, displayName: sealed('X'), roles: ['viewer'] }),
    tenant.event('TeamCreated', { teamId: name, name: 'X' }),
    joined,
  )
    .when('removeMember', { memberId: name })
    .thenEvents(
      tenant.event('TeamMemberRemoved', { teamId: name, memberId: name }),
      tenant.event('MemberRemoved', { memberId: name }),
    );
  if (name === '__proto__') return;
  given(tenantModule, ...history)
    .when('revokeApiKey', { keyId: name })
    .thenRejected('api-key-not-found');
  given(tenantModule, ...history)
    .when('rotateApiKey', { keyId: name })
    .thenRejected('api-key-not-found');
});

it.each(['a\u202eb', 'a\nb', ' '])('%j is no name of a person, a key, a team or a tenant', (name) => {
  given(tenantModule, created)
    .when('addMember', { displayName: name, roles: ['viewer'] })
    .thenRejected('invalid-input', '/displayName');
  given(tenantModule, created, adaAdded)
    .when('issueApiKey', { memberId: 'ada', label: name })
    .thenRejected('invalid-input', '/label');
  given(tenantModule, created).when('createTeam', { name }).thenRejected('invalid-input', '/name');
  given(tenantModule)
    .when('createTenant', { name, tenantId: 'a' }, home)
    .thenRejected('invalid-input', '/name');
});

describe('revokeApiKey', () => {
  const input = { keyId: 'acme.2' };
  it('revokes, once', () =>
    void given(tenantModule, created, adaAdded, adaKey)
      .when('revokeApiKey', input)
      .thenEvents(adaKeyRevoked)
      .again()
      .thenNothing());
  it('refuses an unknown key', () =>
    void given(tenantModule, created).when('revokeApiKey', input).thenRejected('api-key-not-found'));
  it('keeps admins from keys of owners', () =>
    void given(tenantModule, created)
      .when('revokeApiKey', { keyId: 'acme.1' }, asAdmin)
      .thenRejected('owners-only'));
  it('refuses the key that asks', () =>
    void given(tenantModule, created)
      .when('revokeApiKey', { keyId: 'acme.1' }, { credential: 'acme.1' })
      .thenRejected('own-api-key'));
  it('refuses in a tenant that is not there', () =>
    void given(tenantModule).when('revokeApiKey', input).thenRejected('tenant-not-found'));
});

describe('createTeam', () => {
  const input = { teamId: 'red', name: 'Red team' };
  it('makes a team that nobody is in, and answers its id', () =>
    void given(tenantModule, created)
      .when('createTeam', input)
      .thenEvents(teamCreated)
      .thenReply({ teamId: 'red' }));
  it('draws an id when none is given', () => {
    const [team] = given(tenantModule, created).when('createTeam', { name: 'Red team' }).events;
    expect(team!.data['teamId']).toMatch(/^[0-9a-f-]{36}$/);
  });
  it('adds its first members, each once', () =>
    void given(tenantModule, created, adaAdded)
      .when('createTeam', { ...input, members: ['ada', 'olga', 'ada'] })
      .thenEvents(teamCreated, adaJoined, olgaJoined));
  it('refuses members that are not there, and says which', () =>
    void given(tenantModule, created)
      .when('createTeam', { ...input, members: ['ada', 'olga', 'bob'] })
      .thenRejected('member-not-found', '/members/0', '/members/2'));
  it('refuses more than 200 members at once', () =>
    void given(tenantModule, created)
      .when('createTeam', { ...input, members: Array.from({ length: 201 }, () => 'olga') })
      .thenRejected('invalid-input', '/members'));
  it('refuses an id in use', () =>
    void given(tenantModule, created).when('createTeam', input).again().thenRejected('team-exists'));
  it('claims the id, so that other areas can ask for it', () => {
    expect(tenantModule.decider.claims['TeamCreated']!(teamCreated.data as never)).toEqual([
      { op: 'take', kind: 'team', key: 'red' },
    ]);
    expect(tenant.claimRejections).toEqual({ team: 'team-exists' });
  });
  it('is for those who manage', () => {
    given(tenantModule, created).when('createTeam', input, asAdmin).thenEvents(teamCreated);
    given(tenantModule, created)
      .when('createTeam', input, { roles: ['editor'] })
      .thenRejected('forbidden');
  });
  it('refuses in a tenant that is not there', () =>
    void given(tenantModule).when('createTeam', input).thenRejected('tenant-not-found'));
});

describe('addTeamMember', () => {
  const input = { teamId: 'red', memberId: 'ada' };
  it('adds a member, once', () =>
    void given(tenantModule, created, adaAdded, teamCreated)
      .when('addTeamMember', input)
      .thenEvents(adaJoined)
      .again()
      .thenNothing());
  it('refuses an unknown team', () =>
    void given(tenantModule, created, adaAdded).when('addTeamMember', input).thenRejected('team-not-found'));
  it('refuses an unknown member', () =>
    void given(tenantModule, created, teamCreated)
      .when('addTeamMember', input)
      .thenRejected('member-not-found'));
  it('refuses in a tenant that is not there', () =>
    void given(tenantModule).when('addTeamMember', input).thenRejected('tenant-not-found'));
});

describe('removeTeamMember', () => {
  const input = { teamId: 'red', memberId: 'ada' };
  it('removes a member, once', () =>
    void given(tenantModule, created, adaAdded, teamCreated, olgaJoined, adaJoined)
      .when('removeTeamMember', input)
      .thenEvents(adaLeft)
      .again()
      .thenNothing());
  it('changes nothing for whoever is in no team, or in no tenant', () => {
    given(tenantModule, created, adaAdded, teamCreated).when('removeTeamMember', input).thenNothing();
    given(tenantModule, created, teamCreated).when('removeTeamMember', input).thenNothing();
  });
  it('refuses an unknown team', () =>
    void given(tenantModule, created, adaAdded)
      .when('removeTeamMember', input)
      .thenRejected('team-not-found'));
  it('refuses in a tenant that is not there', () =>
    void given(tenantModule).when('removeTeamMember', input).thenRejected('tenant-not-found'));
});
