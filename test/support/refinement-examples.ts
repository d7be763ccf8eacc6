/** Proposed changes of the persona of the examples, in events. */
import { contentHash } from '../../src/domain/content-hash.js';
import type { DomainEvent, FieldError } from '../../src/domain/kernel.js';
import type { PersonaConfig } from '../../src/domain/personas/persona-config.js';
import type { ExistingPersona, Head } from '../../src/domain/personas/persona.js';
import { usualAutonomy } from '../../src/domain/personas/refinements/autonomy.js';
import { classOf, touchedBetween } from '../../src/domain/personas/refinements/change-class.js';
import {
  contentBetween,
  diffHashOf,
  changeBetween,
} from '../../src/domain/personas/refinements/field-changes.js';
import { usualSettings } from '../../src/domain/configuration/events.js';
import { sealed } from './given.js';
import { config, configWith, personaId } from './persona-examples.js';

/** What `given` draws for a new stream. */
export const refinementId = '01890000-0000-7000-8000-000000000001';
export const olderId = '01890000-0000-7000-8000-0000000000f0';
export const approvalId = '01890000-0000-7000-8000-0000000000a0';
const about = { refinementId, personaId };
export const baseHash = contentHash(config);
export const usual = { roles: ['approver' as const, 'admin' as const, 'owner' as const], members: [] };

export const cool = { temperature: 0.1 };
/** A version as the state of a persona has it. */
export const version = (versionNo: number, of: PersonaConfig = config): Head => ({
  versionNo,
  versionHash: contentHash(of),
  config: of,
});
/** The persona as facts find it: everybody sees it, and its newest version is 1. */
export const persona = (members: Partial<ExistingPersona> = {}): ExistingPersona => ({
  status: 'active',
  slug: 'technical-assistant',
  owner: { kind: 'user', id: 'ada' },
  isPublic: true,
  allowedUsers: [],
  allowedRoles: [],
  allowedTeams: [],
  template: null,
  draft: config,
  draftHands: [],
  head: version(1),
  channels: {},
  manifest: null,
  platforms: {},
  autonomy: usualAutonomy,
  ...members,
});
/** What commands on a refinement find elsewhere. */
export const around = (members: Partial<ExistingPersona> = {}, base: Head = version(1)) => ({
  persona: persona(members),
  base,
  own: version(2, configWith(cool)),
  settings: usualSettings,
  superseded: null,
  strangers: [] as FieldError[],
});

const contentOf = (after: PersonaConfig, before = config) =>
  contentBetween({ personaId, baseHash: contentHash(before) }, before, after);
export const hashOf = (changes: Partial<PersonaConfig>, before = config): string =>
  diffHashOf({ personaId, baseHash: contentHash(before) }, changeBetween(before, { ...before, ...changes }));

/** Proposed: these members are to have these values. */
export const proposed = (changes: Partial<PersonaConfig>, more: object = {}): DomainEvent => ({
  type: 'RefinementProposed',
  data: {
    ...about,
    baseVersionNo: 1,
    baseHash,
    ...contentOf(configWith(changes)),
    source: 'user_modified',
    changeClass: classOf(touchedBetween(config, configWith(changes))),
    proposerId: 'ada',
    evidence: [],
    ...more,
  },
});
export const amended = (changes: Partial<PersonaConfig>, more: object = {}): DomainEvent => ({
  type: 'RefinementAmended',
  data: {
    ...about,
    ...contentOf(configWith(changes)),
    changeClass: classOf(touchedBetween(config, configWith(changes))),
    ...more,
  },
});
export const resolved = (
  lists: { accepted?: string[]; rejected?: string[] },
  diffHash: string,
  more: object = {},
): DomainEvent => ({
  type: 'RefinementFieldsResolved',
  data: { ...about, accepted: [], rejected: [], ...lists, diffHash, ...more },
});
export const submitted = (diffHash: string, more: object = {}): DomainEvent => ({
  type: 'RefinementSubmitted',
  data: {
    ...about,
    approvalId,
    diffHash,
    quorum: 1,
    approvers: usual,
    deadlineSeconds: 604_800,
    excluded: ['ada'],
    ...more,
  },
});
/** Carried over to a version in which these members have these values. */
export const rebasedOnto = (
  versionNo: number,
  head: PersonaConfig,
  after: PersonaConfig,
  more: object = {},
): DomainEvent => ({
  type: 'RefinementRebased',
  data: {
    ...about,
    baseVersionNo: versionNo,
    baseHash: contentHash(head),
    ...contentOf(after, head),
    changeClass: classOf(touchedBetween(head, after)),
    accepted: [],
    ...more,
  },
});
export const approvedWith = (diffHash: string): DomainEvent => ({
  type: 'RefinementApproved',
  data: { ...about, approvalId, diffHash },
});
export const returned: DomainEvent = { type: 'RefinementReturned', data: { ...about, approvalId } };
export const rejectedAs = (outcome: string): DomainEvent => ({
  type: 'RefinementRejected',
  data: { ...about, approvalId, outcome },
});
export const withdrawn = (more: object = {}): DomainEvent => ({
  type: 'RefinementWithdrawn',
  data: { ...about, ...more },
});
export const supersededBy = (by: string, more: object = {}): DomainEvent => ({
  type: 'RefinementSuperseded',
  data: { ...about, by, ...more },
});
export const applying = (diffHash: string): DomainEvent => ({
  type: 'RefinementApplying',
  data: { ...about, diffHash },
});
export const applied = (versionNo: number): DomainEvent => ({
  type: 'RefinementApplied',
  data: { ...about, versionNo },
});
export const failed: DomainEvent = {
  type: 'RefinementFailed',
  data: { ...about, code: 'base-version-moved', detail: 'the newest version is 2' },
};
export const rolledBack = (more: object = {}): DomainEvent => ({
  type: 'RefinementRolledBack',
  data: {
    ...about,
    versionNo: 2,
    toVersionNo: 1,
    headVersionNo: 2,
    trigger: 'manual',
    moveProtected: true,
    reason: sealed('too cold'),
    ...more,
  },
});

export const rollbackFailed: DomainEvent = {
  type: 'RefinementRollbackFailed',
  data: { ...about, code: 'rollback-not-newest', detail: 'the newest version is 4' },
};

export const coolHash = hashOf(cool);
/** From the proposal to the rollback. */
export const applied2: DomainEvent[] = [
  proposed(cool),
  submitted(coolHash),
  approvedWith(coolHash),
  applying(coolHash),
  applied(2),
];
/** One of everything, in an order that can happen. */
export const refinementLife: DomainEvent[] = [
  proposed({ temperature: 0.2, tags: ['cool'] }, { reason: sealed('it wanders'), supersedes: olderId }),
  submitted(hashOf({ temperature: 0.2, tags: ['cool'] })),
  resolved({ accepted: ['/temperature'], rejected: ['/tags'] }, hashOf({ temperature: 0.2 }), {
    approvalId,
    excluded: ['ada'],
  }),
  returned,
  amended(cool),
  rebasedOnto(2, configWith({ tags: ['b'] }), configWith({ ...cool, tags: ['b'] })),
  submitted(hashOf(cool, configWith({ tags: ['b'] })), { quorum: 2, waitsBecause: 'gate-unavailable' }),
  approvedWith(hashOf(cool, configWith({ tags: ['b'] }))),
  applying(hashOf(cool, configWith({ tags: ['b'] }))),
  failed,
  applying(hashOf(cool, configWith({ tags: ['b'] }))),
  applied(3),
  rolledBack({ versionNo: 3, toVersionNo: 2, headVersionNo: 3 }),
  rollbackFailed,
  rolledBack({ versionNo: 3, toVersionNo: 2, headVersionNo: 5 }),
];
/** The other ends. */
export const ends: DomainEvent[] = [rejectedAs('expired'), withdrawn(), supersededBy(olderId)];
