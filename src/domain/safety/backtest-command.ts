/** The commands that take recorded decisions again: of one persona, or of all. */
import { z } from 'zod';
import { defineModule, type FactReader, type PastEvent } from '../kernel.js';
import { personaRef } from '../personas/events.js';
import { personaFact } from '../personas/facts.js';
import { clear } from '../sealed.js';
import {
  backtested,
  type BacktestReads,
  type BacktestResult,
  type KeptTexts,
  type RecordedDecision,
} from './backtest.js';
import { backtest } from './backtest-record.js';
import type { policyEvents } from './events.js';
import { knownPersona } from './known-persona.js';
import { policy } from './policy.js';
import type { PolicyDocument } from './policy-document.js';
import { completePolicy, policyHash, policyInput, policyProblems } from './policy-input.js';

const moment = clear(z.string().min(1).max(64));
const shape = {
  candidate: policyInput.describe('As in PUT …/policy: a seed policy, and what is to be different'),
  from: moment
    .optional()
    .describe('Only decisions recorded after this position or instant. Default: from the beginning'),
  to: moment
    .optional()
    .describe('Only decisions recorded up to this position or instant. Default: up to now'),
  backtestId: clear(z.uuid()).optional(),
};
const ofPersona = z.strictObject({ personaId: personaRef, ...shape });
const ofTenant = z.strictObject(shape);
type Asked = z.output<typeof ofTenant> & { personaId?: string };

/** Decisions with `after` < position ≤ `to`. */
interface Range {
  after: number;
  to: number;
}
interface Tested {
  candidate: PolicyDocument;
  range: Range;
  result: BacktestResult;
}
interface Facts {
  /** Null where the back-test is there already. */
  tested: Tested | null;
}

/** The document, unless it contradicts itself. */
function consistent(document: PolicyDocument): PolicyDocument {
  const errors = policyProblems(document).map(({ pointer, detail }) => ({
    pointer: `/candidate${pointer}`,
    detail,
  }));
  return errors.length > 0 ? backtest.reject('policy-invalid', undefined, { errors }) : document;
}

async function rangeOf({ from, to }: Asked, read: FactReader): Promise<Range> {
  const after = from === undefined ? 0 : await read.positionAt(from, '/from');
  const until = to === undefined ? await read.head() : await read.positionAt(to, '/to');
  if (after <= until) return { after, to: until };
  const detail = 'ends before it begins';
  return backtest.reject('backtest-range-empty', undefined, { errors: [{ pointer: '/to', detail }] });
}

type Version = z.output<(typeof policyEvents)['PolicyActivated']>;

/** Former policies and sealed texts, read from the past: nothing of it is guarded, since it stays. */
const readsOf = (read: FactReader): BacktestReads => ({
  async policyOf({ source, versionNo, policyHash: hash }, { position, data }) {
    const stream = { decider: policy, id: source === 'persona' ? data.personaId : read.tenantId };
    const types = ['PolicyActivated', 'PolicyReverted'];
    for await (const event of read.events({ types, stream }, { after: 0, to: position })) {
      const version = event.data as Version;
      if (version.versionNo === versionNo) return version.policyHash === hash ? version.policy : null;
    }
    return null;
  },
  textsOf: ({ data: { content, args } }) => read.open<KeptTexts>({ text: content?.text, args }),
  pause: () => read.pause(),
});

async function tested(asked: Asked, read: FactReader): Promise<Tested> {
  const candidate = consistent(completePolicy(asked.candidate));
  const range = await rangeOf(asked, read);
  const decisions = read.events({ types: ['ActionChecked'] }, range);
  const spec = { candidate, personaId: asked.personaId };
  const result = await backtested(
    spec,
    readsOf(read),
    decisions as AsyncIterable<PastEvent & RecordedDecision>,
  );
  return { candidate, range, result };
}

/**
 * By command: one that is decided again, because the persona was edited while it read, does not read a long past
 * again. What it found there is as it was.
 */
const found = new WeakMap<Asked, Promise<Tested>>();

async function facts(asked: Asked, read: FactReader): Promise<Facts> {
  if (asked.personaId !== undefined) knownPersona(await personaFact(asked.personaId, read));
  const { isRecorded } = await read.state(backtest, read.streamId);
  if (isRecorded) return { tested: null };
  const testing = found.get(asked) ?? tested(asked, read);
  found.set(asked, testing);
  return { tested: await testing };
}

const refusals = ['policy-invalid', 'backtest-range-empty', 'backtest-recorded'] as const;
type Refusal = (typeof refusals)[number] | 'persona-not-found';

/** A back-test of a persona’s policy or of the floor: the same, but for whose it is. */
const backtestOf = (spec: {
  http: `POST /${string}`;
  summary: string;
  input: typeof ofTenant;
  rejects: readonly Refusal[];
}) =>
  backtest.command({
    ...spec,
    permission: 'policies:manage',
    facts,
    decide: ({ isRecorded }, { personaId }: Asked, ctx) => {
      const { tested: outcome } = ctx.facts;
      if (isRecorded || !outcome) return ctx.reject('backtest-recorded');
      const { candidate, range, result } = outcome;
      return [
        backtest.event('PolicyBackTested', {
          ...(personaId !== undefined && { personaId }),
          backtestId: ctx.streamId,
          candidate,
          candidateHash: policyHash(candidate),
          fromPosition: range.after,
          toPosition: range.to,
          ...result,
        }),
      ];
    },
    reply: (_, events) => events[0]?.data,
  });

/** Back-tests of policies. */
export const backtestModule = defineModule(backtest, {
  backtestPolicy: backtestOf({
    http: 'POST /personas/:personaId/policy/backtest',
    summary: 'Decide a persona’s recorded decisions again with a candidate in the place of its policy',
    input: ofPersona,
    rejects: ['persona-not-found', ...refusals],
  }),
  backtestTenantPolicy: backtestOf({
    http: 'POST /policy/backtest',
    summary: 'Decide all recorded decisions again with a candidate in the place of the tenant’s floor',
    input: ofTenant,
    rejects: refusals,
  }),
});
