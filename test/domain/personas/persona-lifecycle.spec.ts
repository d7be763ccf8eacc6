import { describe, expect, it } from 'vitest';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import { given, sealed } from '../../support/given.js';
import {
  activated,
  archived,
  deactivated,
  personaId,
  published,
  registered,
  registeredWith,
  restored,
  visibilityChanged,
} from '../../support/persona-examples.js';

const draft = given(personaModule, registered);
const unknown = given(personaModule);
const ready = given(personaModule, registered, published(1));
const active = given(personaModule, registered, published(1), activated());
const gone = given(personaModule, registered, published(1), activated(), archived());
const bob = { roles: ['editor' as const], actorId: 'bob' };
const auditor = { roles: ['auditor' as const], actorId: 'otto' };

describe('activatePersona', () => {
  const input = { personaId, reason: 'it is ready' };
  const decidable = { facts: { isPolicyResolvable: true } };
  const activate = (persona: typeof ready, members: object = input, around: object = decidable) =>
    persona.when('activatePersona', { ...members }, around);

  it('activates what has a version', () => {
    activate(ready).thenEvents(activated('it is ready')).again().thenNothing();
    const inactive = given(personaModule, registered, published(1), activated(), deactivated());
    activate(inactive, { personaId }).thenEvents(activated());
  });

  it('refuses what has none, what is archived, what is not there', () => {
    activate(draft).thenRejected('persona-unpublished');
    activate(gone).thenRejected('persona-archived');
    activate(unknown).thenRejected('persona-not-found');
  });

  it('refuses a persona that could do nothing: a policy that decides on it is suspended', () => {
    const suspended = { facts: { isPolicyResolvable: false } };
    activate(ready, input, suspended).thenRejected('policy-unresolvable');
    activate(active, input, suspended).thenNothing();
    activate(ready, input, { ...suspended, ...bob }).thenRejected('persona-not-found');
  });
});

describe('deactivatePersona', () => {
  const input = { personaId };

  it('deactivates what is active', () => {
    active.when('deactivatePersona', input).thenEvents(deactivated()).again().thenNothing();
  });

  it('refuses a draft, what is archived, what is not there', () => {
    draft.when('deactivatePersona', input).thenRejected('persona-not-active');
    gone.when('deactivatePersona', input).thenRejected('persona-archived');
    unknown.when('deactivatePersona', input).thenRejected('persona-not-found');
  });
});

describe('archivePersona', () => {
  const input = { personaId, reason: 'no longer wanted' };

  it.each([
    ['a draft', draft],
    ['an active persona', active],
  ])('archives %s', (_, persona) => {
    persona.when('archivePersona', input).thenEvents(archived('no longer wanted')).again().thenNothing();
  });

  it('is for its owner, the members of a team that owns it, admins and owners', () => {
    draft.when('archivePersona', { personaId }, { ...bob, actorId: 'ada' }).thenEvents(archived());
    draft.when('archivePersona', { personaId }, { roles: ['admin'], actorId: 'bob' }).thenEvents(archived());
    const teams = given(personaModule, registeredWith({ owner: { kind: 'team', id: 'red' } }));
    teams.when('archivePersona', { personaId }, { ...bob, teams: ['red'] }).thenEvents(archived());
  });

  it('an editor who was only invited may not, one who was not does not even find it', () => {
    const invited = given(personaModule, registered, visibilityChanged({ allowedUsers: ['bob'] }));
    invited.when('archivePersona', input, bob).thenRejected('persona-owners-only');
    draft.when('archivePersona', input, bob).thenRejected('persona-not-found', '/personaId');
  });

  it('refuses what is not there', () => {
    unknown.when('archivePersona', input).thenRejected('persona-not-found');
  });
});

describe('restorePersona', () => {
  const input = { personaId };

  it('gives an inactive persona, by an owner’s hand only', () => {
    gone.when('restorePersona', input).thenEvents(restored()).again().thenNothing();
    gone.when('restorePersona', input, { roles: ['admin'] }).thenRejected('forbidden');
    given(personaModule, registered, published(1), archived(), restored())
      .when('deactivatePersona', input)
      .thenNothing();
  });

  it('refuses what is not archived, what is not there', () => {
    active.when('restorePersona', input).thenRejected('persona-not-archived');
    unknown.when('restorePersona', input).thenRejected('persona-not-found');
  });
});

describe('whoever looks on', () => {
  it.each(['activatePersona', 'deactivatePersona', 'archivePersona', 'restorePersona'])(
    'an auditor sees everything and may not %s',
    (operationId) => {
      active.when(operationId, { personaId }, auditor).thenRejected('forbidden');
    },
  );
});

describe('reasons', () => {
  it('stay sealed', () => {
    const [event] = active.when('archivePersona', { personaId, reason: 'a secret' }).events;
    expect(event?.data['reason']).toEqual(sealed('a secret'));
    expect(JSON.stringify(event)).not.toContain('a secret');
  });
});
