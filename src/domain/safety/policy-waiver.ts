/** Commands by which an owner of the tenant sets rules of the floor aside for one persona, for a time. */
import { z } from 'zod';
import { same } from '../content-hash.js';
import { instant } from '../ids.js';
import type { FieldError, FactReader } from '../kernel.js';
import { personaFact } from '../personas/facts.js';
import { personaRef } from '../personas/events.js';
import { clear } from '../sealed.js';
import { line } from '../text.js';
import { reason } from './events.js';
import { knownPersona, livingPersona } from './known-persona.js';
import { policy, type Policy } from './policy.js';
import { definitionHash, rulesOf } from './policy-rules.js';

/** A waiver is an exception: it ends, after a year at the latest. */
const longestMs = 366 * 86_400_000;

/** The rules of the floor that count now. */
function enforcedRules({ enforced }: Policy): Set<string> {
  const counting = enforced ? rulesOf(enforced.policy).filter(({ mode }) => mode === 'enforce') : [];
  return new Set(counting.map(({ rule }) => rule));
}

/** Why a rule cannot be waived, or undefined. */
function unwaivable(rule: string, enforced: ReadonlySet<string>): string | undefined {
  if (!enforced.has(rule)) return 'is no rule that the floor enforces';
  // Without it, less would be allowed, and without the last one nothing.
  return rule.startsWith('allowedActions/') ? 'can only be waived as a whole: allowedActions' : undefined;
}

/** What stands against a waiver. */
function obstacles(asked: { rules: string[]; until: string }, floor: Policy, now: string): FieldError[] {
  const enforced = enforcedRules(floor);
  const errors = asked.rules.flatMap((rule, index) => {
    const detail = unwaivable(rule, enforced);
    return detail === undefined ? [] : [{ pointer: `/rules/${index}`, detail }];
  });
  const aheadMs = Date.parse(asked.until) - Date.parse(now);
  if (aheadMs <= 0) errors.push({ pointer: '/until', detail: 'has passed' });
  if (aheadMs > longestMs) errors.push({ pointer: '/until', detail: 'is more than a year from now' });
  return errors;
}

export const waiverCommands = {
  grantPolicyWaiver: policy.command({
    http: 'POST /personas/:personaId/policy/waiver',
    summary:
      'Set rules of the tenant’s floor aside for a persona until an instant, in the place of what was set aside before',
    permission: 'policies:waive',
    input: z.strictObject({
      personaId: personaRef,
      rules: z
        .array(clear(line(300)))
        .min(1)
        .max(200)
        .describe(
          'As decisions name them, such as limits/maxActionsPerMinute; each counts again once the floor says something else of it',
        ),
      until: instant.describe('A year from now at the latest'),
      reason,
    }),
    rejects: ['persona-not-found', 'persona-archived', 'waiver-not-possible'],
    facts: async ({ personaId }, read) => ({
      persona: await personaFact(personaId, read),
      floor: await read.state(policy, read.tenantId),
    }),
    decide: ({ waiver }, { personaId, until, reason: given, ...asked }, ctx) => {
      livingPersona(ctx.facts.persona);
      const rules = [...new Set(asked.rules)];
      const { floor } = ctx.facts;
      const errors = obstacles({ rules: asked.rules, until }, floor, ctx.now);
      if (errors.length > 0) return ctx.reject('waiver-not-possible', undefined, { errors });
      // Each of them is a rule of what the floor enforces.
      const hashes = rules.map((rule) => [rule, definitionHash(floor.enforced!.policy, rule)!]);
      const granted = { rules, definitions: Object.fromEntries(hashes) as Record<string, string>, until };
      if (same(waiver, { ...granted, reason: given })) return [];
      return [policy.event('PolicyWaiverGranted', { personaId, ...granted, reason: given })];
    },
  }),

  revokePolicyWaiver: policy.command({
    http: 'DELETE /personas/:personaId/policy/waiver',
    summary: 'End a persona’s waiver: every rule of the floor counts again',
    permission: 'policies:waive',
    input: z.strictObject({ personaId: personaRef, reason: reason.optional() }),
    rejects: ['persona-not-found'],
    facts: async ({ personaId }: { personaId: string }, read: FactReader) => ({
      persona: await personaFact(personaId, read),
    }),
    decide: ({ waiver }, { personaId, reason: given }, ctx) => {
      knownPersona(ctx.facts.persona);
      if (!waiver) return [];
      return [
        policy.event('PolicyWaiverRevoked', { personaId, ...(given !== undefined && { reason: given }) }),
      ];
    },
  }),
};
