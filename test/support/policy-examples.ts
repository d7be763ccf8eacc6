/** Policies and checks in events. */
import type { DomainEvent } from '../../src/domain/kernel.js';
import { policy } from '../../src/domain/safety/policy.js';
import type { PolicyDocument } from '../../src/domain/safety/policy-document.js';
import { completePolicy, policyHash } from '../../src/domain/safety/policy-input.js';
import { personaId } from './persona-examples.js';

export const noShell = completePolicy({ blockedActions: ['tool:shell.*'] });
export const noMail = completePolicy({ blockedActions: ['tool:email.*'] });

/** Whose policy: that of the persona of the examples, or the tenant's floor. */
type Whose = { personaId?: string };
export const own: Whose = { personaId };
export const floor: Whose = {};

/** The document that an input means. */
export const documentOf = (input: object): PolicyDocument => completePolicy(input);

export const drafted = (document: PolicyDocument = noShell, whose = own): DomainEvent =>
  policy.event('PolicyDrafted', {
    ...whose,
    seed: 'general',
    policy: document,
    policyHash: policyHash(document),
  });
export const activated = (
  versionNo: number,
  document: PolicyDocument = noShell,
  { mode = 'enforce', whose = own }: { mode?: 'enforce' | 'shadow'; whose?: Whose } = {},
): DomainEvent =>
  policy.event('PolicyActivated', {
    ...whose,
    versionNo,
    mode,
    policy: document,
    policyHash: policyHash(document),
  });
export const reverted = (
  versionNo: number,
  toVersionNo: number,
  document: PolicyDocument,
  { mode = 'enforce', whose = own }: { mode?: 'enforce' | 'shadow'; whose?: Whose } = {},
): DomainEvent =>
  policy.event('PolicyReverted', {
    ...whose,
    versionNo,
    toVersionNo,
    mode,
    policy: document,
    policyHash: policyHash(document),
  });
export const suspended = (whose = own): DomainEvent => policy.event('PolicySuspended', { ...whose });
