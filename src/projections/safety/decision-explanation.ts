import { z } from 'zod';
import { decisionEvents } from '../../domain/safety/events.js';
import type { PolicyDocument } from '../../domain/safety/policy-document.js';
import { policyHash } from '../../domain/safety/policy-input.js';
import { seedPolicies } from '../../domain/safety/seed-policies.js';
import { decisionKind, matchedRule, type PolicyRef } from '../../domain/safety/verdict.js';
import { query, type QueryContext } from '../engine/declaration.js';
import { personas } from '../personas/facts.js';
import { reasonsOf } from './decision-reasons.js';
import { checkRef, visibleDecision } from './decision-view.js';
import { decisions, type DecisionRow } from './decisions.js';
import { policyVersion, policyVersions } from './policy-versions.js';

const { shape } = decisionEvents.ActionChecked;

const reason = z.strictObject({
  ...matchedRule.shape,
  text: z.string(),
  decides: z.boolean().describe('Whether the decision is what it is because of this rule'),
  without: decisionKind.optional().describe('What the other rules that counted come to'),
  policyVersion: z.int().nullable().describe('Null for the built-in policy, and for what no policy says'),
  policyHash: z.string().optional(),
  definition: z.unknown().optional().describe('The rule as it stood in that version'),
  facts: z.record(z.string(), z.unknown()).describe('Those that mattered to it'),
});

/** The documents that a decision was taken by, as they are found again by number and hash. */
async function documentsOf(
  ctx: QueryContext,
  { personaId, policies }: DecisionRow,
): Promise<Map<PolicyRef, PolicyDocument>> {
  const found = await Promise.all(
    policies.map(async (ref): Promise<[PolicyRef, PolicyDocument][]> => {
      const { source, versionNo } = ref;
      const policyId = source === 'persona' ? personaId : ctx.reader.tenantId;
      const document =
        versionNo === null ? seedPolicies.general : (await policyVersion(ctx, policyId, versionNo))?.policy;
      return document && policyHash(document) === ref.policyHash ? [[ref, document]] : [];
    }),
  );
  return new Map(found.flat());
}

const outcomes = {
  allow: 'allowed',
  deny: 'denied',
  require_approval: 'made to wait for an approval',
} as const;

function summaryOf({ action, decision, riskScore, riskLevel }: DecisionRow, decided: number): string {
  const risk = `at a risk of ${riskScore} (${riskLevel})`;
  const why = decided > 0 ? '' : ': no rule that counts stands against it';
  return `${action} was ${outcomes[decision]} ${risk}${why}.`;
}

export const explainDecision = query({
  http: 'GET /decisions/:checkId/explain',
  summary:
    'Why a decision was taken: every rule that matched, as it stood, and what it would have been without',
  permission: 'decisions:read',
  input: checkRef,
  output: z.strictObject({
    checkId: shape.checkId,
    at: z.string(),
    action: shape.action,
    decision: shape.decision,
    summary: z.string(),
    reasons: z.array(reason).describe('Those that decided first, those in shadow last'),
    shadow: z
      .strictObject({ decision: decisionKind, text: z.string() })
      .optional()
      .describe('What it would have been if rules in shadow counted; absent where that changes nothing'),
    policies: shape.policies,
    decisionHash: shape.decisionHash,
  }),
  reads: [decisions, policyVersions, personas],
  rejects: ['decision-not-found'],
  run: async ({ checkId: asked }, ctx) => {
    const row = await visibleDecision(ctx, asked);
    const documents = await documentsOf(ctx, row);
    const reasons = reasonsOf(row, (ref) => documents.get(ref));
    const { checkId, at, action, decision, policies, decisionHash, shadowDecision } = row;
    const shadow = shadowDecision && {
      decision: shadowDecision,
      text: `With the rules in shadow it would have been ${outcomes[shadowDecision]}.`,
    };
    const decided = reasons.filter(({ decides }) => decides && decision !== 'allow').length;
    return {
      body: {
        checkId,
        at,
        action,
        decision,
        summary: summaryOf(row, decided),
        reasons,
        ...(shadow && { shadow }),
        policies,
        decisionHash,
      },
    };
  },
});
