import { describe, expect, it } from 'vitest';
import { usualSettings } from '../../../src/domain/configuration/events.js';
import { contentHash } from '../../../src/domain/content-hash.js';
import type { DomainEvent } from '../../../src/domain/kernel.js';
import type { PersonaConfig } from '../../../src/domain/personas/persona-config.js';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import type { ExistingPersona } from '../../../src/domain/personas/persona.js';
import { recordedId } from '../../../src/domain/personas/refinements/recorded-refinement.js';
import type { ExistingTemplate } from '../../../src/domain/personas/templates/template.js';
import { factReader } from '../../support/fact-reader.js';
import { given, sealed, type Surroundings } from '../../support/given.js';
import {
  archived,
  config,
  configWith,
  edited,
  madeFromTemplate,
  moved,
  personaId,
  published,
  publishedNext,
  registered,
  registeredWith,
  sharedWith,
  templateAdopted,
  templateId,
  visibilityChanged,
} from '../../support/persona-examples.js';

type Around = Partial<Surroundings>;
const draft = given(personaModule, registered);
const unknown = given(personaModule);
const ready = given(personaModule, registered, published(1));
const gone = given(personaModule, registered, published(1), archived());
const editor: Around = { roles: ['editor'] };
const bob: Around = { roles: ['editor'], actorId: 'bob' };
const from = (start: Partial<PersonaConfig>) =>
  given(personaModule, registeredWith({ config: configWith(start) }));
const editOf = (persona: typeof draft, change: Record<string, unknown>, around: Around = {}) =>
  persona.when('editPersonaDraft', { personaId, ...change }, around);
const edit = (change: Record<string, unknown>, around: Around = {}) => editOf(draft, change, around);
/** The event of an edit that leads to this draft. */
const leadingTo = (
  after: PersonaConfig,
  changed: Partial<PersonaConfig>,
  removed: string[] = [],
): DomainEvent => ({
  type: 'PersonaDraftEdited',
  data: { personaId, changed, removed, draftHash: contentHash(after) },
});

describe('editPersonaDraft', () => {
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
    editOf(described, { set: { systemPromptTemplate: null } }).thenEvents(
      leadingTo(config, {}, ['systemPromptTemplate']),
    );
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
    const refused = edit({ patch: [{ op: 'remove', path: '/tags' }, test] });
    refused.thenRejected('patch-not-applicable', '/patch/1');
    expect(() => refused.events).toThrow(
      expect.objectContaining({
        more: expect.objectContaining({ next: 'PATCH /personas/:personaId/draft' }),
      }),
    );
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

  it('needs a persona that is there and not archived', () => {
    unknown.when('editPersonaDraft', { personaId, set: {} }).thenRejected('persona-not-found');
    editOf(gone, { set: {} }).thenRejected('persona-archived');
  });
});

describe('an edit of what is about a real person', () => {
  const goals = { shortTerm: ['rest'] };
  const real = { subjectId: 'grace', goals: sealed(goals) };
  const graces = from({ identity: real });

  it('seals all of it but whom it is about', () => {
    const outcome = edit({ set: { identity: { subjectId: 'grace', goals } } });
    outcome.thenEvents(edited({ identity: real }));
    expect(JSON.stringify(outcome.events)).not.toContain('rest');
  });

  it('leaves an invented person open', () => {
    edit({ set: { identity: { goals } } }).thenEvents(edited({ identity: { goals } }));
  });

  it.each([
    ['as a merge patch', { set: { identity: { subjectId: 'grace', goals } } }],
    ['as an operation', { patch: [{ op: 'add', path: '/identity', value: { subjectId: 'grace', goals } }] }],
  ])('the same one twice changes nothing, %s', (_, change) => {
    edit(change)
      .thenEvents(edited({ identity: real }))
      .again()
      .thenNothing();
    editOf(graces, change).thenNothing();
  });

  it('replaces one member and leaves the others sealed as they are', () => {
    const after = { ...real, background: sealed('born in New York') };
    editOf(graces, { set: { identity: { subjectId: 'grace', background: 'born in New York' } } }).thenEvents(
      edited({ identity: after }),
    );
    const others = { ...real, goals: sealed({ longTerm: ['a compiler'] }) };
    editOf(graces, { set: { identity: { subjectId: 'grace', goals: { longTerm: ['a compiler'] } } } })
      .thenEvents(edited({ identity: others }))
      .again()
      .thenNothing();
  });

  it('needs to name the person again: nobody says in the clear what belongs to somebody', () => {
    editOf(graces, { set: { identity: { goals } } }).thenRejected('draft-invalid', '/set/identity/goals');
    const replace = { op: 'replace', path: '/identity/goals', value: goals };
    editOf(graces, { patch: [replace] }).thenRejected('draft-invalid', '/patch/0/value');
  });

  it('needs all that is there when it names the person for the first time', () => {
    const invented = from({ identity: { goals, background: 'unknown' } });
    editOf(invented, { set: { identity: { subjectId: 'grace' } } }).thenRejected(
      'draft-invalid',
      '/set/identity',
      '/set/identity',
    );
    const set = { identity: { subjectId: 'grace', goals, background: null } };
    editOf(invented, { set }).thenEvents(edited({ identity: real }));
  });

  it('does not make one person’s words another’s', () => {
    editOf(graces, { set: { identity: { subjectId: 'alan' } } }).thenRejected(
      'draft-invalid',
      '/set/identity',
    );
    const rename = { op: 'replace', path: '/identity/subjectId', value: 'alan' };
    editOf(graces, { patch: [rename] }).thenRejected('patch-not-applicable', '/patch/0');
    const replaced = {
      op: 'add',
      path: '/identity',
      value: { subjectId: 'mary', goals: { shortTerm: ['x'] } },
    };
    editOf(graces, { patch: [replaced, rename] }).thenRejected('patch-not-applicable', '/patch/1');
    const test = { op: 'test', path: '/identity/subjectId', value: 'grace' };
    editOf(graces, { patch: [test] }).thenNothing();
    const others = { subjectId: 'alan', goals: sealed({ shortTerm: ['run'] }) };
    editOf(graces, { set: { identity: { subjectId: 'alan', goals: { shortTerm: ['run'] } } } }).thenEvents(
      edited({ identity: others }),
    );
  });

  it('does not make a person an invented one while anything of it is left', () => {
    editOf(graces, { set: { identity: { subjectId: null } } }).thenRejected('draft-invalid', '/set/identity');
    editOf(graces, { set: { identity: { subjectId: null, goals } } }).thenEvents(
      edited({ identity: { goals } }),
    );
    editOf(graces, { set: { identity: null } }).thenEvents(leadingTo(config, {}, ['identity']));
  });

  it('does not copy or move what is sealed to where it means something else', () => {
    for (const op of ['copy', 'move']) {
      const patch = [{ op, from: '/identity/goals', path: '/identity/background' }];
      editOf(graces, { patch }).thenRejected('patch-not-applicable', '/patch/0');
      const away = [{ op, from: '/identity', path: '/metadata' }];
      editOf(graces, { patch: away }).thenRejected('patch-not-applicable', '/patch/0');
    }
  });

  it('holds for how a person writes as for who it is', () => {
    const fingerprint = { linguisticFingerprint: { dashes: 'many' } };
    const writing = { subjectId: 'grace', linguisticFingerprint: sealed({ dashes: 'many' }) };
    edit({ set: { writing: { subjectId: 'grace', ...fingerprint } } })
      .thenEvents(edited({ writing }))
      .again()
      .thenNothing();
    editOf(from({ writing }), { set: { writing: fingerprint } }).thenRejected(
      'draft-invalid',
      '/set/writing/linguisticFingerprint',
    );
  });
});

describe('what may be personal is replaced as a whole', () => {
  it('also of an invented person: whether somebody is named changes nothing about an edit', () => {
    const [shortTerm, longTerm] = [['rest'], ['a compiler']];
    const invented = from({ identity: { goals: { shortTerm } } });
    editOf(invented, { set: { identity: { goals: { longTerm } } } }).thenEvents(
      edited({ identity: { goals: { longTerm } } }),
    );
  });
});

describe('the locked parts of a prompt', () => {
  const content = { startLocked: 'head', editableContent: 'body', endLocked: 'tail' };
  const locked = (parts: object) => ({
    prompt: { content: parts, sysInfoEnabled: false, userProfileEnabled: false },
  });
  const fixed = from(locked(content));
  const startLocked = 'set/prompt/content/startLocked';
  /** One error for each of the two parts. */
  const twice = (pointer: string): string[] => [pointer, pointer];

  it.each<[what: string, change: Record<string, unknown>, pointers: string[]]>([
    ['set', { set: { prompt: { content: { startLocked: 'mine' } } } }, [`/${startLocked}`]],
    ['removed', { set: { prompt: { content: { startLocked: null } } } }, [`/${startLocked}`]],
    ['removed with the content', { set: { prompt: { content: null } } }, twice('/set/prompt/content')],
    ['removed with the prompt', { set: { prompt: null } }, twice('/set/prompt')],
    [
      'replaced by an operation',
      { patch: [{ op: 'replace', path: '/prompt/content/endLocked', value: 'mine' }] },
      ['/patch/0/value'],
    ],
    [
      'replaced with the prompt',
      {
        patch: [
          { op: 'test', path: '/temperature', value: 0.3 },
          { op: 'replace', path: '/prompt', value: { content: { startLocked: 'head' } } },
        ],
      },
      ['/patch/1/value/content/endLocked'],
    ],
    ['removed by an operation', { patch: [{ op: 'remove', path: '/prompt' }] }, twice('/patch/0')],
    [
      'moved into each other’s place',
      { patch: [{ op: 'move', from: '/prompt/content/endLocked', path: '/prompt/content/startLocked' }] },
      ['/patch/0', '/patch'],
    ],
  ])('%s: by an owner of the tenant alone', (_, change, pointers) => {
    editOf(fixed, change, editor).thenRejected('prompt-locked', ...pointers);
    editOf(fixed, change, { roles: ['admin'] }).thenRejected('prompt-locked', ...pointers);
    expect(editOf(fixed, change).events).toHaveLength(1);
  });

  it('are not set by an editor where there were none', () => {
    const set = { prompt: { content: { endLocked: 'mine' } } };
    edit({ set }, editor).thenRejected('prompt-locked', '/set/prompt/content/endLocked');
    edit({ set }).thenEvents(edited(locked({ endLocked: 'mine' })));
  });

  it('leave the part between to an editor, and everything else', () => {
    const changed = locked({ ...content, editableContent: 'new' }) as Partial<PersonaConfig>;
    editOf(fixed, { set: { prompt: { content: { editableContent: 'new' } } } }, editor).thenEvents(
      leadingTo(configWith(changed), changed),
    );
    expect(editOf(fixed, { set: { temperature: 1 } }, editor).events).toHaveLength(1);
    const removal = { patch: [{ op: 'remove', path: '/prompt/content/editableContent' }] };
    expect(editOf(fixed, removal, editor).events).toHaveLength(1);
  });

  it('set to what they are change nothing', () => {
    editOf(fixed, { set: { prompt: { content: { startLocked: 'head' } } } }, editor).thenNothing();
  });
});

describe('publishPersonaVersion', () => {
  const publish = (persona: typeof draft, around: Around = {}) =>
    persona.when('publishPersonaVersion', { personaId }, { facts: { settings: usualSettings }, ...around });
  const changed = configWith({ temperature: 0.4 });
  const worked = given(personaModule, registered, published(1), edited({ temperature: 0.4 }));
  const reviewed: Around = { facts: { settings: { ...usualSettings, changeControl: 'reviewed' } } };

  it('publishes the draft as version 1, then 2, and leaves the status alone', () => {
    const outcome = publish(draft, editor).thenEvents(published(1));
    outcome.thenReply({ versionNo: 1, versionHash: contentHash(config) });
    outcome
      .again()
      .thenNothing()
      .thenReply({ versionNo: 1, versionHash: contentHash(config) });
    publish(worked).thenEvents(publishedNext(2, changed));
  });

  it('an edit there and back is no new version', () => {
    publish(
      given(
        personaModule,
        registered,
        published(1),
        edited({ temperature: 0.4 }),
        edited({ temperature: 0.3 }),
      ),
    ).thenNothing();
  });

  it('names from the second version on the refinement that is going to record it, and its class', () => {
    const [first] = publish(draft).events;
    for (const member of ['refinementId', 'source', 'changeClass'])
      expect(first!.data).not.toHaveProperty(member);
    expect(publish(worked).events[0]!.data).toMatchObject({
      refinementId: recordedId(personaId, 2),
      source: 'user_modified',
      changeClass: 'model',
    });
  });

  it('is refused where changes are reviewed, but for the first version and for nothing new', () => {
    publish(worked, reviewed).thenRejected('change-reviewed');
    publish(draft, reviewed).thenEvents(published(1));
    publish(ready, reviewed).thenNothing();
  });

  it('carries locked parts and sealed values along, whoever publishes', () => {
    const identity = { subjectId: 'grace', background: sealed('born in New York') };
    publish(from({ identity }), editor).thenEvents(published(1, configWith({ identity })));
  });

  it('needs a persona that is there and not archived', () => {
    publish(unknown).thenRejected('persona-not-found');
    publish(gone).thenRejected('persona-archived');
  });
});

describe('movePersonaChannel', () => {
  const input = { personaId, channel: 'production', versionNo: 1, reason: 'because' };
  const move = (persona: typeof draft, more: object = {}, around: Around = {}) =>
    persona.when(
      'movePersonaChannel',
      { ...input, ...more },
      { facts: { settings: usualSettings }, ...around },
    );

  it('points a channel to a version and remembers where it pointed', () => {
    move(ready, {}, { roles: ['admin'] })
      .thenEvents(moved('production', null, 1))
      .again()
      .thenNothing();
    const twice = given(personaModule, registered, published(1), moved('production', null, 1), published(2));
    move(twice, { versionNo: 2 }).thenEvents(moved('production', 1, 2));
  });

  it('moves back as well: a rollback is a move', () => {
    const ahead = given(personaModule, registered, published(1), published(2), moved('production', null, 2));
    move(ahead).thenEvents(moved('production', 2, 1));
  });

  it('lets an editor move every channel but the protected ones, which the tenant names', () => {
    move(ready, {}, editor).thenRejected('channel-protected');
    move(ready, { channel: 'staging' }, editor).thenEvents(moved('staging', null, 1));
    const facts = { settings: { ...usualSettings, protectedChannels: ['staging'] } };
    move(ready, {}, { ...editor, facts }).thenEvents(moved('production', null, 1));
    move(ready, { channel: 'staging' }, { ...editor, facts }).thenRejected('channel-protected');
    move(ready, { channel: 'staging' }, { roles: ['admin'], facts }).thenEvents(moved('staging', null, 1));
  });

  it('leads to published versions only', () => {
    move(ready, { versionNo: 2 }).thenRejected('version-not-published', '/versionNo');
    move(draft).thenRejected('version-not-published');
  });

  it.each(['draft', 'head', 'constructor', 'Production', '1st', 'a'.repeat(33), '__proto__'])(
    'refuses the name %s',
    (channel) => {
      move(ready, { channel }).thenRejected('invalid-input', '/channel');
    },
  );

  it('needs a persona that is there and not archived, and a reason', () => {
    move(unknown).thenRejected('persona-not-found');
    move(gone).thenRejected('persona-archived');
    const { reason: _, ...without } = input;
    ready.when('movePersonaChannel', without).thenRejected('invalid-input', '/reason');
  });

  it('asks the settings of the tenant which channels are protected, as publishing asks for change control', async () => {
    for (const operationId of ['movePersonaChannel', 'publishPersonaVersion']) {
      const { facts } = personaModule.commands[operationId]!;
      const settings = { ...usualSettings, protectedChannels: ['staging'] };
      await expect(facts!(input as never, factReader())).resolves.toEqual({ settings: usualSettings });
      await expect(
        facts!(input as never, factReader({ states: { 'settings acme': settings } })),
      ).resolves.toEqual({ settings });
    }
  });
});

const base: ExistingTemplate['base'] = { temperature: 0.9, tags: ['base'] };
const revision = (templateVersion: number, more: Partial<ExistingTemplate> = {}): ExistingTemplate => ({
  status: 'active',
  slug: 'assistants',
  templateVersion,
  name: 'Assistants',
  description: 'What all assistants have in common',
  category: 'work',
  base,
  customizableFields: ['tags'],
  tags: [],
  owner: { kind: 'user', id: 'olga' },
  isPublic: true,
  allowedUsers: [],
  allowedRoles: [],
  allowedTeams: [],
  ...more,
});

describe('adoptTemplateRevision', () => {
  const made = given(personaModule, madeFromTemplate);
  const adopt = (persona: typeof made, template: unknown, around: Around = {}) =>
    persona.when('adoptTemplateRevision', { personaId }, { facts: { template }, ...around });

  it('takes over what the template fixes, and says which revision the draft follows now', () => {
    adopt(made, revision(2), editor)
      .thenEvents(edited({ temperature: 0.9 }), templateAdopted(1, 2))
      .again()
      .thenNothing();
  });

  it('skips the revisions between', () => {
    adopt(made, revision(7)).thenEvents(edited({ temperature: 0.9 }), templateAdopted(1, 7));
  });

  it('a revision that changes nothing for the draft is followed all the same', () => {
    adopt(made, revision(2, { base: { temperature: 0.3 } })).thenEvents(templateAdopted(1, 2));
  });

  it('the one that is followed already changes nothing, whatever the draft has become', () => {
    const own = given(personaModule, madeFromTemplate, edited({ temperature: 0.1 }));
    adopt(own, revision(1)).thenNothing();
  });

  describe('touches locked prompt parts by an owner’s hand only', () => {
    const flags = { sysInfoEnabled: false, userProfileEnabled: false };
    const head = { ...flags, content: { startLocked: 'head' } };
    const withHead = given(personaModule, madeFromTemplate, edited({ prompt: head }));
    const to = (content: object, fields: string[] = []) =>
      revision(2, { base: { prompt: { content } }, customizableFields: fields });

    it('a new one, or one in the place of another', () => {
      adopt(made, to({ startLocked: 'head' }), editor).thenRejected('prompt-locked', '/personaId');
      adopt(made, to({ startLocked: 'head' })).thenEvents(edited({ prompt: head }), templateAdopted(1, 2));
      adopt(withHead, to({ startLocked: 'other' }), editor).thenRejected('prompt-locked', '/personaId');
      const admin: Around = { roles: ['admin'] };
      adopt(withHead, to({ startLocked: 'other' }), admin).thenRejected('prompt-locked', '/personaId');
      expect(adopt(withHead, to({ startLocked: 'other' })).events).toHaveLength(2);
    });

    it('tells who has to adopt', () => {
      expect(() => adopt(made, to({ endLocked: 'tail' }), editor).events).toThrow(
        expect.objectContaining({
          more: {
            errors: [
              {
                pointer: '/personaId',
                detail: 'it touches locked prompt parts: an owner of the tenant has to adopt this revision',
              },
            ],
          },
        }) as Error,
      );
    });

    it('one that an owner has taken away does not come back by an editor', () => {
      const unlocked = given(
        personaModule,
        madeFromTemplate,
        edited({ prompt: head }),
        edited({ prompt: { ...flags, content: {} } }),
      );
      adopt(unlocked, to({ startLocked: 'head' }), editor).thenRejected('prompt-locked');
    });

    it('nobody escapes one, whatever the template leaves to the persona', () => {
      for (const fields of [['prompt'], ['prompt.content'], ['prompt.content.startLocked']]) {
        adopt(made, to({ startLocked: 'head' }, fields), editor).thenRejected('prompt-locked');
        adopt(withHead, to({ startLocked: 'other' }, fields), editor).thenRejected('prompt-locked');
      }
      adopt(withHead, to({ editableContent: 'Hi' }), editor).thenEvents(
        edited({ prompt: { ...flags, content: { startLocked: 'head', editableContent: 'Hi' } } }),
        templateAdopted(1, 2),
      );
      adopt(withHead, revision(2), editor).thenEvents(
        leadingTo(configWith({ prompt: head, temperature: 0.9 }), { temperature: 0.9 }),
        templateAdopted(1, 2),
      );
    });

    it('the same ones are no matter', () => {
      adopt(withHead, to({ startLocked: 'head' }), editor).thenEvents(templateAdopted(1, 2));
    });
  });

  it('of a template that was retired its newest revision is adopted still', () => {
    adopt(made, revision(2, { status: 'retired' })).thenEvents(
      edited({ temperature: 0.9 }),
      templateAdopted(1, 2),
    );
  });

  it('refuses a persona that was made without a template', () => {
    adopt(draft, null).thenRejected('template-missing');
    adopt(draft, revision(2)).thenRejected('template-missing');
  });

  it('refuses a template that is not there, or is hidden from who asks, in the same words', () => {
    adopt(made, null, editor).thenRejected('template-not-found');
    adopt(made, revision(2, { isPublic: false }), editor).thenRejected('template-not-found');
    const shared = revision(2, { isPublic: false, allowedTeams: ['red'] });
    expect(adopt(made, shared, { ...editor, teams: ['red'] }).events).toHaveLength(2);
  });

  it('refuses a revision with which the draft would be no configuration', () => {
    const big = (n: number) => ({ big: Array.from({ length: n }, () => 'x'.repeat(60_000)) });
    const large = given(personaModule, madeFromTemplate, edited({ metadata: big(2) }));
    const writing = { vocabularyProfile: big(3) };
    adopt(large, revision(2, { base: { writing } })).thenRejected('draft-invalid', '');
  });

  it('needs a persona that is there and not archived', () => {
    adopt(unknown, revision(2)).thenRejected('persona-not-found', '/personaId');
    adopt(given(personaModule, madeFromTemplate, archived()), revision(2)).thenRejected('persona-archived');
  });

  it('reads the template that the persona follows, and none for one that follows none', async () => {
    const { facts } = personaModule.commands['adoptTemplateRevision']!;
    const following = { status: 'draft', template: { templateId, templateVersion: 1 } };
    const read = (persona: Partial<ExistingPersona>) =>
      facts!(
        { personaId } as never,
        factReader({
          states: { [`persona ${personaId}`]: persona, [`template ${templateId}`]: revision(2) },
        }),
      );
    await expect(read(following as never)).resolves.toEqual({ template: revision(2) });
    await expect(read({ status: 'draft', template: null })).resolves.toEqual({ template: null });
    await expect(facts!({ personaId } as never, factReader())).resolves.toEqual({ template: null });
  });
});

describe('who may work on a draft', () => {
  const inputs: [operationId: string, input: Record<string, unknown>][] = [
    ['editPersonaDraft', { personaId, set: { temperature: 1 } }],
    ['publishPersonaVersion', { personaId }],
    ['movePersonaChannel', { personaId, channel: 'staging', versionNo: 1, reason: 'because' }],
    ['adoptTemplateRevision', { personaId }],
  ];
  const facts = { facts: { template: null, settings: usualSettings } };
  const start = [madeFromTemplate, published(1)];
  const reached = (persona: typeof draft, operationId: string, input: object, around: Around): void => {
    const own = { facts: { template: revision(1), settings: usualSettings } };
    expect(persona.when(operationId, { ...input }, { ...own, ...around }).events).toBeInstanceOf(Array);
  };

  it.each(inputs)(
    '%s: an editor who is neither its owner nor invited does not find it',
    (operationId, input) => {
      const persona = given(personaModule, ...start);
      persona.when(operationId, input, { ...facts, ...bob }).thenRejected('persona-not-found', '/personaId');
      const teams: Around = { ...facts, ...bob, teams: ['blue'] };
      persona.when(operationId, input, teams).thenRejected('persona-not-found', '/personaId');
    },
  );

  it.each(inputs)('%s: one who is invited, by name, role or team, works on it', (operationId, input) => {
    const invitations: [DomainEvent, Around][] = [
      [visibilityChanged({ allowedUsers: ['bob'] }), bob],
      [visibilityChanged({ allowedRoles: ['editor'] }), bob],
      [visibilityChanged({ isPublic: true }), bob],
      [sharedWith('red'), { ...bob, teams: ['red'] }],
    ];
    for (const [invitation, around] of invitations)
      reached(given(personaModule, ...start, invitation), operationId, input, around);
  });

  it.each(inputs)('%s: auditors see everything and write nothing', (operationId, input) => {
    const persona = given(personaModule, ...start);
    persona.when(operationId, input, { ...facts, roles: ['auditor'] }).thenRejected('forbidden');
  });
});
