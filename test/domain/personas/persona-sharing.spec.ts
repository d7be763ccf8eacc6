import { describe, expect, it } from 'vitest';
import type { Owner } from '../../../src/domain/personas/events.js';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import { factReader } from '../../support/fact-reader.js';
import { given, type Surroundings } from '../../support/given.js';
import {
  archived,
  personaId,
  registered,
  registeredWith,
  sharedWith,
  transferred,
  unsharedFrom,
  visibilityChanged,
} from '../../support/persona-examples.js';

type Around = Partial<Surroundings>;
const adas = given(personaModule, registered);
const reds = given(personaModule, registeredWith({ owner: { kind: 'team', id: 'red' } }));
const invited = given(personaModule, registered, visibilityChanged({ allowedUsers: ['bob'] }));
const unknown = given(personaModule);
const ada: Around = { roles: ['editor'], actorId: 'ada' };
const bob: Around = { roles: ['editor'], actorId: 'bob' };
const there: Around = { facts: { teamExists: true, isKnown: true } };
const facts = (operationId: string, input: object, reader = factReader()) =>
  personaModule.commands[operationId]!.facts!(input as never, reader);

describe('setPersonaVisibility', () => {
  const set = (persona: typeof adas, visibility: object, around: Around = {}) =>
    persona.when('setPersonaVisibility', { personaId, isPublic: false, ...visibility }, around);

  it('says who sees a persona, in place of what was said before', () => {
    set(adas, { isPublic: true })
      .thenEvents(visibilityChanged({ isPublic: true }))
      .again()
      .thenNothing();
    set(invited, { allowedRoles: ['approver'] })
      .thenEvents(visibilityChanged({ allowedRoles: ['approver'] }))
      .again()
      .thenNothing();
  });

  it('leaves the teams that it is shared with alone', () => {
    const shared = given(personaModule, registered, sharedWith('red'));
    set(shared, {}).thenNothing();
    shared.when('unsharePersona', { personaId, teamId: 'red' }).thenEvents(unsharedFrom('red'));
  });

  it('the same people in another order, or twice, change nothing', () => {
    const two = given(personaModule, registered, visibilityChanged({ allowedUsers: ['bob', 'cleo'] }));
    set(two, { allowedUsers: ['cleo', 'bob', 'cleo'] }).thenNothing();
    set(adas, { allowedUsers: ['bob', 'bob'] }).thenEvents(visibilityChanged({ allowedUsers: ['bob'] }));
  });

  it('needs to be told whether it is public: nothing is made private by leaving that out', () => {
    adas
      .when('setPersonaVisibility', { personaId, allowedUsers: [] })
      .thenRejected('invalid-input', '/isPublic');
  });

  it('is possible while it is archived', () => {
    set(given(personaModule, registered, archived()), { isPublic: true }).thenEvents(
      visibilityChanged({ isPublic: true }),
    );
  });
});

describe('sharePersona', () => {
  const share = (persona: typeof adas, input: object, around: Around = {}) =>
    persona.when('sharePersona', { personaId, ...input }, { ...there, ...around });

  it('with a team, which keeps it until it is unshared', () => {
    share(adas, { teamId: 'red' }).thenEvents(sharedWith('red')).again().thenNothing();
  });

  it('with a member or a role, beside those it is shared with already', () => {
    share(invited, { memberId: 'cleo' })
      .thenEvents(visibilityChanged({ allowedUsers: ['bob', 'cleo'] }))
      .again()
      .thenNothing();
    share(invited, { role: 'approver' })
      .thenEvents(visibilityChanged({ allowedUsers: ['bob'], allowedRoles: ['approver'] }))
      .again()
      .thenNothing();
  });

  it('says nothing of whether it is public', () => {
    const open = given(personaModule, registeredWith({ isPublic: true }));
    share(open, { memberId: 'bob' }).thenEvents(visibilityChanged({ isPublic: true, allowedUsers: ['bob'] }));
  });

  it('refuses a team that is not there', () => {
    const alone = { facts: { teamExists: false } };
    share(adas, { teamId: 'green' }, alone).thenRejected('team-not-found', '/teamId');
  });

  it('asks for the team’s claim, and for nothing where there is no team', async () => {
    const reader = factReader({ claims: { 'team red': 'acme' } });
    await expect(facts('sharePersona', { teamId: 'red' }, reader)).resolves.toEqual({ teamExists: true });
    await expect(facts('sharePersona', { teamId: 'blue' }, reader)).resolves.toEqual({ teamExists: false });
    await expect(facts('sharePersona', { memberId: 'ada' })).resolves.toEqual({ teamExists: true });
  });
});

describe('unsharePersona', () => {
  const unshare = (persona: typeof adas, input: object) =>
    persona.when('unsharePersona', { personaId, ...input });

  it('from a team, a member or a role', () => {
    const shared = given(
      personaModule,
      registered,
      sharedWith('red'),
      visibilityChanged({ allowedUsers: ['bob', 'cleo'], allowedRoles: ['approver'] }),
    );
    unshare(shared, { teamId: 'red' }).thenEvents(unsharedFrom('red')).again().thenNothing();
    unshare(shared, { memberId: 'bob' })
      .thenEvents(visibilityChanged({ allowedUsers: ['cleo'], allowedRoles: ['approver'] }))
      .again()
      .thenNothing();
    unshare(shared, { role: 'approver' })
      .thenEvents(visibilityChanged({ allowedUsers: ['bob', 'cleo'] }))
      .again()
      .thenNothing();
  });

  it('from whom it was never shared with changes nothing', () => {
    for (const input of [{ teamId: 'red' }, { memberId: 'bob' }, { role: 'approver' }])
      unshare(adas, input).thenNothing();
  });
});

describe.each(['sharePersona', 'unsharePersona'])('%s', (operationId) => {
  it.each([[{}], [{ teamId: 'red', memberId: 'bob' }], [{ role: 'editor', teamId: 'red' }]])(
    'takes exactly one of a team, a member and a role, not %j',
    (input) => {
      adas.when(operationId, { personaId, ...input }, there).thenRejected('invalid-input', '');
    },
  );
});

describe('setPersonaOwner', () => {
  const give = (persona: typeof adas, to: Owner, around: Around = {}, reason?: string) =>
    persona.when(
      'setPersonaOwner',
      { personaId, ...to, ...(reason !== undefined && { reason }) },
      { ...there, ...around },
    );
  const owner = { kind: 'user', id: 'ada' } as const;

  it.each<Owner>([
    { kind: 'user', id: 'bob' },
    { kind: 'team', id: 'red' },
    { kind: 'tenant', id: 'acme' },
  ])('gives it to %j', (to) => {
    give(adas, to).thenEvents(transferred(owner, to)).again().thenNothing();
    give(adas, to, {}, 'she leaves').thenEvents(transferred(owner, to, 'she leaves'));
  });

  it('is for owners of the tenant: neither who looks after it nor an admin gives it away', () => {
    give(adas, { kind: 'user', id: 'bob' }, ada).thenRejected('forbidden');
    give(adas, { kind: 'user', id: 'bob' }, { roles: ['admin'] }).thenRejected('forbidden');
    unknown
      .when('setPersonaOwner', { personaId, kind: 'user', id: 'bob' }, there)
      .thenRejected('persona-not-found', '/personaId');
  });

  it('a team of the same id is another owner', () => {
    const to = { kind: 'team', id: 'ada' } as const;
    give(adas, to).thenEvents(transferred(owner, to));
  });

  it('refuses a team or a tenant that is not there', () => {
    const nobody = { facts: { isKnown: false } };
    give(adas, { kind: 'team', id: 'green' }, nobody).thenRejected('owner-unknown', '/id');
  });

  it('knows teams by their claim, and of tenants its own alone', async () => {
    const reader = factReader({ claims: { 'team red': 'acme' } });
    const isKnown = (kind: string, id: string) => facts('setPersonaOwner', { kind, id }, reader);
    await expect(isKnown('team', 'red')).resolves.toEqual({ isKnown: true });
    await expect(isKnown('team', 'blue')).resolves.toEqual({ isKnown: false });
    await expect(isKnown('tenant', 'acme')).resolves.toEqual({ isKnown: true });
    await expect(isKnown('tenant', 'other')).resolves.toEqual({ isKnown: false });
    await expect(isKnown('user', 'anybody')).resolves.toEqual({ isKnown: true });
  });
});

describe('who may share', () => {
  const inputs: [operationId: string, input: Record<string, unknown>][] = [
    ['setPersonaVisibility', { personaId, isPublic: true }],
    ['sharePersona', { personaId, memberId: 'cleo' }],
    ['unsharePersona', { personaId, memberId: 'bob' }],
  ];

  it.each(inputs)('%s: its owner, a member of the team that owns it, an admin', (operationId, input) => {
    const happens = (persona: typeof adas, around: Around): void => {
      expect(persona.when(operationId, input, { ...there, ...around }).events).toBeInstanceOf(Array);
    };
    happens(adas, ada);
    happens(reds, { ...bob, teams: ['red'] });
    happens(adas, { ...bob, roles: ['admin'] });
  });

  it.each(inputs)('%s: not whom it is shared with', (operationId, input) => {
    invited.when(operationId, input, { ...there, ...bob }).thenRejected('persona-owners-only');
    const shared = given(personaModule, registered, sharedWith('red'));
    const cleo: Around = { ...bob, actorId: 'cleo', teams: ['red'] };
    shared.when(operationId, input, { ...there, ...cleo }).thenRejected('persona-owners-only');
  });

  it.each(inputs)('%s: nobody finds what is hidden, or not there', (operationId, input) => {
    adas.when(operationId, input, { ...there, ...bob }).thenRejected('persona-not-found', '/personaId');
    reds.when(operationId, input, { ...there, ...ada }).thenRejected('persona-not-found', '/personaId');
    unknown.when(operationId, input, there).thenRejected('persona-not-found', '/personaId');
  });

  it.each(inputs)('%s: auditors and viewers look on', (operationId, input) => {
    for (const roles of [['auditor' as const], ['viewer' as const]])
      adas.when(operationId, input, { ...there, roles, actorId: 'otto' }).thenRejected('forbidden');
  });
});
