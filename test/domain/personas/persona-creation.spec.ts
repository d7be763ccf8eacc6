import { describe, expect, it } from 'vitest';
import { contentHash } from '../../../src/domain/content-hash.js';
import { cardFrom } from '../../../src/domain/personas/cards/card-export.js';
import { maxConfigBytes, type PersonaConfig } from '../../../src/domain/personas/persona-config.js';
import { personaModule } from '../../../src/domain/personas/persona-module.js';
import type { ExistingPersona } from '../../../src/domain/personas/persona.js';
import type { ExistingTemplate } from '../../../src/domain/personas/templates/template.js';
import { factReader } from '../../support/fact-reader.js';
import { given, sealed, type Surroundings } from '../../support/given.js';
import {
  assistant,
  config,
  configWith,
  parentPersonaId,
  personaId,
  registered,
  registeredWith,
  registration,
  templateId,
} from '../../support/persona-examples.js';

type Around = Partial<Surroundings>;
const unknown = given(personaModule);
const editor: Around = { roles: ['editor'] };
const bob: Around = { roles: ['editor'], actorId: 'bob' };
/** What the facts of all commands say where nothing stands in the way. */
const free = {
  slug: 'technical-assistant',
  slugTaken: false,
  teamExists: true,
  parent: null,
  template: null,
};
const withFacts = (facts: object, around: Around = {}): Around => ({
  ...around,
  facts: { ...free, ...facts },
});
const when = (operationId: string, input: object, facts: object = {}, around: Around = {}) =>
  unknown.when(operationId, { ...input }, withFacts(facts, around));
const factsOf = (operationId: string, input: object, reader = factReader()) =>
  personaModule.commands[operationId]!.facts!(input as never, reader);

const shared = { isPublic: true, allowedUsers: [], allowedRoles: [], allowedTeams: [] };
const assistants: ExistingTemplate = {
  status: 'active',
  slug: 'assistants',
  templateVersion: 3,
  name: 'Assistants',
  description: 'What all assistants have in common',
  category: 'work',
  base: { description: assistant.description, traits: config.traits, responseStyle: config.responseStyle },
  customizableFields: ['temperature', 'modelPreferences', 'responseStyle.tone', 'prompt', 'identity'],
  tags: [],
  owner: { kind: 'user', id: 'olga' },
  ...shared,
};
const locked = { content: { startLocked: 'head' }, sysInfoEnabled: false, userProfileEnabled: false };

describe('registerPersona', () => {
  const register = (more: object = {}, facts: object = {}, around: Around = {}) =>
    when('registerPersona', { ...registration, ...more }, facts, around);

  it('makes a draft that its actor owns and nobody else sees, with every default filled', () => {
    register({}, {}, bob).thenEvents(registeredWith({ owner: { kind: 'user', id: 'bob' } }));
    expect(config).toMatchObject({ maxTokens: 2000, interactionMode: 'conversational' });
    expect(config.memory.retentionPeriodHours).toBe(24);
    expect(config.responseStyle.useExamples).toBe(true);
  });

  it('decided twice changes nothing', () => {
    register().thenEvents(registered).again().thenNothing();
  });

  it('refuses a slug that is taken', () => {
    register({}, { slugTaken: true }).thenRejected('slug-taken');
  });

  it('says of what is hidden that it is not there, whatever else is wrong', () => {
    const taken = { slugTaken: true, parent: null, template: null };
    register({ parentPersonaId }, taken, bob).thenRejected('persona-not-found', '/parentPersonaId');
    register({ templateId }, taken, bob).thenRejected('template-not-found', '/templateId');
  });

  it('is refused, not broken, where the defaults make a configuration too large', () => {
    const bytesOf = (value: unknown): number => JSON.stringify(value).length;
    const filled = (list: string[]) => ({ metadata: { list } });
    const texts = Array.from({ length: 4 }, () => 'x'.repeat(60_000));
    const room = maxConfigBytes - bytesOf({ ...assistant, ...filled([...texts, '']) });
    // What is given has just room enough before the defaults are in.
    const last = 'x'.repeat(room - 200);
    register(filled([...texts, last])).thenRejected('draft-invalid', '');
    expect(register(filled([...texts, 'x'])).events).toHaveLength(1);
  });

  it.each([
    ['a status', { status: 'active' }, '/status'],
    ['a version', { version: 3 }, '/version'],
    ['a creator', { createdBy: 'x' }, '/createdBy'],
    ['a template and a parent', { templateId, parentPersonaId }, '/templateId'],
    ['teams that see it', { allowedTeams: ['red'] }, '/allowedTeams'],
    ['a slug that is reserved', { slug: 'import' }, '/slug'],
    ['a slug like an id', { slug: personaId }, '/slug'],
    ['a slug of other letters', { slug: 'Ada' }, '/slug'],
    ['a name that hides its direction', { name: 'abc\u202Edef' }, '/name'],
    ['no traits', { traits: [] }, '/traits'],
    ['two traits of one name', { traits: [assistant.traits[0], assistant.traits[0]] }, '/traits/1/name'],
  ])('refuses %s', (_, change, pointer) => {
    register(change).thenRejected('invalid-input', pointer);
  });

  it('is not for viewers, nor for auditors', () => {
    for (const role of ['viewer', 'auditor'] as const)
      register({}, {}, { roles: [role] }).thenRejected('forbidden');
  });

  it('reads its facts from claims, the parent’s stream and the template’s', async () => {
    const parent = { status: 'draft', slug: 'parent' };
    const reader = factReader({
      claims: { 'slug taken-slug': personaId, 'team red': 'acme' },
      states: { [`persona ${parentPersonaId}`]: parent, [`template ${templateId}`]: assistants },
    });
    const facts = (input: object) => factsOf('registerPersona', { slug: 'new', ...input }, reader);
    const nothing = { teamExists: true, slugTaken: false, parent: null, template: null };
    await expect(facts({})).resolves.toEqual(nothing);
    await expect(facts({ slug: 'taken-slug' })).resolves.toEqual({ ...nothing, slugTaken: true });
    await expect(facts({ parentPersonaId })).resolves.toEqual({ ...nothing, parent });
    await expect(facts({ parentPersonaId: personaId })).resolves.toEqual(nothing);
    await expect(facts({ templateId })).resolves.toEqual({ ...nothing, template: assistants });
    await expect(facts({ templateId: personaId })).resolves.toEqual(nothing);
    await expect(facts({ teamId: 'red' })).resolves.toEqual(nothing);
    await expect(facts({ teamId: 'blue' })).resolves.toEqual({ ...nothing, teamExists: false });
  });
});

describe('a persona with a parent', () => {
  const parent = {
    status: 'draft',
    slug: 'parent',
    owner: { kind: 'user', id: 'ada' },
    ...shared,
    isPublic: false,
    draft: configWith({ prompt: locked }),
  } as Partial<ExistingPersona>;
  const child = (more: object, facts: object, around: Around = editor) =>
    when('registerPersona', { ...registration, parentPersonaId, ...more }, facts, around);

  it('remembers it, and takes nothing over by itself', () => {
    child({}, { parent }).thenEvents(
      registeredWith({ origin: 'parent', originRef: { parentPersonaId }, config }),
    );
  });

  it('refuses a parent that is not there, and one that is hidden, in the same words', () => {
    child({}, {}).thenRejected('persona-not-found', '/parentPersonaId');
    child({}, { parent }, bob).thenRejected('persona-not-found', '/parentPersonaId');
    const invited = { ...parent, allowedTeams: ['red'] };
    expect(child({}, { parent: invited }, { ...bob, teams: ['red'] }).events).toHaveLength(1);
  });

  it('may have the very locked text of its parent, and no other', () => {
    child({ prompt: locked }, { parent }).thenEvents(
      registeredWith({
        origin: 'parent',
        originRef: { parentPersonaId },
        config: configWith({ prompt: locked }),
      }),
    );
    const another = { content: { startLocked: 'my own' } };
    child({ prompt: another }, { parent }).thenRejected('prompt-locked', '/prompt/content/startLocked');
    const misplaced = { content: { endLocked: 'head' } };
    child({ prompt: misplaced }, { parent }).thenRejected('prompt-locked', '/prompt/content/endLocked');
  });
});

describe('a persona with a template', () => {
  const register = (more: object, facts: object, around: Around = editor) =>
    when('registerPersona', { ...registration, templateId, ...more }, facts, around);
  const origin = { origin: 'template', originRef: { templateId, templateVersion: 3 } };

  it('follows the revision that it was made from', () => {
    register({}, { template: assistants }).thenEvents(registeredWith(origin));
  });

  it('differs from it only where the template leaves that to it', () => {
    register({ temperature: 1 }, { template: assistants }).thenEvents(
      registeredWith({ ...origin, config: configWith({ temperature: 1 }) }),
    );
    register({ maxTokens: 500 }, { template: assistants }).thenRejected('template-field-fixed', '/maxTokens');
    const formal = { ...assistant.responseStyle, type: 'formal' };
    register({ responseStyle: formal }, { template: assistants }).thenRejected(
      'template-field-fixed',
      '/responseStyle/type',
    );
  });

  it('refuses a template that is not there, is hidden, is retired', () => {
    register({}, {}).thenRejected('template-not-found', '/templateId');
    const hidden = { ...assistants, isPublic: false };
    register({}, { template: hidden }).thenRejected('template-not-found', '/templateId');
    register({}, { template: { ...assistants, status: 'retired' } }).thenRejected('template-retired');
  });
});

describe('instantiateTemplate', () => {
  const input = { templateId, name: 'Technical Assistant' };
  const own = { temperature: 0.3, modelPreferences: assistant.modelPreferences };
  const make = (more: object = {}, facts: object = {}, around: Around = editor) =>
    when('instantiateTemplate', { ...input, ...more }, { template: assistants, ...facts }, around);
  const origin = { origin: 'template', originRef: { templateId, templateVersion: 3 } };

  it('makes a persona of the template’s base, with what the template leaves to it', () => {
    make(own)
      .thenEvents(registeredWith(origin))
      .thenReply({ slug: 'technical-assistant' })
      .again()
      .thenNothing();
  });

  it('a part of an object leaves the rest of it to the template', () => {
    const responseStyle = { ...config.responseStyle, tone: 'warm' };
    make({ ...own, responseStyle: { tone: 'warm' } }).thenEvents(
      registeredWith({ ...origin, config: configWith({ responseStyle }) }),
    );
  });

  it('refuses what the template fixes, and what would be no configuration', () => {
    make({ maxTokens: 500 }).thenRejected('template-field-fixed', '/maxTokens');
    make({ responseStyle: { verbosity: 1 } }).thenRejected(
      'template-field-fixed',
      '/responseStyle/verbosity',
    );
    const bare = { ...assistants, base: {} };
    make({}, { template: bare }).thenRejected('draft-invalid', '/description', '/traits', '/responseStyle');
  });

  it('refuses two of one name', () => {
    const trait = assistant.traits[0];
    make({ traits: [trait, trait] }).thenRejected('invalid-input', '/traits/1/name');
  });

  it('refuses a slug that is taken', () => {
    make({ slug: 'mine' }, { slug: 'mine', slugTaken: true }).thenRejected('slug-taken');
  });

  it('refuses a template that is not there, is hidden, is retired', () => {
    make({}, { template: null }).thenRejected('template-not-found', '/templateId');
    const reds = { ...assistants, isPublic: false, allowedTeams: ['red'] };
    make({}, { template: reds }).thenRejected('template-not-found', '/templateId');
    expect(make({}, { template: reds }, { ...editor, teams: ['red'] }).events).toHaveLength(1);
    make({}, { template: { ...assistants, status: 'retired' } }).thenRejected('template-retired');
  });

  it('locked text comes from the template, and from nobody else but an owner', () => {
    const template = { ...assistants, base: { ...assistants.base, prompt: locked } };
    expect(make({}, { template }).events[0]?.data).toMatchObject({ config: { prompt: locked } });
    const mine = { prompt: { content: { startLocked: 'my own' } } };
    make(mine, {}).thenRejected('prompt-locked', '/prompt/content/startLocked');
    expect(make(mine, {}, { roles: ['owner'] }).events).toHaveLength(1);
    for (const around of [editor, { roles: ['owner'] } satisfies Around])
      make(mine, { template }, around).thenRejected('template-field-fixed', '/prompt/content/startLocked');
  });

  it('may be about a real person, of whom all is sealed', () => {
    const outcome = make({ ...own, identity: { subjectId: 'grace', background: 'born in New York' } });
    const identity = { subjectId: 'grace', background: sealed('born in New York') };
    outcome.thenEvents(registeredWith({ ...origin, config: configWith({ identity }) }));
  });

  it('finds the first free slug of the name, or asks for the one it was given', async () => {
    const reader = factReader({
      claims: { 'slug technical-assistant': 'a', 'slug mine': 'b' },
      states: { [`template ${templateId}`]: assistants },
    });
    const facts = (more: object) => factsOf('instantiateTemplate', { ...input, ...more }, reader);
    const found = { teamExists: true, template: assistants };
    await expect(facts({})).resolves.toEqual({ ...found, slug: 'technical-assistant-2', slugTaken: false });
    await expect(facts({ slug: 'mine' })).resolves.toEqual({ ...found, slug: 'mine', slugTaken: true });
  });
});

describe('importPersona', () => {
  const input = { source: 'csv', sourceId: 'abc', persona: assistant };
  const bring = (more: object = {}, facts: object = {}, around: Around = {}) =>
    when('importPersona', { ...input, ...more }, { slug: 'technical-assistant-2', ...facts }, around);

  it('registers under the first free slug, its id given by the source', () => {
    const outcome = bring();
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

  it('a second time changes nothing', () => {
    bring().again().thenNothing();
  });

  it('a second time by somebody from whom it is hidden needs another source', () => {
    given(personaModule, registered)
      .when('importPersona', input, withFacts({}, bob))
      .thenRejected('source-taken', '/source');
  });

  it('looks for the slug it was given or makes one from the name', async () => {
    const claims = { 'slug technical-assistant': 'a', 'slug technical-assistant-2': 'b' };
    const facts = (persona: object) =>
      factsOf('importPersona', { ...input, persona }, factReader({ claims }));
    await expect(facts(assistant)).resolves.toEqual({ teamExists: true, slug: 'technical-assistant-3' });
    await expect(facts({ ...assistant, slug: 'mine' })).resolves.toMatchObject({ slug: 'mine' });
  });

  it('refuses two of one name, and a source id that could name a person', () => {
    const persona = { ...assistant, tags: ['a', 'a'] };
    bring({ persona }).thenRejected('invalid-input', '/persona/tags/1');
    bring({ sourceId: 'ada@acme.org' }).thenRejected('invalid-input', '/sourceId');
  });

  it('locked text is brought along by an owner alone', () => {
    const persona = { ...assistant, prompt: locked };
    bring({ persona }, {}, editor).thenRejected('prompt-locked', '/persona/prompt/content/startLocked');
    expect(bring({ persona }).events[0]?.data).toMatchObject({ config: { prompt: locked } });
  });

  it('takes a character card in the place of a persona, and exactly one of the two', async () => {
    const card = cardFrom(config, 'v2');
    const inputOf = { source: 'file', sourceId: 'abc', card };
    expect(when('importPersona', inputOf).events[0]?.data).toMatchObject({ origin: 'import', config });
    await expect(factsOf('importPersona', inputOf)).resolves.toMatchObject({ slug: 'technical-assistant' });
    bring({ card }).thenRejected('invalid-input', '');
    bring({ persona: undefined }).thenRejected('invalid-input', '');
  });

  it('locked text in a card is brought along by an owner alone', () => {
    const card = cardFrom(configWith({ prompt: locked }), 'v3');
    const inputOf = { source: 'file', sourceId: 'abc', card };
    const at = '/card/data/extensions/dramatis/config/prompt/content/startLocked';
    when('importPersona', inputOf, {}, editor).thenRejected('prompt-locked', at);
    expect(when('importPersona', inputOf).events[0]?.data).toMatchObject({ config: { prompt: locked } });
  });

  it('seals what is about a real person', () => {
    const persona = { ...assistant, writing: { subjectId: 'grace', coreBelief: 'ask forgiveness' } };
    expect(bring({ persona }).events[0]?.data).toMatchObject({
      config: { writing: { subjectId: 'grace', coreBelief: sealed('ask forgiveness') } },
    });
  });
});

describe('every new persona', () => {
  const commands: [operationId: string, input: object, origin: object][] = [
    ['registerPersona', registration, {}],
    ['instantiateTemplate', { templateId, name: 'New' }, { template: assistants }],
    ['importPersona', { source: 'csv', sourceId: 'abc', persona: assistant }, {}],
  ];
  const dataOf = (outcome: ReturnType<typeof when>) => outcome.events[0]!.data;

  it.each(commands)('%s: belongs to a team that its maker is in', (operationId, input, facts) => {
    const forReds = { ...input, teamId: 'red' };
    const owner = { kind: 'team', id: 'red' };
    const red: Around = { ...editor, teams: ['red'] };
    expect(dataOf(when(operationId, forReds, facts, red))).toMatchObject({ owner });
    when(operationId, forReds, facts, editor).thenRejected('team-not-yours');
    when(operationId, forReds, facts, { ...editor, teams: ['blue'] }).thenRejected('team-not-yours');
    expect(dataOf(when(operationId, forReds, facts, { roles: ['admin'] }))).toMatchObject({ owner });
    const alone = { ...facts, teamExists: false };
    when(operationId, forReds, alone, red).thenRejected('team-not-found', '/teamId');
  });

  it.each(commands)('%s: is seen by whom its maker names', (operationId, input, facts) => {
    const access = { isPublic: true, allowedUsers: ['bob', 'cleo', 'bob'], allowedRoles: ['approver'] };
    expect(dataOf(when(operationId, { ...input, ...access }, facts))).toMatchObject({
      isPublic: true,
      allowedUsers: ['bob', 'cleo'],
      allowedRoles: ['approver'],
    });
    expect(dataOf(when(operationId, input, facts))).toMatchObject({
      isPublic: false,
      allowedUsers: [],
      allowedRoles: [],
    });
  });

  it.each(commands)('%s: says what its draft hashes to', (operationId, input, facts) => {
    const { config: made, draftHash } = dataOf(when(operationId, input, facts)) as {
      config: PersonaConfig;
      draftHash: string;
    };
    expect(draftHash).toBe(contentHash(made));
  });

  it('about a real person has all of it sealed but whom it is about', () => {
    const identity = { subjectId: 'grace', goals: { longTerm: ['a compiler'] }, background: 'navy' };
    const outcome = when('registerPersona', { ...registration, identity });
    const sealedOnes = { goals: sealed(identity.goals), background: sealed('navy') };
    outcome.thenEvents(
      registeredWith({ config: configWith({ identity: { subjectId: 'grace', ...sealedOnes } }) }),
    );
    for (const secret of ['compiler', 'navy']) expect(JSON.stringify(outcome.events)).not.toContain(secret);
  });

  it('about nobody in particular is stored as it is said', () => {
    const identity = { goals: { longTerm: ['a compiler'] } };
    when('registerPersona', { ...registration, identity }).thenEvents(
      registeredWith({ config: configWith({ identity }) }),
    );
  });
});
