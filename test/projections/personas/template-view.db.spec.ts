import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../src/domain/kernel.js';
import { personaReadModule } from '../../../src/projections/personas/module.js';
import { areaWorld, type AreaWorld } from '../../support/area-world.js';
import { base, customizableFields, supportTemplate } from '../../support/template-examples.js';

let world: AreaWorld;
let before: string;
let id: string;

const create = (name: string, more: Record<string, unknown> = {}, as = {}) =>
  world.send('createTemplate', { ...supportTemplate, name, ...more }, as);
const slugs = async (input: Record<string, unknown> = {}, as = {}): Promise<string[]> => {
  const { items } = await world.ask<{ items: { slug: string }[] }>('listTemplates', input, as);
  return items.map(({ slug }) => slug);
};
const viewer = (who: string, more: { roles?: Role[]; teams?: string[] } = {}) => ({
  id: who,
  roles: ['viewer'] satisfies Role[],
  teams: [],
  ...more,
});

beforeAll(async () => {
  world = await areaWorld(personaReadModule);
  await world.send(
    'createTenant',
    { name: 'Acme', tenantId: 'acme', ownerId: 'ada' },
    { tenantId: 'default' },
  );
  await world.send('createTeam', { teamId: 'red', name: 'Red' });
  id = (await create('Support agent')).id;
  await create('Bookkeeper', { category: 'finance', tags: ['money'], description: '100 % exact' });
  await create('Secret', { isPublic: false, allowedUsers: ['bob'], allowedRoles: ['approver'] });
  await create('Team only', { isPublic: false, allowedTeams: ['red'] }, { id: 'cleo' });
  before = world.now();
  await world.send('reviseTemplate', { templateId: 'support-agent', name: 'Helper', baseTemperature: 1 });
  await world.send('setTemplateVisibility', { templateId: 'bookkeeper', isPublic: false });
  await world.send('setTemplateVisibility', { templateId: 'secret', isPublic: true });
  await create('Old one');
  await world.send('retireTemplate', { templateId: 'old-one', reason: 'unused' });
  await create('Elsewhere', {}, { tenantId: 'other' });
});
afterAll(() => world.stop());

describe('getTemplate', () => {
  it('shows the template with its base, by id or slug', async () => {
    const template = await world.ask('getTemplate', { templateId: 'support-agent' });
    expect(template).toEqual({
      templateId: id,
      slug: 'support-agent',
      status: 'active',
      name: 'Helper',
      description: 'Answers customers',
      category: 'support',
      base: { ...base, temperature: 1 },
      customizableFields,
      tags: ['customers'],
      templateVersion: 2,
      owner: { kind: 'user', id: 'ada' },
      isPublic: true,
      allowedUsers: [],
      allowedRoles: [],
      allowedTeams: [],
      version: 2,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(personaReadModule.queries['getTemplate']!.output.parse(template)).toEqual(template);
    expect(await world.ask('getTemplate', { templateId: id })).toEqual(template);
  });

  it('shows it as it was at any moment', async () => {
    const then = await world.ask('getTemplate', { templateId: id }, { asOf: before });
    expect(then).toMatchObject({ name: 'Support agent', templateVersion: 1, base });
  });

  it('is seen by whom it is shared with, and is not there for anybody else', async () => {
    const seen = (who: object) => world.ask('getTemplate', { templateId: 'team-only' }, who);
    for (const who of [
      viewer('cleo'),
      viewer('x', { teams: ['red'] }),
      viewer('x', { roles: ['auditor'] }),
    ]) {
      expect(await seen(who)).toMatchObject({ slug: 'team-only' });
    }
    expect(await world.refused(seen(viewer('bob')))).toBe('template-not-found');
    expect(await world.refused(world.ask('getTemplate', { templateId: 'nothing' }))).toBe(
      'template-not-found',
    );
    expect(await world.refused(world.ask('getTemplate', { templateId: id }, { tenantId: 'other' }))).toBe(
      'template-not-found',
    );
  });

  it('the past is seen by whom the present may be seen', async () => {
    const then = (templateId: string) =>
      world.ask('getTemplate', { templateId }, { ...viewer('x'), asOf: before });
    expect(await then('secret')).toMatchObject({ isPublic: false });
    expect(await world.refused(then('bookkeeper'))).toBe('template-not-found');
    expect(await world.refused(then('old-one'))).toBe('template-not-found');
  });
});

describe('listTemplates', () => {
  it('tells the essentials of each', async () => {
    const { items } = await world.ask('listTemplates', { tag: 'money' });
    expect(items).toEqual([
      {
        templateId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        slug: 'bookkeeper',
        status: 'active',
        name: 'Bookkeeper',
        description: '100 % exact',
        category: 'finance',
        tags: ['money'],
        customizableFields,
        templateVersion: 1,
        owner: { kind: 'user', id: 'ada' },
        isPublic: false,
        version: 2,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    ]);
  });

  it.each([
    [{}, ['bookkeeper', 'support-agent', 'secret', 'team-only']],
    [{ includeRetired: true }, ['bookkeeper', 'support-agent', 'old-one', 'secret', 'team-only']],
    [{ category: 'finance' }, ['bookkeeper']],
    [{ category: 'Finance' }, []],
    [{ tag: 'money' }, ['bookkeeper']],
    [{ q: 'HELP' }, ['support-agent']],
    [{ q: '%' }, ['bookkeeper']],
    [{ q: 'finance' }, ['bookkeeper']],
    [{ q: 'nowhere' }, []],
  ])('%j gives %j', async (input, expected) => {
    expect(await slugs(input)).toEqual(expected);
  });

  it('shows what the reader may see and nothing else', async () => {
    expect(await slugs({}, viewer('x'))).toEqual(['support-agent', 'secret']);
    expect(await slugs({}, viewer('x', { teams: ['red'] }))).toEqual([
      'support-agent',
      'secret',
      'team-only',
    ]);
    expect(await slugs({}, viewer('cleo'))).toEqual(['support-agent', 'secret', 'team-only']);
    expect(await slugs({}, { tenantId: 'other' })).toEqual(['elsewhere']);
  });

  it('the past is seen by whom the present may be seen', async () => {
    expect(await slugs({}, { asOf: before })).toEqual(['bookkeeper', 'secret', 'support-agent', 'team-only']);
    expect(await slugs({}, { ...viewer('x'), asOf: before })).toEqual(['secret', 'support-agent']);
  });

  it('pages', async () => {
    const first = await world.ask('listTemplates', { limit: 3 });
    expect(first.items).toHaveLength(3);
    expect(await slugs({ limit: 3, cursor: first.next })).toEqual(['team-only']);
    expect(await world.refused(slugs({ limit: 3, cursor: first.next, tag: 'money' }))).toBe('invalid-input');
  });
});
