import { describe, expect, it } from 'vitest';
import { templateModule } from '../../../../src/domain/personas/templates/template.js';
import { factReader } from '../../../support/fact-reader.js';
import { given } from '../../../support/given.js';
import {
  base,
  created,
  createdPrivately,
  retired,
  revised,
  sharedPublicly,
  supportTemplate,
  templateId,
  visibilityChanged,
} from '../../../support/template-examples.js';

const nothing = given(templateModule);
const there = given(templateModule, created);
const hidden = given(templateModule, createdPrivately);
const over = given(templateModule, created, retired());
const free = { facts: { slug: 'support-agent', slugTaken: false, unknownTeam: -1 } };
const noTeams = { facts: { unknownTeam: -1 } };
const bob = { actorId: 'bob', roles: ['editor' as const] };
const ada = { actorId: 'ada', roles: ['editor' as const] };

describe('createTemplate', () => {
  it('makes revision 1, whose base is what was named and which everybody in the tenant sees', () => {
    nothing
      .when('createTemplate', supportTemplate, { ...ada, ...free })
      .thenEvents(created)
      .thenReply({ templateId, slug: 'support-agent', templateVersion: 1 })
      .again()
      .thenNothing();
  });

  it('says nothing of what the base does not speak of: no default stands in it, at any depth', () => {
    const spoken = {
      ...supportTemplate,
      baseMemory: {},
      baseVoice: { provider: 'x' },
      basePrompt: { content: { editableContent: 'Hi' } },
    };
    const [event] = nothing.when('createTemplate', spoken, free).events;
    expect(event!.data['base']).toEqual({
      ...base,
      memory: {},
      voice: { provider: 'x' },
      prompt: { content: { editableContent: 'Hi' } },
    });
  });

  it('needs no whole object: a persona may bring the rest', () => {
    const calm = { ...supportTemplate, baseResponseStyle: { tone: 'calm' } };
    const [event] = nothing.when('createTemplate', calm, free).events;
    expect(event!.data['base']).toMatchObject({ responseStyle: { tone: 'calm' } });
  });

  it('takes every member of a configuration as a part of the base, but for name and card', () => {
    const names = Object.keys(templateModule.commands['createTemplate']!.input.shape);
    expect(names).toEqual(
      expect.arrayContaining(['baseKnowledgeDomains', 'baseDescription', 'baseIdentity', 'basePrompt']),
    );
    expect(names).not.toContain('baseName');
    expect(names).not.toContain('baseCard');
  });

  it('shares with whom it is told to, each once', () => {
    const input = {
      ...supportTemplate,
      isPublic: false,
      allowedUsers: ['zoe', 'bob', 'zoe'],
      allowedRoles: ['viewer'],
      allowedTeams: ['red'],
    };
    const [event] = nothing.when('createTemplate', input, free).events;
    expect(event!.data).toMatchObject({
      isPublic: false,
      allowedUsers: ['bob', 'zoe'],
      allowedRoles: ['viewer'],
      allowedTeams: ['red'],
    });
  });

  it('refuses a slug that is taken and a team that is not there', () => {
    const taken = { facts: { ...free.facts, slugTaken: true } };
    nothing.when('createTemplate', supportTemplate, taken).thenRejected('template-slug-taken');
    const input = { ...supportTemplate, allowedTeams: ['red', 'blue'] };
    const unknown = { facts: { ...free.facts, unknownTeam: 1 } };
    nothing.when('createTemplate', input, unknown).thenRejected('team-not-found', '/allowedTeams/1');
  });

  it('leaves locked prompt parts to owners of the tenant', () => {
    const input = { ...supportTemplate, basePrompt: { content: { startLocked: 'Be kind.' } } };
    nothing
      .when('createTemplate', input, { ...ada, ...free })
      .thenRejected('prompt-locked', '/basePrompt/content/startLocked');
    expect(nothing.when('createTemplate', input, free).events).toHaveLength(1);
  });

  it('is not for viewers', () => {
    nothing.when('createTemplate', supportTemplate, { ...free, roles: ['viewer'] }).thenRejected('forbidden');
  });

  it.each([
    [
      'a field that is none',
      { customizableFields: ['traits', 'responseStyle.tune'] },
      '/customizableFields/1',
    ],
    ['a step into a list', { customizableFields: ['traits.0'] }, '/customizableFields/0'],
    ['a field twice', { customizableFields: ['traits', 'traits'] }, '/customizableFields/1'],
    ['a tag twice', { tags: ['a', 'a'] }, '/tags/1'],
    ['an empty category', { category: '' }, '/category'],
    ['a long category', { category: 'x'.repeat(51) }, '/category'],
    ['a long description', { description: 'x'.repeat(501) }, '/description'],
    ['a reserved slug', { slug: 'new' }, '/slug'],
    ['a base with a name', { baseName: 'Ada' }, '/baseName'],
    ['a base with a card', { baseCard: { spec: 'v2', data: {} } }, '/baseCard'],
    ['a base with an item in part', { baseTraits: [{ name: 'x' }] }, '/baseTraits/0/category'],
    [
      'a locked part as a field',
      { customizableFields: ['prompt.content.startLocked'] },
      '/customizableFields/0',
    ],
    ['a subject as a field', { customizableFields: ['identity.subjectId'] }, '/customizableFields/0'],
    [
      'two traits of one name',
      { baseTraits: [supportTemplate.baseTraits[0], supportTemplate.baseTraits[0]] },
      '/baseTraits/1/name',
    ],
    ['two tags of one name', { baseTags: ['a', 'a'] }, '/baseTags/1'],
    [
      'a base about a real person',
      { baseIdentity: { subjectId: 'jane', background: 'Born in 1990' } },
      '/baseIdentity/subjectId',
    ],
    ['a voice of a real person', { baseWriting: { subjectId: 'jane' } }, '/baseWriting/subjectId'],
    ['a large base', { baseMetadata: { many: Array(5).fill('x'.repeat(60_000)) } }, ''],
  ])('refuses %s', (_, change, pointer) => {
    const outcome = nothing.when('createTemplate', { ...supportTemplate, ...change }, free);
    outcome.thenRejected('invalid-input');
    expect(() => outcome.events).toThrow(
      expect.objectContaining({
        more: { errors: expect.arrayContaining([expect.objectContaining({ pointer })]) },
      }) as Error,
    );
  });

  it('tells what may have been meant', () => {
    const input = { ...supportTemplate, customizableFields: ['responseStyle.tones'] };
    expect(() => nothing.when('createTemplate', input, free).events).toThrow(
      expect.objectContaining({
        more: {
          errors: [
            {
              pointer: '/customizableFields/0',
              detail: 'is no member of a configuration; did you mean "responseStyle.tone"?',
            },
          ],
        },
      }) as Error,
    );
  });

  it('reads its facts from claims: the first free slug of the name, the first team that is not there', async () => {
    const holders: Record<string, string> = { 'template support-agent': 'x', 'team red': 'acme' };
    const read = {
      ...factReader({ claims: holders }),
      state: () => Promise.reject(new Error('reads no other stream')),
    };
    const facts = (input: Record<string, unknown>) =>
      templateModule.commands['createTemplate']!.facts!({ name: 'Support agent', ...input } as never, read);
    await expect(facts({ allowedTeams: ['red', 'blue'] })).resolves.toEqual({
      slug: 'support-agent-2',
      slugTaken: false,
      unknownTeam: 1,
    });
    await expect(facts({ slug: 'support-agent', allowedTeams: ['red'] })).resolves.toEqual({
      slug: 'support-agent',
      slugTaken: true,
      unknownTeam: -1,
    });
  });

  it('claims its slug', () => {
    const { claims, claimRejections } = templateModule.decider;
    expect(claims['TemplateCreated']!(created.data as never)).toEqual([
      { op: 'take', kind: 'template', key: 'support-agent' },
    ]);
    expect(claimRejections).toEqual({ template: 'template-slug-taken' });
  });
});

describe('reviseTemplate', () => {
  const revise = (change: Record<string, unknown>) => ({ templateId, ...change });

  it('counts up and carries whole new values of what changed', () => {
    there
      .when('reviseTemplate', revise({ baseTemperature: 1, name: 'Helper', category: 'support' }), ada)
      .thenEvents(revised(2, { name: 'Helper', base: { ...base, temperature: 1 } }))
      .thenReply({ templateVersion: 2 })
      .again()
      .thenNothing()
      .thenReply({ templateVersion: 2 });
    given(templateModule, created, revised(2, { tags: ['x'] }))
      .when('reviseTemplate', revise({ tags: [] }))
      .thenEvents(revised(3, { tags: [] }));
  });

  it('null takes a member out of the base', () => {
    const { tags: _, ...without } = base;
    there
      .when('reviseTemplate', revise({ baseTags: null, baseVoice: null }))
      .thenEvents(revised(2, { base: without }));
  });

  it('replaces the customizable fields as a whole', () => {
    there
      .when('reviseTemplate', revise({ customizableFields: ['voice.pitch'] }))
      .thenEvents(revised(2, { customizableFields: ['voice.pitch'] }));
  });

  it('holds of a member that it replaces what it names of it, and no default', () => {
    there
      .when('reviseTemplate', revise({ baseVoice: { provider: 'x' }, baseResponseStyle: { tone: 'calm' } }))
      .thenEvents(
        revised(2, { base: { ...base, voice: { provider: 'x' }, responseStyle: { tone: 'calm' } } }),
      );
  });

  it('nothing new is nothing', () => {
    there.when('reviseTemplate', revise({})).thenNothing();
    there.when('reviseTemplate', revise({ baseTemperature: 0.3, name: 'Support agent' })).thenNothing();
  });

  it('an admin, an owner and a member of the owning team may as well, nobody else may', () => {
    const owned = {
      ...created,
      data: { ...created.data, owner: { kind: 'team', id: 'red' } },
    };
    const change = revise({ name: 'Helper' });
    there.when('reviseTemplate', change, bob).thenRejected('template-not-yours');
    expect(there.when('reviseTemplate', change, { ...bob, roles: ['admin'] }).events).toHaveLength(1);
    const ofTeam = given(templateModule, owned);
    expect(ofTeam.when('reviseTemplate', change, { ...bob, teams: ['red'] }).events).toHaveLength(1);
    ofTeam.when('reviseTemplate', change, ada).thenRejected('template-not-yours');
  });

  it('refuses what is not there, what is hidden in the same words, and what is retired', () => {
    const change = revise({ name: 'Helper' });
    nothing.when('reviseTemplate', change).thenRejected('template-not-found', '/templateId');
    hidden.when('reviseTemplate', change, bob).thenRejected('template-not-found', '/templateId');
    const said = (outcome: typeof nothing): unknown => {
      try {
        return outcome.when('reviseTemplate', change, bob).events;
      } catch (error) {
        const { message, more } = error as Error & { more: unknown };
        return { message, more };
      }
    };
    expect(said(hidden)).toEqual(said(nothing));
    over.when('reviseTemplate', change).thenRejected('template-retired');
  });

  it('refuses a base that grows beyond its size, edit by edit', () => {
    const half = { many: Array(3).fill('x'.repeat(60_000)) };
    const big = given(templateModule, created, revised(2, { base: { metadata: half } }));
    const personaType = { many: Array(3).fill('y'.repeat(60_000)) };
    big.when('reviseTemplate', revise({ basePrompt: { personaType } })).thenRejected('draft-invalid', '');
  });

  it('leaves locked prompt parts to owners of the tenant', () => {
    const locked = { ...base, prompt: { ...promptWith('Be kind.') } };
    const template = given(templateModule, created, revised(2, { base: locked }));
    const change = revise({ basePrompt: promptWith('Be rude.') });
    template
      .when('reviseTemplate', change, ada)
      .thenRejected('prompt-locked', '/basePrompt/content/startLocked');
    template.when('reviseTemplate', revise({ basePrompt: null }), ada).thenRejected('prompt-locked');
    expect(template.when('reviseTemplate', change).events).toHaveLength(1);
    expect(template.when('reviseTemplate', revise({ baseTemperature: 1 }), ada).events).toHaveLength(1);
  });
});

const promptWith = (startLocked: string) => ({
  content: { startLocked },
  sysInfoEnabled: false,
  userProfileEnabled: false,
});

describe('setTemplateVisibility', () => {
  const set = (change: Record<string, unknown>) => ({ templateId, ...change });

  it('becoming public, and nothing else, has an event of its own', () => {
    hidden
      .when('setTemplateVisibility', set({ isPublic: true }), { ...ada, ...noTeams })
      .thenEvents(sharedPublicly)
      .again()
      .thenNothing();
  });

  it('any other change is told as a whole', () => {
    there
      .when('setTemplateVisibility', set({ isPublic: false, allowedTeams: ['red'] }), { ...ada, ...noTeams })
      .thenEvents(visibilityChanged({ allowedTeams: ['red'] }))
      .again()
      .thenNothing();
    hidden
      .when('setTemplateVisibility', set({ isPublic: true, allowedUsers: ['bob'] }), noTeams)
      .thenEvents(visibilityChanged({ isPublic: true, allowedUsers: ['bob'] }));
  });

  it('the order in which somebody is named does not count', () => {
    given(templateModule, created, visibilityChanged({ allowedUsers: ['bob', 'zoe'] }))
      .when('setTemplateVisibility', set({ isPublic: false, allowedUsers: ['zoe', 'bob', 'zoe'] }), noTeams)
      .thenNothing();
  });

  it('a retired template can still be hidden', () => {
    over.when('setTemplateVisibility', set({ isPublic: false }), noTeams).thenEvents(visibilityChanged({}));
  });

  it('refuses strangers, teams that are not there, and what is hidden or not there', () => {
    const change = set({ isPublic: false, allowedTeams: ['red'] });
    there.when('setTemplateVisibility', change, { ...bob, ...noTeams }).thenRejected('template-not-yours');
    const unknown = { facts: { unknownTeam: 0 } };
    there.when('setTemplateVisibility', change, unknown).thenRejected('team-not-found', '/allowedTeams/0');
    hidden.when('setTemplateVisibility', change, { ...bob, ...noTeams }).thenRejected('template-not-found');
    nothing.when('setTemplateVisibility', change, noTeams).thenRejected('template-not-found', '/templateId');
    there.when('setTemplateVisibility', set({}), noTeams).thenRejected('invalid-input', '/isPublic');
  });

  it('reads which teams there are', async () => {
    const read = factReader();
    const facts = templateModule.commands['setTemplateVisibility']!.facts!;
    await expect(facts({ allowedTeams: ['red'] } as never, read)).resolves.toEqual({ unknownTeam: 0 });
    await expect(facts({ allowedTeams: [] } as never, read)).resolves.toEqual({ unknownTeam: -1 });
  });
});

describe('retireTemplate', () => {
  it('retires once', () => {
    there
      .when('retireTemplate', { templateId, reason: 'nobody uses it' }, ada)
      .thenEvents(retired('nobody uses it'))
      .again()
      .thenNothing();
    there.when('retireTemplate', { templateId }).thenEvents(retired());
  });

  it('refuses strangers, and what is hidden or not there', () => {
    there.when('retireTemplate', { templateId }, bob).thenRejected('template-not-yours');
    hidden.when('retireTemplate', { templateId }, bob).thenRejected('template-not-found', '/templateId');
    nothing.when('retireTemplate', { templateId }).thenRejected('template-not-found', '/templateId');
  });
});
