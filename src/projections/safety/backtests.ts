import { z } from 'zod';
import { rejecter } from '../../domain/kernel.js';
import { personaRef } from '../../domain/personas/events.js';
import { seesAll } from '../../domain/personas/visibility.js';
import { clear } from '../../domain/sealed.js';
import { backtestEvents } from '../../domain/safety/events.js';
import { safetyRejections } from '../../domain/safety/rejections.js';
import { query, rowProjection, type QueryContext, type ReadModule } from '../engine/declaration.js';
import { listInput, pageOf } from '../engine/pages.js';
import { ofVisiblePersonas, personas, seesPersona, visiblePersona } from '../personas/facts.js';

type BacktestRow = z.output<typeof backtestEvents.PolicyBackTested> & { testedAt: string; testedBy: string };

/** Every back-test that was recorded, whole; it never changes. */
export const backtests = rowProjection<BacktestRow>()(backtestEvents, {
  name: 'backtests',
  version: 1,
  key: ({ data }) => data['backtestId'] as string,
  asOf: 'immutable',
  indexes: ["row->>'testedAt'", "row->>'personaId'"],
  on: {
    PolicyBackTested: (_, backtest, { meta }) => ({
      ...backtest,
      testedAt: meta.recordedAt,
      testedBy: meta.actor.id,
    }),
  },
});

const { shape } = backtestEvents.PolicyBackTested;
const whole = z.strictObject({
  ...shape,
  personaId: shape.personaId.describe('Absent: the candidate took the place of the tenant’s floor'),
  candidateHash: shape.candidateHash.describe('SHA-256 of the candidate’s canonical JSON (RFC 8785)'),
  fromPosition: shape.fromPosition.describe('Decisions recorded after this position'),
  toPosition: shape.toPosition.describe('Decisions recorded up to this position'),
  matrix: shape.matrix.describe('Decisions by the recorded one, then by the candidate’s'),
  digest: shape.digest.describe('SHA-256 over every decision’s outcome, in log order'),
  testedAt: z.string(),
  testedBy: z.string(),
});
const summary = whole.omit({
  candidate: true,
  firstDivergences: true,
  affectedPersonas: true,
  affectedSubjects: true,
});
type Summary = z.output<typeof summary>;

function summaryOf(row: BacktestRow): Summary {
  const { candidate: _, firstDivergences: __, affectedPersonas: ___, affectedSubjects: ____, ...rest } = row;
  return rest;
}

const reject = rejecter(safetyRejections);

/** One of a persona is for those who see the persona; one of the floor tells of all, and is for those who see all. */
const isVisible = ({ personaId }: BacktestRow, ctx: QueryContext): Promise<boolean> =>
  personaId === undefined ? Promise.resolve(seesAll(ctx.reader)) : seesPersona(ctx, personaId);

const listBacktests = query({
  http: 'GET /backtests',
  summary: 'The back-tests of policies, newest first',
  permission: 'policies:read',
  input: z.strictObject({ personaId: personaRef.optional(), ...listInput }),
  output: pageOf(summary),
  reads: [backtests, personas],
  rejects: ['persona-not-found'],
  run: async ({ personaId: idOrSlug, limit, cursor }, ctx) => {
    const persona = idOrSlug === undefined ? undefined : await visiblePersona(ctx, idOrSlug);
    const page = await ctx.model(backtests).list<BacktestRow>({
      where: persona ? [{ sql: "row->>'personaId' = ?", values: [persona.personaId] }] : [],
      whereOther: ofVisiblePersonas(ctx.reader),
      orderBy: "row->>'testedAt'",
      descending: true,
      limit,
      cursor,
    });
    return { body: { items: page.items.map(({ row }) => summaryOf(row)), next: page.next } };
  },
});

const getBacktest = query({
  http: 'GET /backtests/:backtestId',
  summary: 'What came of a back-test; it never changes',
  permission: 'policies:read',
  input: z.strictObject({ backtestId: clear(z.uuid()) }),
  output: whole,
  reads: [backtests, personas],
  rejects: ['backtest-not-found'],
  run: async ({ backtestId }, ctx) => {
    const found = await ctx.model(backtests).get<BacktestRow>(backtestId);
    if (found && (await isVisible(found.row, ctx))) return { body: found.row, version: 1 };
    return reject('backtest-not-found', 'there is no such back-test');
  },
});

/** What can be asked about back-tests. */
export const backtestReadModule: ReadModule = {
  projections: [backtests],
  queries: { listBacktests, getBacktest },
};
