/** Commands that make a persona: from scratch, from a parent, from a template or from somewhere else. */
import { z } from 'zod';
import { contentHash } from '../content-hash.js';
import { teamId } from '../ids.js';
import type { Caller, DecideContext, FactReader } from '../kernel.js';
import { importSource, importSourceId, personaEvents, personaRef, type Owner } from './events.js';
import { cardInput, personaFromCard } from './cards/card-import.js';
import { pointerOf } from '../json-pointer.js';
import { broughtLocks, type Parts } from './locked-parts.js';
import { missing, persona, type ExistingPersona } from './persona.js';
import {
  configIn,
  configRules,
  configShape,
  givenRules,
  givenShape,
  storedConfig,
  type PersonaConfig,
} from './persona-config.js';
import { noTeam } from './persona-sharing.js';
import { chosenSlug, freeSlug, slugFrom } from './persona-slug.js';
import { templateRef, type ExistingTemplate } from './templates/template.js';
import { instanceOf, instanceShape, type Given } from './templates/template-instance.js';
import { inUse, templateFact, usable } from './templates/template-use.js';
import { canSee, manages, visibilityShape } from './visibility.js';

/** Whose a new persona is and who sees it; without `teamId` it belongs to whoever makes it. */
const access = {
  teamId: teamId.optional().describe('The team that owns the persona'),
  ...visibilityShape,
};
type Access = z.output<z.ZodObject<typeof access>>;

/** What a persona cannot be without, unless its template has it. */
const needed = ['description', 'traits', 'responseStyle'] as const;

const { name } = configShape;
const registration = z
  .strictObject({
    slug: chosenSlug,
    ...givenShape,
    name,
    templateId: templateRef.optional(),
    parentPersonaId: personaRef.optional(),
    ...access,
  })
  .superRefine(givenRules)
  .superRefine((input, ctx) => {
    if (input.templateId !== undefined) return;
    for (const member of needed) {
      if (input[member] !== undefined) continue;
      ctx.addIssue({ code: 'custom', path: [member], message: 'is missing; only a template can give it' });
    }
  })
  .refine((input) => input.templateId === undefined || input.parentPersonaId === undefined, {
    path: ['templateId'],
    error: 'a persona has a template or a parent, not both',
  });

interface AccessFacts {
  teamExists: boolean;
}
const accessFacts = async ({ teamId: team }: Access, read: FactReader): Promise<AccessFacts> => ({
  teamExists: team === undefined || (await read.claimOwner('team', team)) !== null,
});

/** The owner of what the caller makes. @throws for a team that is not there or that the caller is not in */
function ownerOf({ teamId: team }: Access, ctx: DecideContext<never, AccessFacts>): Owner {
  if (team === undefined) return { kind: 'user', id: ctx.actor.id };
  if (!ctx.facts.teamExists) return persona.reject('team-not-found', ...noTeam);
  const owner: Owner = { kind: 'team', id: team };
  return manages({ owner }, ctx.actor) ? owner : persona.reject('team-not-yours');
}

type Registered = z.output<(typeof personaEvents)['PersonaRegistered']>;

/** What is said of a new persona, beside its configuration. */
interface Made extends Pick<Registered, 'slug' | 'origin' | 'originRef'> {
  access: Access;
  config: PersonaConfig;
  /** Where locked prompt parts may come from. */
  source?: Parts;
  /** Where the configuration stands in the input. */
  prefix?: string;
}

function registered(made: Made, ctx: DecideContext<never, AccessFacts>) {
  const { slug, origin, originRef, config, source, prefix = '' } = made;
  const owner = ownerOf(made.access, ctx);
  const errors = broughtLocks(source, config, prefix);
  if (errors.length > 0 && !ctx.actor.roles.includes('owner')) {
    return persona.reject('prompt-locked', undefined, { errors });
  }
  const { isPublic, allowedUsers, allowedRoles } = made.access;
  return [
    persona.event('PersonaRegistered', {
      personaId: ctx.streamId,
      slug,
      owner,
      origin,
      ...(originRef && { originRef }),
      config,
      draftHash: contentHash(config),
      isPublic,
      allowedUsers: [...new Set(allowedUsers)],
      allowedRoles: [...new Set(allowedRoles)],
    }),
  ];
}

/** The parent, if the caller may know of it. */
const seen = (parent: ExistingPersona | null, caller: Caller): ExistingPersona =>
  parent && canSee(parent, caller) ? parent : missing('/parentPersonaId');

/** The configuration of an instance. @throws where it overrides what the template fixes, or lacks something */
function instance(found: ExistingTemplate, given: Given): PersonaConfig {
  const made = instanceOf(found, given);
  if ('config' in made) return made.config;
  return persona.reject(made.code, made.detail, { errors: made.errors });
}

/** The configuration with its defaults. @throws where these make too large what is large already */
function complete(given: Given): PersonaConfig {
  const parsed = storedConfig.safeParse(given);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({
    pointer: pointerOf(path),
    detail: message,
  }));
  return persona.reject('draft-invalid', errors[0]!.detail, { errors });
}

/** Where a card says what a configuration has beyond its fields. */
const extensionAt = (card: object): string =>
  `/card${Object.hasOwn(card, 'data') ? '/data' : ''}/extensions/dramatis/config`;

/** As with slugs, that a source is taken cannot be hidden: it decides the id. */
const sourceDetail = 'the persona from this source is somebody else’s; import it under another source';
const sourceTaken = [sourceDetail, { errors: [{ pointer: '/source', detail: sourceDetail }] }] as const;

const free = (read: FactReader) => async (slug: string) => (await read.claimOwner('slug', slug)) === null;

/** What `registered` and `ownerOf` refuse with, and what making an instance does. */
const accessRefusals = ['team-not-found', 'team-not-yours', 'prompt-locked'] as const;
const templateRefusals = [
  'template-not-found',
  'template-retired',
  'template-field-fixed',
  'draft-invalid',
] as const;

export const creationCommands = {
  registerPersona: persona.command({
    http: 'POST /personas',
    summary: 'Register a persona; it begins as a draft without a version',
    permission: 'personas:write',
    input: registration,
    rejects: ['slug-taken', 'persona-not-found', ...templateRefusals, ...accessRefusals],
    facts: async (input, read) => {
      const parent = input.parentPersonaId ? await read.state(persona, input.parentPersonaId) : null;
      return {
        ...(await accessFacts(input, read)),
        slugTaken: !(await free(read)(input.slug)),
        parent: parent?.status === 'none' ? null : parent,
        template: await templateFact(input.templateId, read),
      };
    },
    decide: (state, input, ctx) => {
      if (state.status !== 'none') return [];
      const { slug, parentPersonaId, templateId } = input;
      const given = configIn(input);
      const made = { slug, access: input };
      // What is hidden comes first: any other refusal would tell that it is there.
      const found = templateId === undefined ? null : inUse(usable(ctx.facts.template, ctx.actor));
      const parent = parentPersonaId === undefined ? null : seen(ctx.facts.parent, ctx.actor);
      if (ctx.facts.slugTaken) return ctx.reject('slug-taken', `the slug ${slug} is taken`);
      if (found) {
        const originRef = { templateId, templateVersion: found.templateVersion };
        const config = instance(found, given);
        return registered({ ...made, origin: 'template', originRef, config, source: found.base }, ctx);
      }
      const config = complete(given);
      if (!parent) return registered({ ...made, origin: 'new', config }, ctx);
      const originRef = { parentPersonaId };
      return registered({ ...made, origin: 'parent', originRef, config, source: parent.draft }, ctx);
    },
  }),

  instantiateTemplate: persona.command({
    http: 'POST /templates/:templateId/personas',
    summary: 'Make a persona from a template; only what the template leaves to the persona may be given',
    permission: 'personas:write',
    input: z
      .strictObject({
        templateId: templateRef,
        slug: chosenSlug.optional().describe('Default: the first free one of the name'),
        ...instanceShape,
        name,
        ...access,
      })
      .superRefine(givenRules),
    rejects: ['slug-taken', ...templateRefusals, ...accessRefusals],
    facts: async (input, read) => {
      const slug = input.slug ?? (await freeSlug(slugFrom(input.name), free(read)));
      return {
        ...(await accessFacts(input, read)),
        slug,
        slugTaken: !(await free(read)(slug)),
        template: await templateFact(input.templateId, read),
      };
    },
    decide: (state, { slug: _, templateId, ...input }, ctx) => {
      if (state.status !== 'none') return [];
      const { slug, slugTaken } = ctx.facts;
      const found = inUse(usable(ctx.facts.template, ctx.actor));
      if (slugTaken) return ctx.reject('slug-taken', `the slug ${slug} is taken`);
      const originRef = { templateId, templateVersion: found.templateVersion };
      const config = instance(found, configIn(input));
      return registered(
        { slug, access: input, origin: 'template', originRef, config, source: found.base },
        ctx,
      );
    },
    reply: (state) => ({ slug: (state as ExistingPersona).slug }),
  }),

  importPersona: persona.command({
    http: 'POST /personas/import',
    summary: 'Import a persona or a character card from a source; from the same source again changes nothing',
    permission: 'personas:write',
    input: z
      .strictObject({
        source: importSource,
        sourceId: importSourceId,
        persona: z
          .strictObject({ slug: chosenSlug.optional(), ...configShape })
          .superRefine(configRules)
          .optional(),
        card: cardInput.optional().describe('A character card (V1, V2 or V3), in the place of a persona'),
        ...access,
      })
      .refine((input) => (input.persona === undefined) !== (input.card === undefined), {
        error: 'must have either persona or card',
      }),
    rejects: ['source-taken', ...accessRefusals],
    facts: async (input, read) => {
      const slug = input.persona?.slug ?? slugFrom(input.persona?.name ?? personaFromCard(input.card!).name);
      return { ...(await accessFacts(input, read)), slug: await freeSlug(slug, free(read)) };
    },
    decide: (state, { source, sourceId, persona: given, card, ...input }, ctx) => {
      if (state.status !== 'none') {
        return canSee(state, ctx.actor) ? [] : ctx.reject('source-taken', ...sourceTaken);
      }
      const { slug } = ctx.facts;
      const originRef = { source, sourceId };
      const config = given ? configIn(given) : personaFromCard(card!);
      const prefix = given ? '/persona' : extensionAt(card!);
      return registered({ slug, access: input, origin: 'import', originRef, config, prefix }, ctx);
    },
    reply: (state) => ({ slug: (state as ExistingPersona).slug }),
  }),
};
