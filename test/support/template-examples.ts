/** A template's life in events, and the body that creates it. */
import type { DomainEvent } from '../../src/domain/kernel.js';
import type { TemplateBase } from '../../src/domain/personas/templates/template-base.js';
import { sealed } from './given.js';
import { config } from './persona-examples.js';

export const templateId = '01890000-0000-7000-8000-000000000001';

/**
 * What the template gives to its personas: all that a configuration needs but a name and a description. What has
 * a default and is not named here is not in it.
 */
export const base = {
  traits: config.traits,
  responseStyle: { type: 'technical', tone: 'professional', formalityLevel: 8, verbosity: 6 },
  temperature: 0.3,
  tags: ['support'],
} satisfies TemplateBase;
export const customizableFields = ['traits', 'responseStyle.tone', 'voice'];

export const supportTemplate = {
  name: 'Support agent',
  description: 'Answers customers',
  category: 'support',
  baseTraits: [{ name: 'analytical', category: 'cognitive', value: 90, weight: 2 }],
  baseResponseStyle: base.responseStyle,
  baseTemperature: 0.3,
  baseTags: ['support'],
  customizableFields,
  tags: ['customers'],
};

export const created: DomainEvent = {
  type: 'TemplateCreated',
  data: {
    templateId,
    slug: 'support-agent',
    name: 'Support agent',
    description: 'Answers customers',
    category: 'support',
    base,
    customizableFields,
    tags: ['customers'],
    owner: { kind: 'user', id: 'ada' },
    isPublic: true,
    allowedUsers: [],
    allowedRoles: [],
    allowedTeams: [],
  },
};
/** The template before anybody but its owner could see it. */
export const createdPrivately: DomainEvent = { ...created, data: { ...created.data, isPublic: false } };
export const revised = (templateVersion: number, changed: Record<string, unknown>): DomainEvent => ({
  type: 'TemplateRevised',
  data: { templateId, templateVersion, changed },
});
export const sharedPublicly: DomainEvent = { type: 'TemplateSharedPublicly', data: { templateId } };
export const visibilityChanged = (changes: Record<string, unknown>): DomainEvent => ({
  type: 'TemplateVisibilityChanged',
  data: {
    templateId,
    isPublic: false,
    allowedUsers: [],
    allowedRoles: [],
    allowedTeams: [],
    ...changes,
  },
});
export const retired = (reason?: string): DomainEvent => ({
  type: 'TemplateRetired',
  data: { templateId, ...(reason !== undefined && { reason: sealed(reason) }) },
});

/** One of everything, in an order that can happen. */
export const templateLife: DomainEvent[] = [
  createdPrivately,
  sharedPublicly,
  revised(2, { name: 'Helper', base: { ...base, temperature: 0.5 } }),
  visibilityChanged({ allowedTeams: ['red'] }),
  retired('nobody uses it'),
];
