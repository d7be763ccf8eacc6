import { z } from 'zod';
import { rejecter } from '../../domain/kernel.js';
import { clear } from '../../domain/sealed.js';
import { decisionEvents } from '../../domain/safety/events.js';
import { safetyRejections } from '../../domain/safety/rejections.js';
import { seesAll } from '../../domain/personas/visibility.js';
import { query, type QueryContext } from '../engine/declaration.js';
import { personas, seesPersona } from '../personas/facts.js';
import { decisions, decisionTexts, type DecisionRow, type DecisionTexts } from './decisions.js';

const reject = rejecter(safetyRejections);

/** What is said of a decision that is not there, or hidden. */
export const noDecision = 'there is no such decision';

/** Names a decision in an address. */
export const checkRef = z.strictObject({ checkId: clear(z.uuid()) });

/**
 * A decision on a persona that the reader may see.
 * @throws Rejection `decision-not-found`, in the same words for one that is not there and one that is hidden
 */
export async function visibleDecision(ctx: QueryContext, checkId: string): Promise<DecisionRow> {
  const found = await ctx.model(decisions).get<DecisionRow>(checkId.toLowerCase());
  if (found && (await seesPersona(ctx, found.row.personaId))) return found.row;
  return reject('decision-not-found', noDecision);
}

/** What a decision was about is for those who see everything, and for whoever asked. */
const mayRead = (ctx: QueryContext, { actor }: DecisionRow): boolean =>
  seesAll(ctx.reader) || actor.id === ctx.reader.memberId;

export const getDecision = query({
  http: 'GET /decisions/:checkId',
  summary:
    'A decision with all that it depends on; what it was about is shown to who asked, admins and auditors',
  permission: 'decisions:read',
  input: checkRef,
  output: z.strictObject({
    ...decisionEvents.ActionChecked.shape,
    at: z.string(),
    actor: z.strictObject({ kind: z.string(), id: z.string() }),
  }),
  reads: [decisions, decisionTexts, personas],
  rejects: ['decision-not-found'],
  run: async ({ checkId }, ctx) => {
    const row = await visibleDecision(ctx, checkId);
    const { rules: _, modes: __, search: ___, ...decision } = row;
    const texts = (await ctx.model(decisionTexts).get<DecisionTexts>(row.checkId))?.row;
    const body = { ...decision, ...(texts && mayRead(ctx, row) && texts) };
    // It never changes, but for its texts: who may read them changes, and they may be erased.
    return { body, version: 1, ...(texts && { changesUnseen: true as const }) };
  },
});
