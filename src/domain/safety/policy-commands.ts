/** Commands on policies: those of a persona, and the very same for the tenant's floor. */
import { z } from 'zod';
import { same } from '../content-hash.js';
import { defineModule, type FactReader, type FieldError } from '../kernel.js';
import { personaFact } from '../personas/facts.js';
import { personaRef } from '../personas/events.js';
import { policyMode, reason } from './events.js';
import { knownPersona, livingPersona } from './known-persona.js';
import { namedInVain } from './named-approvers.js';
import { policy, type Policy, type PolicyVersion } from './policy.js';
import { policyChanges } from './policy-changes.js';
import type { PolicyDocument } from './policy-document.js';
import { completePolicy, policyHash, policyInputShape, policyProblems } from './policy-input.js';
import { waiverCommands } from './policy-waiver.js';

/** Every version ever is part of the state that a check loads. */
const maxVersions = 500;

const because = { reason: reason.optional() };
const versionNo = z.int().min(1).max(1_000_000_000);

/** Whose policy a command is for: a persona's, or — where none is named — the tenant's. */
interface Whose {
  personaId?: string | undefined;
}
interface Facts {
  persona: Awaited<ReturnType<typeof personaFact>>;
}
/** Leaves what is absent absent, rather than a member without a value. */
const whose = ({ personaId }: Whose): { personaId?: string } =>
  personaId === undefined ? {} : { personaId };
const why = <R>(given: R | undefined): { reason?: R } => (given === undefined ? {} : { reason: given });

const facts = async ({ personaId }: Whose, read: FactReader): Promise<Facts> => ({
  persona: personaId === undefined ? null : await personaFact(personaId, read),
});

/** The document, unless it contradicts itself, or what is found elsewhere stands against it. */
function consistent(document: PolicyDocument, found: readonly FieldError[] = []): PolicyDocument {
  const errors = [...policyProblems(document), ...found];
  return errors.length > 0 ? policy.reject('policy-invalid', undefined, { errors }) : document;
}

/** The number of the next version. */
function nextNo({ versions }: Policy): number {
  if (versions.length < maxVersions) return versions.length + 1;
  return policy.reject('too-many-policy-versions', `a policy has at most ${maxVersions}`);
}

/** Whether this is in force in that mode already, and nothing would end by it. */
const isInForce = (
  { enforced, watched }: Policy,
  { mode, policyHash }: Pick<PolicyVersion, 'mode' | 'policyHash'>,
): boolean =>
  mode === 'shadow'
    ? watched?.policyHash === policyHash
    : enforced?.policyHash === policyHash && watched === null;

/** Where commands stand, of whose policy they speak, and which members of an input say that. */
const placed = (path: string, of: string, named: { personaId?: typeof personaRef }) => ({
  path,
  of,
  inputOf: <S extends z.ZodRawShape>(shape: S) =>
    z.strictObject({ ...named, ...shape } as unknown as S & { personaId: z.ZodOptional<typeof personaRef> }),
  guardKnown: ({ persona }: Facts): void => void (named.personaId && knownPersona(persona)),
  guardLiving: ({ persona }: Facts): void => void (named.personaId && livingPersona(persona)),
});
type Placed = ReturnType<typeof placed>;

const common = { permission: 'policies:manage', facts };

const draft = ({ path, of, inputOf, guardLiving }: Placed) =>
  policy.command({
    ...common,
    http: `PUT ${path}` as `PUT /${string}`,
    summary: `Draft ${of}: a seed policy, and what is to be different from it`,
    facts: async ({ personaId, ...input }, read) => ({
      ...(await facts({ personaId }, read)),
      inVain: await namedInVain(completePolicy(input), read),
    }),
    input: inputOf(policyInputShape),
    rejects: ['persona-not-found', 'persona-archived', 'policy-invalid'],
    decide: ({ draft: before }, { personaId, ...input }, ctx) => {
      guardLiving(ctx.facts);
      const after = consistent(completePolicy(input), ctx.facts.inVain);
      const drafted = { ...whose({ personaId }), policyHash: policyHash(after) };
      if (!before) {
        return [policy.event('PolicyDrafted', { ...drafted, seed: input.seed ?? 'general', policy: after })];
      }
      if (same(before, after)) return [];
      return [policy.event('PolicyRevised', { ...drafted, ...policyChanges(before, after) })];
    },
  });

const activate = ({ path, of, inputOf, guardLiving }: Placed) =>
  policy.command({
    ...common,
    http: `POST ${path}/activate` as `POST /${string}`,
    summary: `Put the draft of ${of} into force as its next version`,
    input: inputOf({
      mode: policyMode
        .default('enforce')
        .describe('`shadow`: watched beside what is enforced, which stays in force'),
      ...because,
    }),
    rejects: [
      'persona-not-found',
      'persona-archived',
      'policy-not-drafted',
      'policy-invalid',
      'too-many-policy-versions',
    ],
    decide: (state, { mode, ...input }, ctx) => {
      guardLiving(ctx.facts);
      if (!state.draft) return ctx.reject('policy-not-drafted');
      const document = consistent(state.draft);
      const version = { mode, policyHash: policyHash(document) };
      if (isInForce(state, version)) return [];
      const activated = { ...whose(input), versionNo: nextNo(state), ...version, policy: document };
      return [policy.event('PolicyActivated', { ...activated, ...why(input.reason) })];
    },
  });

const suspend = ({ path, of, inputOf, guardKnown }: Placed) =>
  policy.command({
    ...common,
    http: `POST ${path}/suspend` as `POST /${string}`,
    summary: `Suspend ${of}: until a version is enforced, everything is denied`,
    input: inputOf(because),
    rejects: ['persona-not-found', 'policy-not-active'],
    decide: (state, input, ctx) => {
      guardKnown(ctx.facts);
      const { enforced, watched, isSuspended } = state;
      if (isSuspended && !watched) return [];
      if (!enforced && !watched) return ctx.reject('policy-not-active');
      return [policy.event('PolicySuspended', { ...whose(input), ...why(input.reason) })];
    },
  });

const revert = ({ path, of, inputOf, guardLiving }: Placed) =>
  policy.command({
    ...common,
    http: `POST ${path}/revert` as `POST /${string}`,
    summary: `Put a former version of ${of} into force again, in its mode, as the next one; the draft stays as it is`,
    input: inputOf({ toVersionNo: versionNo, ...because }),
    rejects: [
      'persona-not-found',
      'persona-archived',
      'policy-version-not-found',
      'too-many-policy-versions',
    ],
    decide: (state, { toVersionNo, ...input }, ctx) => {
      guardLiving(ctx.facts);
      const former = state.versions[toVersionNo - 1];
      if (!former) {
        const detail = `the newest version is ${state.versions.at(-1)?.versionNo ?? 'not there yet'}`;
        const errors = [{ pointer: '/toVersionNo', detail }];
        return ctx.reject('policy-version-not-found', detail, { errors });
      }
      if (isInForce(state, former)) return [];
      const reverted = { ...former, versionNo: nextNo(state), toVersionNo };
      return [policy.event('PolicyReverted', { ...whose(input), ...reverted, ...why(input.reason) })];
    },
  });

const ofPersona = placed('/personas/:personaId/policy', 'the safety policy of a persona', {
  personaId: personaRef,
});
const ofTenant = placed('/policy', 'the tenant’s floor, which holds for all of its personas', {});

/** A policy with all of its commands. */
export const policyModule = defineModule(policy, {
  draftPolicy: draft(ofPersona),
  activatePolicy: activate(ofPersona),
  suspendPolicy: suspend(ofPersona),
  revertPolicy: revert(ofPersona),
  ...waiverCommands,
  draftTenantPolicy: draft(ofTenant),
  activateTenantPolicy: activate(ofTenant),
  suspendTenantPolicy: suspend(ofTenant),
  revertTenantPolicy: revert(ofTenant),
});
