/** Templates: what many personas begin with, in numbered revisions, and which of it each of them may change. */
import { z } from 'zod';
import { same } from '../../content-hash.js';
import { teamId } from '../../ids.js';
import { deciderFor, defineModule, take, type Caller, type FactReader } from '../../kernel.js';
import { customizableFields } from './customizable-fields.js';
import { reason } from '../events.js';
import { touchedLocks } from '../locked-parts.js';
import { maxConfigBytes } from '../persona-config.js';
import { chosenSlug, freeSlug, slugFrom } from '../persona-slug.js';
import { personaRejections } from '../rejections.js';
import { baseChangeShape, baseRules, baseShape, baseWith, type TemplateBase } from './template-base.js';
import {
  templateCategory,
  templateDescription,
  templateEvents,
  templateName,
  templateRef,
  templateTags,
} from './template-events.js';
import { bytes } from '../../text.js';
import { canSee, manages, visibilityShape, type Shared } from '../visibility.js';

export { templateRef } from './template-events.js';

export interface ExistingTemplate extends Shared {
  status: 'active' | 'retired';
  slug: string;
  /** The number of the newest revision. */
  templateVersion: number;
  name: string;
  description: string;
  category: string;
  base: TemplateBase;
  customizableFields: string[];
  tags: string[];
}
export type Template = { status: 'none' } | ExistingTemplate;

/** Evolve meets an existing template by construction: the stream begins with `TemplateCreated`. */
const known = (state: Template): ExistingTemplate => state as ExistingTemplate;

/** What a revision changes, without members that have no value. */
const defined = <T extends object>(members: T): T =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;

export const template = deciderFor<Template>()({
  name: 'template',
  id: 'templateId',
  events: templateEvents,
  rejections: personaRejections,
  initialState: () => ({ status: 'none' }),
  evolve: {
    TemplateCreated: (_, { templateId: __, ...created }) => ({
      status: 'active',
      templateVersion: 1,
      ...created,
    }),
    TemplateRevised: (state, { templateVersion, changed }) => ({
      ...known(state),
      ...(defined(changed) as Partial<ExistingTemplate>),
      templateVersion,
    }),
    TemplateSharedPublicly: (state) => ({ ...known(state), isPublic: true }),
    TemplateVisibilityChanged: (state, { templateId: _, ...visibility }) => ({
      ...known(state),
      ...visibility,
    }),
    TemplateRetired: (state) => ({ ...known(state), status: 'retired' }),
  },
  // A retired template keeps its slug, so that an old address never leads to another template.
  claims: { TemplateCreated: ({ slug }) => [take('template', slug)] },
  claimRejections: { template: 'template-slug-taken' },
});

/** The template, if the caller may know of it; one that is hidden answers as one that is not there. */
function existing(state: Template, caller: Caller): ExistingTemplate {
  if (state.status !== 'none' && canSee(state, caller)) return state;
  const detail = 'there is no such template';
  return template.reject('template-not-found', detail, { errors: [{ pointer: '/templateId', detail }] });
}

/** The template, if the caller looks after it. */
function managed(state: Template, caller: Caller): ExistingTemplate {
  const found = existing(state, caller);
  return manages(found, caller) ? found : template.reject('template-not-yours');
}

/** Refuses locked prompt parts that are not as they were, unless an owner of the tenant touches them. */
function guardLocks(before: TemplateBase, after: TemplateBase, { roles }: Caller): void {
  if (roles.includes('owner')) return;
  const touched = touchedLocks(before, after, '');
  const errors = touched.map(({ pointer, detail }) => ({
    pointer: pointer.replace('/prompt', '/basePrompt'),
    detail,
  }));
  if (errors.length > 0) template.reject('prompt-locked', undefined, { errors });
}

const sharing = { ...visibilityShape, allowedTeams: z.array(teamId).max(100).default([]) };
type Sharing = z.output<z.ZodObject<typeof sharing>>;

/** Each once and in order, so that the same people named in another way are the same. */
const named = <T extends string>(list: readonly T[]): T[] => [...new Set(list)].sort();
const sharingIn = ({ isPublic, allowedUsers, allowedRoles, allowedTeams }: Sharing): Sharing => ({
  isPublic,
  allowedUsers: named(allowedUsers),
  allowedRoles: named(allowedRoles),
  allowedTeams: named(allowedTeams),
});

/** The index of the first team that does not exist, or -1. */
async function unknownTeam({ allowedTeams }: Sharing, read: FactReader): Promise<number> {
  const holders = await Promise.all(allowedTeams.map((id) => read.claimOwner('team', id)));
  return holders.indexOf(null);
}

function guardTeams({ unknownTeam: index }: { unknownTeam: number }): void {
  if (!(index >= 0)) return;
  const detail = 'there is no such team';
  template.reject('team-not-found', detail, { errors: [{ pointer: `/allowedTeams/${index}`, detail }] });
}

const fields = { customizableFields, tags: templateTags };
type Listed = { tags?: string[] | undefined; customizableFields?: string[] | undefined };

/** What an input lists, it lists once. */
function listRules(input: Listed, ctx: z.RefinementCtx): void {
  for (const list of ['tags', 'customizableFields'] as const) {
    const items = input[list] ?? [];
    items.forEach((item, index) => {
      if (items.indexOf(item) === index) return;
      ctx.addIssue({ code: 'custom', path: [list, index], message: 'is there already' });
    });
  }
}

const newTemplate = z
  .strictObject({
    slug: chosenSlug.optional().describe('Default: the first free one of the name'),
    name: templateName,
    description: templateDescription,
    category: templateCategory,
    ...baseShape,
    customizableFields: fields.customizableFields.default([]),
    tags: fields.tags.default([]),
    ...sharing,
    isPublic: z.boolean().default(true).describe('Everybody in the tenant sees it'),
  })
  .superRefine(baseRules)
  .superRefine(listRules);

const revision = z
  .strictObject({
    templateId: templateRef,
    name: templateName.optional(),
    description: templateDescription.optional(),
    category: templateCategory.optional(),
    ...baseChangeShape,
    customizableFields: fields.customizableFields.optional(),
    tags: fields.tags.optional(),
  })
  .superRefine(baseRules)
  .superRefine(listRules);

type Content = Pick<
  ExistingTemplate,
  'name' | 'description' | 'category' | 'base' | 'customizableFields' | 'tags'
>;

/** The members of what a template says that a revision gives another value. */
function changesIn(before: Content, given: Partial<Content>): Partial<Content> {
  const names = Object.keys(given) as (keyof Content)[];
  const differing = names.filter((name) => given[name] !== undefined && !same(before[name], given[name]));
  return Object.fromEntries(differing.map((name) => [name, given[name]]));
}

export const templateModule = defineModule(template, {
  createTemplate: template.command({
    http: 'POST /templates',
    summary: 'Create a template of personas; everybody in the tenant sees it, unless it is said otherwise',
    permission: 'templates:write',
    input: newTemplate,
    rejects: ['template-slug-taken', 'team-not-found', 'prompt-locked'],
    facts: async (input, read) => {
      const isFree = async (slug: string) => (await read.claimOwner('template', slug)) === null;
      const slug = input.slug ?? (await freeSlug(slugFrom(input.name, 'template'), isFree));
      return { slug, slugTaken: !(await isFree(slug)), unknownTeam: await unknownTeam(input, read) };
    },
    decide: (state, input, ctx) => {
      if (state.status !== 'none') return [];
      const { slug, slugTaken } = ctx.facts;
      const { name, description, category, customizableFields: left, tags } = input;
      if (slugTaken) return ctx.reject('template-slug-taken', `the slug ${slug} is taken`);
      guardTeams(ctx.facts);
      const base = baseWith({}, input);
      guardLocks({}, base, ctx.actor);
      return [
        template.event('TemplateCreated', {
          templateId: ctx.streamId,
          slug,
          name,
          description,
          category,
          base,
          customizableFields: left,
          tags,
          owner: { kind: 'user', id: ctx.actor.id },
          ...sharingIn(input),
        }),
      ];
    },
    reply: (state, _, { streamId }) => {
      const { slug, templateVersion } = known(state);
      return { templateId: streamId, slug, templateVersion };
    },
  }),

  reviseTemplate: template.command({
    http: 'PATCH /templates/:templateId',
    summary: 'Change a template; its personas stay as they are until they adopt the revision',
    permission: 'templates:write',
    input: revision,
    rejects: [
      'template-not-found',
      'template-not-yours',
      'template-retired',
      'prompt-locked',
      'draft-invalid',
    ],
    decide: (state, input, ctx) => {
      const before = managed(state, ctx.actor);
      if (before.status === 'retired') return ctx.reject('template-retired');
      const { name, description, category, customizableFields: left, tags } = input;
      const base = baseWith(before.base, input);
      guardLocks(before.base, base, ctx.actor);
      const changed = changesIn(before, {
        name,
        description,
        category,
        base,
        customizableFields: left,
        tags,
      });
      if (Object.keys(changed).length === 0) return [];
      if (bytes(JSON.stringify(base)) > maxConfigBytes) {
        const detail = 'the base would be larger than 256 KiB';
        return ctx.reject('draft-invalid', detail, { errors: [{ pointer: '', detail }] });
      }
      const templateVersion = before.templateVersion + 1;
      return [template.event('TemplateRevised', { templateId: ctx.streamId, templateVersion, changed })];
    },
    reply: (state) => ({ templateVersion: known(state).templateVersion }),
  }),

  setTemplateVisibility: template.command({
    http: 'PUT /templates/:templateId/visibility',
    summary: 'Make a template public within the tenant, or say which members, roles and teams see it',
    permission: 'templates:write',
    input: z.strictObject({ templateId: templateRef, ...sharing, isPublic: z.boolean() }),
    rejects: ['template-not-found', 'template-not-yours', 'team-not-found'],
    facts: async (input, read) => ({ unknownTeam: await unknownTeam(input, read) }),
    decide: (state, input, ctx) => {
      const before = sharingIn(managed(state, ctx.actor));
      guardTeams(ctx.facts);
      const after = sharingIn(input);
      if (same(before, after)) return [];
      const templateId = ctx.streamId;
      return same({ ...before, isPublic: true }, after)
        ? [template.event('TemplateSharedPublicly', { templateId })]
        : [template.event('TemplateVisibilityChanged', { templateId, ...after })];
    },
  }),

  retireTemplate: template.command({
    http: 'POST /templates/:templateId/retire',
    summary: 'Retire a template: no more personas are made from it, those that were made stay',
    permission: 'templates:write',
    input: z.strictObject({ templateId: templateRef, reason: reason.optional() }),
    rejects: ['template-not-found', 'template-not-yours'],
    decide: (state, input, ctx) => {
      const { status } = managed(state, ctx.actor);
      if (status === 'retired') return [];
      const why = input.reason === undefined ? {} : { reason: input.reason };
      return [template.event('TemplateRetired', { templateId: ctx.streamId, ...why })];
    },
  }),
});
