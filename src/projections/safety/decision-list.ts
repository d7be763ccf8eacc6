import { z } from 'zod';
import { opaqueId } from '../../domain/ids.js';
import { personaRef } from '../../domain/personas/events.js';
import { clear } from '../../domain/sealed.js';
import { decisionEvents } from '../../domain/safety/events.js';
import { riskLevel } from '../../domain/safety/policy-document.js';
import { decisionKind } from '../../domain/safety/verdict.js';
import { query, type Condition } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { ofVisiblePersonas, personas, visiblePersona } from '../personas/facts.js';
import { decisions, searchable, type DecisionRow } from './decisions.js';

const { shape } = decisionEvents.ActionChecked;
const word = clear(z.string().min(1).max(300));
const moment = clear(z.iso.datetime({ offset: true }));
/** In UTC with three decimals, as rows have it: so it sorts as text. */
const utc = (instant: string | undefined): string | undefined => instant && new Date(instant).toISOString();
const maxWords = 20;

const listDecisionsInput = z.strictObject({
  ...listInput,
  personaId: personaRef.optional(),
  decision: decisionKind.optional(),
  action: word.optional().describe('Its name; `*` stands for any characters: tool:email.*'),
  rule: word.optional().describe('The name of a rule that matched, such as blockedActions/tool:shell.*'),
  riskLevel: riskLevel.optional(),
  subjectId: opaqueId.optional(),
  conversationId: opaqueId.optional(),
  mode: z.enum(['enforce', 'shadow']).optional().describe('A rule matched in this mode'),
  from: moment.optional().describe('Recorded at or after'),
  to: moment.optional().describe('Recorded before'),
  q: word.optional().describe('Words that all occur in action, rules or ids, in any case'),
});

/** What is shown of a decision in lists. */
const summary = z.strictObject({
  checkId: shape.checkId,
  at: z.string(),
  actor: z.strictObject({ kind: z.string(), id: z.string() }),
  personaId: shape.personaId,
  action: shape.action,
  subjectId: shape.subjectId,
  conversationId: shape.conversationId,
  decision: shape.decision,
  riskScore: shape.riskScore,
  riskLevel: shape.riskLevel,
  matchedRules: shape.matchedRules,
  shadowDecision: shape.shadowDecision,
  contentAction: shape.contentAction,
  policies: shape.policies,
  unresolved: shape.unresolved,
  approvalId: shape.approvalId,
  decisionHash: shape.decisionHash,
});
const shown = Object.keys(summary.shape) as (keyof z.output<typeof summary>)[];
const summaryOf = (row: DecisionRow): z.output<typeof summary> =>
  Object.fromEntries(
    shown.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]])),
  ) as z.output<typeof summary>;

/** A pattern over names as LIKE has it. */
const like = (pattern: string): string => pattern.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');

function conditions(asked: Omit<z.output<typeof listDecisionsInput>, 'personaId'>): Condition[] {
  const { action } = asked;
  const wanted: [string, string | undefined][] = [
    ["row->>'decision' = ?", asked.decision],
    action?.includes('*') ? ["row->>'action' LIKE ?", like(action)] : ["row->>'action' = ?", action],
    ["jsonb_exists(row->'rules', ?)", asked.rule],
    ["row->>'riskLevel' = ?", asked.riskLevel],
    ["row->>'subjectId' = ?", asked.subjectId],
    ["row->>'conversationId' = ?", asked.conversationId],
    ["jsonb_exists(row->'modes', ?)", asked.mode],
    ["row->>'at' >= ?", utc(asked.from)],
    ["row->>'at' < ?", utc(asked.to)],
  ];
  const words = asked.q?.split(/\s+/).filter((one) => one !== '') ?? [];
  for (const one of words.slice(0, maxWords)) wanted.push(["strpos(row->>'search', ?) > 0", searchable(one)]);
  return wanted.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, values: [value] }]));
}

export const listDecisions = query({
  http: 'GET /decisions',
  summary: 'The decisions on what personas may do, newest first; of personas that the reader may see',
  permission: 'decisions:read',
  input: listDecisionsInput,
  output: pageOf(summary),
  reads: [decisions, personas],
  rejects: ['persona-not-found'],
  run: async ({ personaId: idOrSlug, limit, cursor, ...asked }, ctx) => {
    const where = conditions({ limit, ...asked });
    if (idOrSlug !== undefined) {
      const { personaId } = await visiblePersona(ctx, idOrSlug);
      where.push({ sql: "row->>'personaId' = ?", values: [personaId] });
    }
    const page = await ctx.model(decisions).list<DecisionRow>({
      where,
      whereOther: ofVisiblePersonas(ctx.reader),
      orderBy: "row->>'at'",
      descending: true,
      limit,
      cursor,
    });
    return { body: { items: page.items.map(({ row }) => summaryOf(row)), next: page.next } };
  },
});
