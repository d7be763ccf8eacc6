/**
 * What is known about an action when it is checked. The facts are recorded with the decision and are enough to take
 * it again — tomorrow, or under another policy — without any text: of texts they keep what was found in them.
 */
import { z } from 'zod';
import { opaqueId } from '../ids.js';
import { clear } from '../sealed.js';
import { role } from '../tenancy/events.js';
import { actionName, piiKind } from './policy-document.js';

const label = clear(z.string().regex(/^[A-Za-z0-9_.:-]{1,64}$/, 'must be 1–64 of A–Z a–z 0–9 _ . : -'));

/** What the caller says of the action; every member counts as false or 0 where it is absent. */
export const givenFacts = z.strictObject({
  affectsExternal: z.boolean().optional().describe('Somebody outside sees it'),
  irreversible: z.boolean().optional(),
  involvesPii: z.boolean().optional(),
  tokens: z.int().min(0).max(100_000_000).optional().describe('That this action adds to the conversation'),
  turnId: opaqueId.optional().describe('The turn of the conversation whose tool calls are counted together'),
  destinationClass: label.optional().describe('Where it goes, such as internal or public'),
  labels: z.array(label).max(50).optional(),
});

/** Which way a text goes: to the persona, or from it. */
export const direction = z.enum(['input', 'output']);
export type Direction = z.output<typeof direction>;

/** SHA-256 of a pattern, its first 16 hex digits: tells in facts which pattern was looked for. */
export const patternId = clear(z.string().regex(/^[0-9a-f]{16}$/));

/** What was found in one part of an action: in its arguments, or in the text that it is about. */
export const partFacts = z.strictObject({
  part: z.enum(['args', 'content']),
  /** Arguments are output: they go out to a tool. */
  direction,
  /** Looking through all parts would have been more work than a check may take: nothing was looked for. */
  tooMuch: z.literal(true).optional(),
  /** How often each pattern that was looked for was found, 0 included. */
  patterns: z.record(patternId, z.int().min(0)),
  /** How often each kind was found; kinds that were not found are left out. All kinds are looked for always. */
  pii: z.partialRecord(piiKind, z.int().min(1)),
  /** Of the code that found them. */
  detectorVersion: z.int().min(1),
  /**
   * What of the above stands in the members of `args` that some policy in force exempts from looking for personal
   * data: told apart, since the other policy may not exempt them. None in a text.
   */
  exemptedFields: z.array(
    z.strictObject({
      field: clear(z.string()),
      pii: z.partialRecord(piiKind, z.int().min(1)),
      /** Patterns that were found there; the others were not. */
      patterns: z.record(patternId, z.int().min(1)),
    }),
  ),
});
export type PartFacts = z.output<typeof partFacts>;

/** What was found in the parts of an action that have texts; the texts themselves are sealed beside it. */
export const contentFacts = z.array(partFacts).min(1).max(2);
export type ContentFacts = z.output<typeof contentFacts>;

/** Values of counters after this check was counted; absent where there is nothing to count by. */
export const counterFacts = z.strictObject({
  actionsPerMinute: z.strictObject({
    persona: z.int(),
    persona_subject: z.int().optional(),
    subject: z.int().optional(),
  }),
  tokensInConversation: z.int().optional(),
  toolCallsInTurn: z.int().optional(),
});

/** Everything that a decision depends on besides the policies. */
export const actionFacts = z.strictObject({
  action: actionName,
  personaStatus: z.enum(['draft', 'active', 'inactive', 'archived']),
  personaId: clear(z.uuid()),
  roles: z.array(role),
  ...givenFacts.shape,
  counters: counterFacts,
  content: contentFacts.optional(),
});
export type ActionFacts = z.output<typeof actionFacts>;
