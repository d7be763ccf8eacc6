/** A persona's life in events, and the registration body of seed S3's example. */
import { contentHash } from '../../src/domain/content-hash.js';
import type { DomainEvent } from '../../src/domain/kernel.js';
import { personaConfig, type PersonaConfig } from '../../src/domain/personas/persona-config.js';
import { sealed } from './given.js';

export const personaId = '01890000-0000-7000-8000-000000000001';

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
  },
};
export const edited = (changed: Partial<PersonaConfig>, removed: string[] = []): DomainEvent => ({
  type: 'PersonaDraftEdited',
  data: { personaId, changed, removed, draftHash: contentHash(configWith(changed)) },
});
export const published = (versionNo: number, version: PersonaConfig = config): DomainEvent => ({
  type: 'PersonaVersionPublished',
  data: { personaId, versionNo, versionHash: contentHash(version), config: version },
});
export const moved = (channel: string, from: number | null, to: number): DomainEvent => ({
  type: 'PersonaChannelMoved',
  data: { personaId, channel, from, to, reason: sealed('because') },
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
  registered,
  published(1),
  moved('production', null, 1),
  activated('it is ready'),
  edited({ temperature: 0.4 }),
  published(2, configWith({ temperature: 0.4 })),
  moved('production', 1, 2),
  deactivated(),
  archived('no longer wanted'),
  restored('wanted again'),
];
