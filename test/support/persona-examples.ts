/** A persona's life in events, and the registration body of seed S3's example. */
import { contentHash } from '../../src/domain/content-hash.js';
import type { DomainEvent } from '../../src/domain/kernel.js';
import type { Owner } from '../../src/domain/personas/events.js';
import { manifest, type Manifest } from '../../src/domain/personas/manifest.js';
import { personaConfig, type PersonaConfig } from '../../src/domain/personas/persona-config.js';
import {
  platformAdaptation,
  type PlatformAdaptation,
} from '../../src/domain/personas/platform-adaptation.js';
import type { Autonomy } from '../../src/domain/personas/refinements/autonomy.js';
import { classOf, touchedBetween } from '../../src/domain/personas/refinements/change-class.js';
import { recordedId } from '../../src/domain/personas/refinements/recorded-refinement.js';
import type { Shared } from '../../src/domain/personas/visibility.js';
import { sealed } from './given.js';

export const personaId = '01890000-0000-7000-8000-000000000001';
export const parentPersonaId = '01890000-0000-7000-8000-00000000aaaa';
export const templateId = '01890000-0000-7000-8000-00000000bbbb';

/** Seed S3's example; its status, version and created_by are no input. */
export const assistant = {
  name: 'Technical Assistant',
  description: 'Expert technical assistant for developers',
  traits: [{ name: 'analytical', category: 'cognitive', value: 90, weight: 2 }],
  responseStyle: { type: 'technical', tone: 'professional', formalityLevel: 8, verbosity: 6 },
  temperature: 0.3,
  modelPreferences: ['gpt-4-turbo', 'claude-3-opus'],
};
export const registration = { slug: 'technical-assistant', ...assistant };

export const config: PersonaConfig = personaConfig.parse(assistant);
export const configWith = (changes: Partial<PersonaConfig>): PersonaConfig => ({ ...config, ...changes });

export const registered: DomainEvent = {
  type: 'PersonaRegistered',
  data: {
    personaId,
    slug: 'technical-assistant',
    owner: { kind: 'user', id: 'ada' },
    origin: 'new',
    config,
    draftHash: contentHash(config),
    isPublic: false,
    allowedUsers: [],
    allowedRoles: [],
  },
};
/** Registered with something else in the place of what is usual. */
export const registeredWith = (
  members: Partial<Shared> & { config?: PersonaConfig; origin?: string; originRef?: object },
): DomainEvent => {
  const data = { ...registered.data, ...members };
  return { type: registered.type, data: { ...data, draftHash: contentHash(data.config) } };
};
/** Made from the first revision of a template. */
export const madeFromTemplate = registeredWith({
  origin: 'template',
  originRef: { templateId, templateVersion: 1 },
});

export const edited = (changed: Partial<PersonaConfig>, removed: string[] = []): DomainEvent => ({
  type: 'PersonaDraftEdited',
  data: { personaId, changed, removed, draftHash: contentHash(configWith(changed)) },
});
export const published = (versionNo: number, version: PersonaConfig = config): DomainEvent => ({
  type: 'PersonaVersionPublished',
  data: { personaId, versionNo, versionHash: contentHash(version), config: version },
});
/** Published from the draft, after another version: what it changed is going to be recorded as a refinement. */
export const publishedNext = (
  versionNo: number,
  version: PersonaConfig,
  before: PersonaConfig = config,
): DomainEvent => {
  const { type, data } = published(versionNo, version);
  const changeClass = classOf(touchedBetween(before, version));
  const refinementId = recordedId(personaId, versionNo);
  return { type, data: { ...data, refinementId, source: 'user_modified', changeClass } };
};
export const moved = (channel: string, from: number | null, to: number): DomainEvent => ({
  type: 'PersonaChannelMoved',
  data: { personaId, channel, from, to, reason: sealed('because') },
});

type Visibility = Pick<Shared, 'isPublic' | 'allowedUsers' | 'allowedRoles'>;
export const visibilityChanged = (visibility: Partial<Visibility>): DomainEvent => ({
  type: 'PersonaVisibilityChanged',
  data: { personaId, isPublic: false, allowedUsers: [], allowedRoles: [], ...visibility },
});
export const sharedWith = (teamId: string): DomainEvent => ({
  type: 'PersonaSharedWithTeam',
  data: { personaId, teamId },
});
export const unsharedFrom = (teamId: string): DomainEvent => ({
  type: 'PersonaUnsharedFromTeam',
  data: { personaId, teamId },
});
export const transferred = (from: Owner, to: Owner, reason?: string): DomainEvent => ({
  type: 'PersonaOwnershipTransferred',
  data: { personaId, from, to, ...(reason !== undefined && { reason: sealed(reason) }) },
});

export const worker: Manifest = manifest.parse({ capabilities: ['review code'] });
export const manifestChanged = (to: Manifest = worker): DomainEvent => ({
  type: 'PersonaManifestChanged',
  data: { personaId, manifest: to },
});

export const terse: PlatformAdaptation = platformAdaptation.parse({ postingFrequency: 'once a day' });
export const verbose: PlatformAdaptation = platformAdaptation.parse({ contentTypes: ['long article'] });
type Adapted = 'PlatformAdaptationAdded' | 'PlatformAdaptationChanged';
const adapted =
  (type: Adapted) =>
  (platformType: string, adaptation: PlatformAdaptation = terse): DomainEvent => ({
    type,
    data: { personaId, platformType, adaptation },
  });
export const platformAdded = adapted('PlatformAdaptationAdded');
export const platformChanged = adapted('PlatformAdaptationChanged');
export const platformRemoved = (platformType: string): DomainEvent => ({
  type: 'PlatformAdaptationRemoved',
  data: { personaId, platformType },
});

export const templateAdopted = (from: number, to: number): DomainEvent => ({
  type: 'PersonaTemplateAdopted',
  data: { personaId, templateId, from, to },
});

export const careful: Autonomy = { mode: 'auto', perClass: { tools: 'manual' } };
export const autonomyChanged = (autonomy: Autonomy = careful): DomainEvent => ({
  type: 'PersonaAutonomyChanged',
  data: { personaId, ...autonomy },
});

type Lifecycle = 'PersonaActivated' | 'PersonaDeactivated' | 'PersonaArchived' | 'PersonaRestored';
const lifecycle =
  (type: Lifecycle) =>
  (reason?: string): DomainEvent => ({
    type,
    data: { personaId, ...(reason !== undefined && { reason: sealed(reason) }) },
  });
export const activated = lifecycle('PersonaActivated');
export const deactivated = lifecycle('PersonaDeactivated');
export const archived = lifecycle('PersonaArchived');
export const restored = lifecycle('PersonaRestored');

/** One of everything, in an order that can happen. */
export const life: DomainEvent[] = [
  madeFromTemplate,
  published(1),
  moved('production', null, 1),
  activated('it is ready'),
  edited({ temperature: 0.4 }),
  published(2, configWith({ temperature: 0.4 })),
  moved('production', 1, 2),
  deactivated(),
  archived('no longer wanted'),
  restored('wanted again'),
  visibilityChanged({ allowedUsers: ['bob'], allowedRoles: ['approver'] }),
  sharedWith('red'),
  unsharedFrom('red'),
  transferred({ kind: 'user', id: 'ada' }, { kind: 'team', id: 'red' }, 'she leaves'),
  manifestChanged(),
  platformAdded('linkedin'),
  platformChanged('linkedin', verbose),
  platformRemoved('linkedin'),
  edited({ tags: ['new'] }),
  templateAdopted(1, 2),
  autonomyChanged(),
];
