import { describe, expect, it } from 'vitest';
import { contentHash } from '../../../src/domain/content-hash.js';
import type { FactReader } from '../../../src/domain/kernel.js';
import { persona, personaModule } from '../../../src/domain/personas/persona.js';
import { given, sealed } from '../../support/given.js';
import {
  activated,
  archived,
  assistant,
  config,
  configWith,
  deactivated,
  edited,
  moved,
  personaId,
  published,
  registered,
  registration,
  restored,
} from '../../support/persona-examples.js';

const draft = given(personaModule, registered);
const unknown = given(personaModule);
const ready = given(personaModule, registered, published(1));
const active = given(personaModule, registered, published(1), activated());
const gone = given(personaModule, registered, published(1), activated(), archived());
const editor = { roles: ['editor' as const] };
const free = { facts: { slugTaken: false, parentExists: true } };

describe('registerPersona', () => {
  it('makes a draft that its actor owns, with every default filled', () => {
    unknown.when('registerPersona', registration, { ...editor, ...free, actorId: 'bob' }).thenEvents({
      type: 'PersonaRegistered',
      data: {
        personaId,
        slug: 'technical-assistant',
        owner: { kind: 'user', id: 'bob' },
        origin: 'new',
        config,
        draftHash: contentHash(config),
      },
    });
    expect(config).toMatchObject({ maxTokens: 2000, interactionMode: 'conversational' });
    expect(config.memory.retentionPeriodHours).toBe(24);
    expect(config.responseStyle.useExamples).toBe(true);
  });

  it('remembers the parent that it is derived from', () => {
    const parentPersonaId = '01890000-0000-7000-8000-00000000aaaa';
    const [event] = unknown.when('registerPersona', { ...registration, parentPersonaId }, free).events;
    expect(event?.data).toMatchObject({ origin: 'parent', originRef: { parentPersonaId } });
    expect(event?.data['config']).not.toHaveProperty('parentPersonaId');
  });

  it('refuses a slug that is taken, and a parent that is not there', () => {
    const taken = { facts: { slugTaken: true, parentExists: true } };
    unknown.when('registerPersona', registration, taken).thenRejected('slug-taken');
    const orphan = { ...registration, parentPersonaId: '01890000-0000-7000-8000-00000000aaaa' };
    const alone = { facts: { slugTaken: false, parentExists: false } };
    unknown.when('registerPersona', orphan, alone).thenRejected('persona-not-found', '/parentPersonaId');
  });

  it('decided twice changes nothing', () => {
    unknown.when('registerPersona', registration, free).again().thenNothing();
  });

  it('reads its facts from claims and the parent’s stream', async () => {
    const read = reader({ 'taken-slug': personaId });
    const facts = personaModule.commands['registerPersona']!.facts!;
    await expect(facts({ slug: 'taken-slug' } as never, read)).resolves.toEqual({
      slugTaken: true,
      parentExists: true,
    });
    await expect(facts({ slug: 'new', parentPersonaId: 'x' } as never, read)).resolves.toEqual({
      slugTaken: false,
      parentExists: false,
    });
  });

  it.each([
    ['a status', { status: 'active' }, '/status'],
    ['a version', { version: 3 }, '/version'],
    ['a creator', { createdBy: 'x' }, '/createdBy'],
    ['a template', { templateId: personaId }, '/templateId'],
    ['a slug that is reserved', { slug: 'import' }, '/slug'],
    ['a slug like an id', { slug: personaId }, '/slug'],
    ['a slug of other letters', { slug: 'Ada' }, '/slug'],
    ['a name that hides its direction', { name: 'abc\u202Edef' }, '/name'],
    ['no traits', { traits: [] }, '/traits'],
    ['two traits of one name', { traits: [assistant.traits[0], assistant.traits[0]] }, '/traits/1/name'],
  ])('refuses %s', (_, change, pointer) => {
    unknown
      .when('registerPersona', { ...registration, ...change }, free)
      .thenRejected('invalid-input', pointer);
  });

  it('is not for viewers', () => {
    unknown.when('registerPersona', registration, { roles: ['viewer'], ...free }).thenRejected('forbidden');
  });
});

describe('importPersona', () => {
  const input = { source: 'csv', sourceId: 'abc', persona: assistant };
  const facts = { facts: { slug: 'technical-assistant-2' } };

  it('registers under the first free slug, its id given by the source', () => {
    const outcome = unknown.when('importPersona', input, facts);
    const [event] = outcome.events;
    expect(event?.data).toMatchObject({
      slug: 'technical-assistant-2',
      origin: 'import',
      originRef: { source: 'csv', sourceId: 'abc' },
      config,
    });
    expect(event?.data['personaId']).toMatch(/^[0-9a-f-]{14}5/);
    outcome.thenReply({ slug: 'technical-assistant-2' });
  });

  it('finds the same persona again, and another one for another source or tenant', () => {
    const at = { tenantId: 'acme', newId: personaId, now: '' };
    const id = (more: object, tenantId = 'acme') =>
      persona.locate({ ...input, ...more }, { ...at, tenantId }).id;
    expect(id({})).toBe(id({ persona: { name: 'other' } }));
    expect(new Set([id({}), id({ source: 'file' }), id({ sourceId: 'abd' }), id({}, 'other')]).size).toBe(4);
  });

  it('a second time changes nothing', () => {
    unknown.when('importPersona', input, facts).again().thenNothing();
  });

  it('looks for the slug it was given or makes one from the name', async () => {
    const read = reader({ 'technical-assistant': 'a', 'technical-assistant-2': 'b' });
    const facts = personaModule.commands['importPersona']!.facts!;
    await expect(facts({ persona: assistant } as never, read)).resolves.toEqual({
      slug: 'technical-assistant-3',
    });
    await expect(facts({ persona: { ...assistant, slug: 'mine' } } as never, read)).resolves.toEqual({
      slug: 'mine',
    });
  });

  it('refuses a source id that could name a person', () => {
    unknown
      .when('importPersona', { ...input, sourceId: 'ada@acme.org' }, facts)
      .thenRejected('invalid-input');
  });
});

describe('editPersonaDraft', () => {
  const edit = (change: Record<string, unknown>) => draft.when('editPersonaDraft', { personaId, ...change });

  it('records the new values of what changed, and nothing else', () => {
    edit({ set: { temperature: 0.4, name: 'Technical Assistant' } })
      .thenEvents(edited({ temperature: 0.4 }))
      .again()
      .thenNothing();
    edit({ patch: [{ op: 'replace', path: '/temperature', value: 0.4 }] }).thenEvents(
      edited({ temperature: 0.4 }),
    );
  });

  it('records what is gone', () => {
    const described = given(personaModule, registered, edited({ systemPromptTemplate: 'You are …' }));
    const [event] = described.when('editPersonaDraft', {
      personaId,
      set: { systemPromptTemplate: null },
    }).events;
    expect(event?.data).toMatchObject({
      changed: {},
      removed: ['systemPromptTemplate'],
      draftHash: contentHash(config),
    });
  });

  it('refuses what would not be a configuration, and says where', () => {
    edit({ set: { temperature: 3 } }).thenRejected('invalid-input', '/set/temperature');
    edit({ set: { name: null } }).thenRejected('draft-invalid', '/set/name');
    edit({ patch: [{ op: 'replace', path: '/temperature', value: 3 }] }).thenRejected(
      'draft-invalid',
      '/patch/0/value',
    );
  });

  it('refuses a patch that does not apply, naming the operation', () => {
    const test = { op: 'test', path: '/temperature', value: 1 };
    edit({ patch: [{ op: 'remove', path: '/tags' }, test] }).thenRejected('patch-not-applicable', '/patch/1');
  });

  it('takes exactly one form, and never the slug', () => {
    edit({}).thenRejected('invalid-input');
    edit({ set: {}, patch: [{ op: 'remove', path: '/tags' }] }).thenRejected('invalid-input');
    edit({ set: { slug: 'other' } }).thenRejected('invalid-input', '/set/slug');
    edit({ patch: [{ op: 'replace', path: '/slug', value: 'x' }] }).thenRejected(
      'invalid-input',
      '/patch/0/path',
    );
  });

  it('needs a persona that is not archived', () => {
    const input = { personaId, set: {} };
    unknown.when('editPersonaDraft', input).thenRejected('persona-not-found');
    gone.when('editPersonaDraft', input).thenRejected('persona-archived');
  });
});

describe('publishPersonaVersion', () => {
  const input = { personaId };

  it('publishes the draft as version 1, then 2, and leaves the status alone', () => {
    const outcome = draft.when('publishPersonaVersion', input, editor).thenEvents(published(1));
    outcome.thenReply({ versionNo: 1, versionHash: contentHash(config) });
    outcome
      .again()
      .thenNothing()
      .thenReply({ versionNo: 1, versionHash: contentHash(config) });
    const changed = configWith({ temperature: 0.4 });
    given(personaModule, registered, published(1), edited({ temperature: 0.4 }))
      .when('publishPersonaVersion', input)
      .thenEvents(published(2, changed));
  });

  it('an edit there and back is no new version', () => {
    given(personaModule, registered, published(1), edited({ temperature: 0.4 }), edited({ temperature: 0.3 }))
      .when('publishPersonaVersion', input)
      .thenNothing();
  });

  it('needs a persona that is not archived', () => {
    unknown.when('publishPersonaVersion', input).thenRejected('persona-not-found');
    gone.when('publishPersonaVersion', input).thenRejected('persona-archived');
  });
});

describe('movePersonaChannel', () => {
  const input = { personaId, channel: 'production', versionNo: 1, reason: 'because' };

  it('points a channel to a version and remembers where it pointed', () => {
    ready
      .when('movePersonaChannel', input, { roles: ['admin'] })
      .thenEvents(moved('production', null, 1))
      .again()
      .thenNothing();
    given(personaModule, registered, published(1), moved('production', null, 1), published(2))
      .when('movePersonaChannel', { ...input, versionNo: 2 })
      .thenEvents(moved('production', 1, 2));
  });

  it('moves back as well: a rollback is a move', () => {
    given(personaModule, registered, published(1), published(2), moved('production', null, 2))
      .when('movePersonaChannel', input)
      .thenEvents(moved('production', 2, 1));
  });

  it('lets an editor move every channel but the protected one', () => {
    ready.when('movePersonaChannel', input, editor).thenRejected('channel-protected');
    ready
      .when('movePersonaChannel', { ...input, channel: 'staging' }, editor)
      .thenEvents(moved('staging', null, 1));
  });

  it('leads to published versions only', () => {
    ready
      .when('movePersonaChannel', { ...input, versionNo: 2 })
      .thenRejected('version-not-published', '/versionNo');
    draft.when('movePersonaChannel', input).thenRejected('version-not-published');
  });

  it.each(['draft', 'head', 'constructor', 'Production', '1st', 'a'.repeat(33), '__proto__'])(
    'refuses the name %s',
    (channel) => {
      ready.when('movePersonaChannel', { ...input, channel }).thenRejected('invalid-input', '/channel');
    },
  );

  it('needs a persona that is not archived, and a reason', () => {
    unknown.when('movePersonaChannel', input).thenRejected('persona-not-found');
    gone.when('movePersonaChannel', input).thenRejected('persona-archived');
    const { reason: _, ...without } = input;
    ready.when('movePersonaChannel', without).thenRejected('invalid-input', '/reason');
  });
});

describe('activatePersona', () => {
  const input = { personaId, reason: 'it is ready' };

  it('activates what has a version', () => {
    ready.when('activatePersona', input).thenEvents(activated('it is ready')).again().thenNothing();
    given(personaModule, registered, published(1), activated(), deactivated())
      .when('activatePersona', { personaId })
      .thenEvents(activated());
  });

  it('refuses what has none, what is archived, what is not there', () => {
    draft.when('activatePersona', input).thenRejected('persona-unpublished');
    gone.when('activatePersona', input).thenRejected('persona-archived');
    unknown.when('activatePersona', input).thenRejected('persona-not-found');
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

  it('an editor archives its own personas only', () => {
    draft.when('archivePersona', input, { ...editor, actorId: 'bob' }).thenRejected('persona-owners-only');
    draft.when('archivePersona', { personaId }, { ...editor, actorId: 'ada' }).thenEvents(archived());
    draft.when('archivePersona', { personaId }, { roles: ['admin'], actorId: 'bob' }).thenEvents(archived());
  });

  it('refuses what is not there', () => {
    unknown.when('archivePersona', input).thenRejected('persona-not-found');
  });
});

describe('restorePersona', () => {
  const input = { personaId };

  it('gives an inactive persona, by an owner’s hand only', () => {
    const outcome = gone.when('restorePersona', input).thenEvents(restored());
    outcome.again().thenNothing();
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

describe('claims', () => {
  it('the slug is taken at registration and never released', () => {
    const changes = Object.entries(persona.claims).flatMap(([type, claims]) =>
      type === registered.type ? (claims as (data: unknown) => unknown[])(registered.data) : ['unexpected'],
    );
    expect(changes).toEqual([{ op: 'take', kind: 'slug', key: 'technical-assistant' }]);
  });
});

describe('reasons', () => {
  it('stay sealed', () => {
    const [event] = active.when('archivePersona', { personaId, reason: 'a secret' }).events;
    expect(event?.data['reason']).toEqual(sealed('a secret'));
    expect(JSON.stringify(event)).not.toContain('a secret');
  });
});

/** A fact reader over claims alone; every stream it is asked for is empty. */
function reader(slugs: Record<string, string>): FactReader {
  return {
    tenantId: 'acme',
    state: <S>({ initialState }: { initialState: () => S }) => Promise.resolve(initialState()),
    claimOwner: (_, key) => Promise.resolve(slugs[key] ?? null),
  };
}
