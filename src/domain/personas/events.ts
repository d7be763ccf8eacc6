/** What happens to a persona. Configurations in events are complete: no default is left to be filled later. */
import { z } from 'zod';
import { digest, memberId, opaqueId } from '../ids.js';
import { withoutDefaults } from '../schema-walk.js';
import { reference } from '../reference.js';
import { clear, personal } from '../sealed.js';
import { role } from '../tenancy/events.js';
import { manifest } from './manifest.js';
import { platformAdaptation, platformType } from './platform-adaptation.js';
import { configShape, personaConfig, type PersonaConfig } from './persona-config.js';
import { slug } from './persona-slug.js';
import { autonomyShape } from './refinements/autonomy.js';
import { changeClass } from './refinements/change-class.js';
import { refinementSource } from './refinements/change-source.js';

/** UUIDv7, or UUIDv5 of its source for an imported persona. */
const personaId = clear(z.uuid());
/** A persona by id or by slug. */
export const personaRef = reference(
  { category: 'persona', claim: 'slug' },
  clear(z.string().min(1).max(64).describe('The id or the slug of a persona')),
);

/** Counts from 1 without gaps; a version never changes once it is there. */
export const versionNo = z.int().min(1);

/** Words that mean something else where a channel may stand (`?from=draft`), or something to JavaScript. */
const reservedChannels = new Set(['draft', 'head', 'latest', 'constructor', 'prototype']);

/** A pointer to a published version: `production`, `staging` or a name of one's own. */
export const channelName = clear(
  z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1–32 of a–z 0–9 and dashes, a letter first')
    .refine((name) => !reservedChannels.has(name), { error: 'is reserved' }),
);

export const reason = personal('@actor', z.string().min(1).max(2_000));

/** Who answers for a persona. */
export const owner = z.strictObject({ kind: z.enum(['user', 'team', 'tenant']), id: opaqueId });
export type Owner = z.output<typeof owner>;

/** Where imported things come from, such as `csv`, and which one it is there; neither may name a person. */
export const importSource = clear(
  z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1–32 of a–z 0–9 and dashes, a letter first'),
);
export const importSourceId = clear(
  z.string().regex(/^[A-Za-z0-9_.:/#-]{1,200}$/, 'must be 1–200 of A–Z a–z 0–9 _ . : / # -'),
);

/** Lineage: the members that the origin has. */
const originRef = z.strictObject({
  parentPersonaId: personaId.optional(),
  templateId: clear(z.uuid()).optional(),
  /** The revision of the template that the persona was made from. */
  templateVersion: versionNo.optional(),
  source: importSource.optional(),
  sourceId: importSourceId.optional(),
});

type ConfigMember = keyof typeof configShape;
type Changed = z.ZodObject<
  { [K in ConfigMember]: z.ZodOptional<z.ZodType<PersonaConfig[K]>> },
  z.core.$strict
>;

/** New values of the members that changed, and of no others: a default here would invent a change. */
export const changedMembers = z.strictObject(
  Object.fromEntries(
    Object.entries(configShape).map(([name, node]) => [name, withoutDefaults(node).optional()]),
  ),
) as unknown as Changed;

/** Names of members that are gone. */
export const removedMembers = z.array(z.enum(Object.keys(configShape) as [ConfigMember, ...ConfigMember[]]));

const lifecycle = z.strictObject({ personaId, reason: reason.optional() });
const adapted = z.strictObject({ personaId, platformType, adaptation: platformAdaptation });
const users = z.array(memberId);
const roles = z.array(role);
const sharedTeam = z.strictObject({ personaId, teamId: opaqueId });

export const personaEvents = {
  PersonaRegistered: z.strictObject({
    personaId,
    slug,
    owner,
    origin: z.enum(['new', 'parent', 'import', 'template']),
    originRef: originRef.optional(),
    config: personaConfig,
    draftHash: digest,
    // Before there was sharing, everybody in the tenant saw every persona.
    isPublic: z.boolean().default(true),
    allowedUsers: users.default([]),
    allowedRoles: roles.default([]),
  }),
  PersonaDraftEdited: z.strictObject({
    personaId,
    changed: changedMembers,
    removed: removedMembers,
    /** Content hash of the whole draft after the edit. */
    draftHash: digest,
  }),
  /** Carries its configuration, so that a version can be read without the edits that led to it. */
  PersonaVersionPublished: z.strictObject({
    personaId,
    versionNo,
    /** Content hash of the configuration. */
    versionHash: digest,
    config: personaConfig,
    /**
     * The refinement that it applies, or that is going to record it: a later version that was published directly, or
     * by a rollback, has an id that follows from persona and number.
     */
    refinementId: clear(z.uuid()).optional(),
    source: refinementSource.optional(),
    changeClass: changeClass.optional(),
  }),
  PersonaChannelMoved: z.strictObject({
    personaId,
    channel: channelName,
    /** The version it pointed to; null for a channel that is new. */
    from: versionNo.nullable(),
    to: versionNo,
    reason,
  }),
  PersonaOwnershipTransferred: z.strictObject({
    personaId,
    from: owner,
    to: owner,
    reason: reason.optional(),
  }),
  PersonaVisibilityChanged: z.strictObject({
    personaId,
    isPublic: z.boolean(),
    allowedUsers: users,
    allowedRoles: roles,
  }),
  PersonaSharedWithTeam: sharedTeam,
  PersonaUnsharedFromTeam: sharedTeam,
  PersonaManifestChanged: z.strictObject({ personaId, manifest }),
  PlatformAdaptationAdded: adapted,
  PlatformAdaptationChanged: adapted,
  PlatformAdaptationRemoved: z.strictObject({ personaId, platformType }),
  /** The draft follows a newer revision of its template; what that changed stands in `PersonaDraftEdited`. */
  PersonaTemplateAdopted: z.strictObject({
    personaId,
    templateId: clear(z.uuid()),
    from: versionNo,
    to: versionNo,
  }),
  /** What becomes of changes that machines propose. */
  PersonaAutonomyChanged: z.strictObject({ personaId, ...autonomyShape }),
  PersonaActivated: lifecycle,
  PersonaDeactivated: lifecycle,
  PersonaArchived: lifecycle,
  PersonaRestored: lifecycle,
};
