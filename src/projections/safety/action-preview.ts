import { z } from 'zod';
import { scanJson } from '../../commands/json-scan.js';
import { parseInput } from '../../commands/parse-input.js';
import { refuse } from '../../commands/rejections.js';
import { Rejection, rejecter, type FieldError } from '../../domain/kernel.js';
import { personaRef } from '../../domain/personas/events.js';
import { clear } from '../../domain/sealed.js';
import { actionFacts, counterFacts, type ActionFacts } from '../../domain/safety/action-facts.js';
import { decideVersion } from '../../domain/safety/decide.js';
import { judged } from '../../domain/safety/judgement.js';
import { actionName } from '../../domain/safety/policy-document.js';
import { safetyRejections } from '../../domain/safety/rejections.js';
import { policyRef, verdictShape } from '../../domain/safety/verdict.js';
import { query, type QueryContext } from '../engine/declaration.js';
import { personas, visiblePersona } from '../personas/facts.js';
import { checkRef, noDecision, visibleDecision } from './decision-view.js';
import { decisions } from './decisions.js';
import { policies } from './policies.js';
import { standingPolicies } from './standing-policies.js';

const { actionsPerMinute, ...otherCounters } = counterFacts.shape;
const someCounters = z.strictObject({
  actionsPerMinute: actionsPerMinute.partial().optional(),
  ...otherCounters,
});
/** Facts as far as somebody gives them: those of a decision are complete. */
const someFacts = actionFacts.extend({ counters: someCounters }).partial();
type SomeFacts = z.output<typeof someFacts>;

const reject = rejecter(safetyRejections);
const refused = (errors: FieldError[]): never => refuse('invalid-input', undefined, { errors });

/** Facts in a parameter are read as strictly as those in a body; pointers lead into the parameter. */
function factsIn(text: string | undefined): SomeFacts {
  if (text === undefined) return {};
  try {
    scanJson(text);
    return parseInput(someFacts, JSON.parse(text));
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const { errors = [] } = error.more;
    return refused(errors.map(({ pointer, detail }) => ({ pointer: `/facts${pointer}`, detail })));
  }
}

/** Facts of one persona's decision say nothing of another's, nor of another action. */
function guardSame(given: SomeFacts, asked: { action: string; personaId: string }): void {
  for (const member of ['action', 'personaId'] as const) {
    if (given[member] === undefined || given[member] === asked[member]) continue;
    refused([{ pointer: `/facts/${member}`, detail: 'is another one than is asked for' }]);
  }
}

/** What is not given is as of the moment, or as for a first action. */
const complete = (
  { counters, ...given }: SomeFacts,
  asked: Pick<ActionFacts, 'action' | 'personaId' | 'personaStatus' | 'roles'>,
): ActionFacts => ({
  ...asked,
  ...given,
  counters: { ...counters, actionsPerMinute: { persona: 1, ...counters?.actionsPerMinute } },
});

const output = z.strictObject({
  ...verdictShape,
  facts: actionFacts.describe('The given ones, completed'),
  policies: z.array(policyRef),
  unresolved: z.string().optional().describe('Why nothing can be decided, and everything is denied'),
  decideVersion: z.int(),
  decisionHash: z.string().describe('That of a recorded decision, where the same is decided by the same'),
});

const input = z.strictObject({
  personaId: personaRef,
  action: actionName.optional().describe('This, or `checkId`'),
  facts: clear(z.string().max(16_000))
    .optional()
    .describe('JSON: facts as in checkAction, or of a decision; what is missing is as for a first action'),
  checkId: checkRef.shape.checkId
    .optional()
    .describe('A decision on this persona: what it was about is decided again, from all of its facts'),
});
type Asked = z.output<typeof input>;

/** Facts of what is asked: those of a decision whenever it was taken, or those that are given. */
async function factsFor(
  ctx: QueryContext,
  { action, checkId, facts: text }: Asked,
  { personaId, status }: { personaId: string; status: ActionFacts['personaStatus'] },
): Promise<ActionFacts> {
  if (checkId !== undefined) {
    if (action !== undefined || text !== undefined)
      refused([{ pointer: '/checkId', detail: 'stands in the place of action and facts' }]);
    const { facts } = await visibleDecision(ctx.current(), checkId);
    return facts.personaId === personaId ? facts : reject('decision-not-found', noDecision);
  }
  if (action === undefined) return refused([{ pointer: '/action', detail: 'or checkId is required' }]);
  const given = factsIn(text);
  guardSame(given, { action, personaId });
  return complete(given, { action, personaId, personaStatus: status, roles: ctx.reader.roles });
}

async function preview(ctx: QueryContext, asked: Asked): Promise<z.output<typeof output>> {
  const persona = await visiblePersona(ctx, asked.personaId);
  const { personaId } = persona;
  const facts = await factsFor(ctx, asked, persona);
  const { policies: inForce, unresolved } = await standingPolicies(ctx, personaId);
  const { verdict, decisionHash } = judged(inForce, facts, unresolved);
  return {
    ...verdict,
    facts,
    policies: inForce.map(({ ref }) => ref),
    ...(unresolved && { unresolved }),
    decideVersion,
    decisionHash,
  };
}

export const previewAction = query({
  http: 'GET /personas/:personaId/check-action',
  summary: 'What a persona may do, or might have done at a moment; recorded nowhere, and nothing is counted',
  permission: 'policies:read',
  input,
  output,
  asOf: true,
  reads: [personas, policies, decisions],
  rejects: ['persona-not-found', 'decision-not-found'],
  run: async (asked, ctx) => ({ body: await preview(ctx, asked) }),
});
