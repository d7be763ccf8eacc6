import { describe, expect, it } from 'vitest';
import {
  evolve,
  Rejection,
  type Actor,
  type Caller,
  type DecideContext,
  type DomainEvent,
} from '../../../src/domain/kernel.js';
import { personaEvents } from '../../../src/domain/personas/events.js';
import {
  editable,
  existing,
  managed,
  persona,
  type ExistingPersona,
  type Persona,
} from '../../../src/domain/personas/persona.js';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import { tolerantSchema } from '../../../src/domain/stored-schema.js';
import {
  archived,
  careful,
  configWith,
  edited,
  life,
  personaId,
  platformAdded,
  platformChanged,
  platformRemoved,
  published,
  registered,
  registeredWith,
  sharedWith,
  templateId,
  terse,
  unsharedFrom,
  verbose,
  visibilityChanged,
  worker,
} from '../../support/persona-examples.js';
import { recorded } from '../../support/projected.js';

const stateAfter = (...events: DomainEvent[]): ExistingPersona =>
  recorded({ category: 'persona', streamId: personaId }, ...events).reduce<unknown>(
    (state, { type, data, meta }) => evolve(persona, state, { type, data }, meta),
    persona.initialState(),
  ) as ExistingPersona;
const caller = (id: string, more: Partial<Caller> = {}): Caller => ({
  kind: 'user',
  id,
  roles: ['editor'],
  teams: [],
  ...more,
});
const [ada, bob, cleo] = [caller('ada'), caller('bob'), caller('cleo', { teams: ['red'] })];
const rejectionOf = (act: () => unknown): Rejection => {
  try {
    act();
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('the id of a persona', () => {
  const at = { tenantId: 'acme', newId: personaId, now: '' };
  const imported = (more: object, tenantId = 'acme') =>
    persona.locate({ source: 'csv', sourceId: 'abc', ...more }, { ...at, tenantId }).id;

  it('is the one that the input names, or a new one', () => {
    expect(persona.locate({ personaId: 'p' }, at)).toEqual({ id: 'p' });
    expect(persona.locate({ slug: 'x' }, at)).toEqual({ id: personaId });
  });

  it('is given by its source when it is imported: the same for the same source and tenant alone', () => {
    expect(imported({})).toMatch(/^[0-9a-f-]{14}5/);
    expect(imported({ persona: { name: 'one' } })).toBe(imported({ persona: { name: 'other' } }));
    const others = [imported({}), imported({ source: 'file' }), imported({ sourceId: 'abd' })];
    expect(new Set([...others, imported({}, 'other')]).size).toBe(4);
  });
});

describe('claims', () => {
  it('the slug is taken at registration and never released', () => {
    const changes = Object.entries(persona.claims).flatMap(([type, claims]) =>
      type === registered.type ? (claims as (data: unknown) => unknown[])(registered.data) : ['unexpected'],
    );
    expect(changes).toEqual([{ op: 'take', kind: 'slug', key: 'technical-assistant' }]);
  });
});

describe('the state', () => {
  it('follows from a whole life', () => {
    expect(stateAfter(...life)).toEqual({
      status: 'inactive',
      slug: 'technical-assistant',
      owner: { kind: 'team', id: 'red' },
      isPublic: false,
      allowedUsers: ['bob'],
      allowedRoles: ['approver'],
      allowedTeams: [],
      template: { templateId, templateVersion: 2 },
      draft: configWith({ temperature: 0.4, tags: ['new'] }),
      draftHands: ['ada'],
      head: {
        versionNo: 2,
        versionHash: published(2, configWith({ temperature: 0.4 })).data['versionHash'],
        config: configWith({ temperature: 0.4 }),
      },
      channels: { production: 2 },
      manifest: worker,
      platforms: {},
      autonomy: careful,
    });
  });

  it('begins as a draft that follows no template unless it was made from one', () => {
    expect(stateAfter(registered)).toMatchObject({ status: 'draft', template: null, manifest: null });
    expect(stateAfter(life[0]!).template).toEqual({ templateId, templateVersion: 1 });
  });

  it('knows the teams that it is shared with, and each adaptation by its platform', () => {
    expect(stateAfter(registered, sharedWith('red'), sharedWith('blue')).allowedTeams).toEqual([
      'red',
      'blue',
    ]);
    const unshared = stateAfter(registered, sharedWith('red'), sharedWith('blue'), unsharedFrom('red'));
    expect(unshared.allowedTeams).toEqual(['blue']);
    const adapted = [registered, platformAdded('x'), platformAdded('linkedin')];
    expect(stateAfter(...adapted, platformChanged('x', verbose)).platforms).toEqual({
      x: verbose,
      linkedin: terse,
    });
    expect(stateAfter(...adapted, platformRemoved('x')).platforms).toEqual({ linkedin: terse });
  });

  it('loses the members of the draft that an edit has removed', () => {
    const written = [registered, edited({ systemPromptTemplate: 'You are …' })];
    expect(stateAfter(...written).draft.systemPromptTemplate).toBe('You are …');
    expect(stateAfter(...written, edited({}, ['systemPromptTemplate'])).draft).toEqual(configWith({}));
  });

  describe('whose work is in the draft', () => {
    const by = (event: DomainEvent, actor: Partial<Actor>) => ({ event, actor });
    const handsAfter = (...steps: { event: DomainEvent; actor?: Partial<Actor> }[]): string[] => {
      const events = recorded(
        { category: 'persona', streamId: personaId },
        ...steps.map(({ event }) => event),
      );
      const state = events.reduce<unknown>((before, { type, data, meta }, index) => {
        const actor = { ...meta.actor, ...steps[index]!.actor };
        return evolve(persona, before, { type, data }, { ...meta, actor });
      }, persona.initialState());
      return (state as ExistingPersona).draftHands;
    };
    const begun = [{ event: registered }, { event: published(1) }];
    const bobs = by(edited({ temperature: 1 }), { id: 'bob' });
    const reactor = { kind: 'service' as const, id: 'reactor:refinements', onBehalfOf: 'dana' };

    it('is known, also for whom somebody acted', () => {
      expect(handsAfter(...begun)).toEqual([]);
      const cleos = by(edited({ temperature: 1, tags: ['a'] }), { id: 'app', onBehalfOf: 'cleo' });
      expect(handsAfter(...begun, bobs, bobs, cleos)).toEqual(['bob', 'app', 'cleo']);
    });

    it('is not a reactor’s, nor of those who made it act', () => {
      expect(handsAfter(...begun, bobs, by(edited({ tags: ['a'] }), reactor))).toEqual(['bob']);
    });

    it('is nobody’s when the draft is the newest version', () => {
      const next = { event: published(2, configWith({ temperature: 1 })) };
      expect(handsAfter(...begun, bobs, next)).toEqual([]);
      expect(handsAfter(...begun, bobs, by(edited({ temperature: 0.3 }), { id: 'cleo' }))).toEqual([]);
    });

    it('is still there after a version that was not published from the draft', () => {
      const next = by(published(2, configWith({ tags: ['a'] })), reactor);
      expect(handsAfter(...begun, bobs, next)).toEqual(['bob']);
    });
  });

  it('a persona from before there was sharing is public, and so everybody’s to see', () => {
    const { isPublic: _, allowedUsers: __, allowedRoles: ___, ...former } = registered.data;
    const data = tolerantSchema(personaEvents.PersonaRegistered).parse(former);
    const state = stateAfter({ type: 'PersonaRegistered', data });
    expect(state).toMatchObject({ isPublic: true, allowedUsers: [], allowedRoles: [], allowedTeams: [] });
    expect(existing(state, bob)).toBe(state);
  });
});

describe('guards', () => {
  const none: Persona = { status: 'none' };
  const shared = stateAfter(registered, visibilityChanged({ allowedUsers: ['bob'] }), sharedWith('red'));
  const gone = stateAfter(registered, archived());

  it('existing: whoever may see it', () => {
    for (const one of [ada, bob, cleo]) expect(existing(shared, one)).toBe(shared);
    expect(rejectionOf(() => existing(shared, caller('dan'))).code).toBe('persona-not-found');
    expect(rejectionOf(() => existing(none, ada)).code).toBe('persona-not-found');
  });

  it('editable: seen, and not archived', () => {
    expect(editable(shared, bob)).toBe(shared);
    expect(rejectionOf(() => editable(gone, ada)).code).toBe('persona-archived');
    expect(rejectionOf(() => editable(gone, bob)).code).toBe('persona-not-found');
  });

  it('managed: looked after, archived or not; being invited is not enough', () => {
    expect(managed(gone, ada)).toBe(gone);
    for (const one of [bob, cleo])
      expect(rejectionOf(() => managed(shared, one)).code).toBe('persona-owners-only');
    expect(managed(shared, caller('dan', { roles: ['admin'] }))).toBe(shared);
    const teams = stateAfter(registeredWith({ owner: { kind: 'team', id: 'red' } }));
    expect(managed(teams, cleo)).toBe(teams);
    expect(rejectionOf(() => managed(teams, ada)).code).toBe('persona-not-found');
  });
});

describe('a persona that is hidden from the caller', () => {
  const reason = 'because';
  /** An input of every command upon a persona, as `decide` sees it. */
  const inputs: Record<string, Record<string, unknown>> = {
    editPersonaDraft: { set: { temperature: 1 } },
    publishPersonaVersion: {},
    movePersonaChannel: { channel: 'staging', versionNo: 1, reason },
    adoptTemplateRevision: {},
    setPersonaVisibility: { isPublic: true, allowedUsers: [], allowedRoles: [] },
    sharePersona: { teamId: 'red' },
    unsharePersona: { teamId: 'red' },
    setPersonaOwner: { kind: 'user', id: 'bob' },
    setPersonaManifest: worker,
    setPlatformAdaptation: { platformType: 'linkedin', ...terse },
    removePlatformAdaptation: { platformType: 'linkedin' },
    activatePersona: {},
    deactivatePersona: {},
    archivePersona: {},
    restorePersona: {},
    setPersonaAutonomy: { mode: 'auto', perClass: {} },
  };
  const upon = Object.entries(personaModule.commands).filter(
    ([, { input, http }]) => http !== 'internal' && Object.hasOwn(input.shape, 'personaId'),
  );
  const facts = { teamExists: true, isKnown: true, template: null };
  /** Decided by an editor, whatever permission the command needs besides. */
  const decided = (operationId: string, state: Persona): Rejection =>
    rejectionOf(() =>
      personaModule.commands[operationId]!.decide(
        state as never,
        { personaId, ...inputs[operationId] } as never,
        { tenantId: 'acme', streamId: personaId, actor: bob, facts, reject: persona.reject } as DecideContext<
          string,
          never
        >,
      ),
    );

  it('is asked for by every command that names a persona', () => {
    expect(Object.keys(inputs).sort()).toEqual(upon.map(([operationId]) => operationId).sort());
  });

  it.each(Object.keys(inputs))('answers %s in the words for one that is not there', (operationId) => {
    const missing = decided(operationId, persona.initialState());
    expect(missing).toMatchObject({ code: 'persona-not-found', row: { status: 404 } });
    for (const state of [stateAfter(registered), stateAfter(registered, published(1), archived())]) {
      const { code, row, detail, more } = decided(operationId, state);
      expect({ code, row, detail, more }).toEqual({
        code: missing.code,
        row: missing.row,
        detail: missing.detail,
        more: missing.more,
      });
    }
  });

  it('speaks of the member that named it', () => {
    expect(decided('archivePersona', stateAfter(registered)).more).toEqual({
      errors: [{ pointer: '/personaId', detail: 'there is no such persona' }],
    });
  });
});
