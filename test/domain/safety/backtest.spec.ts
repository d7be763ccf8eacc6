import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backtested,
  beginBacktest,
  type BacktestReads,
  type BacktestResult,
  type BacktestSpec,
  type RecordedDecision,
} from '../../../src/domain/safety/backtest.js';
import { decidingPolicies, type Standing } from '../../../src/domain/safety/policies-in-force.js';
import type { PolicyDocument } from '../../../src/domain/safety/policy-document.js';
import {
  completePolicy,
  policyHash,
  policyInput,
  policyProblems,
  type PolicyInput,
} from '../../../src/domain/safety/policy-input.js';
import { definitionHash } from '../../../src/domain/safety/policy-rules.js';
import { seedPolicies } from '../../../src/domain/safety/seed-policies.js';
import { sealed } from '../../support/given.js';
import { contentIn, said as saying } from '../../support/looked-through.js';
import { checkIdOf, decidedAt, inForce, personaId } from '../../support/recorded-decisions.js';
import { seedFor } from '../../support/seed.js';

const seed = seedFor('back-tests');
const other = '01890000-0000-7000-8000-00000000000b';
const { general, strict } = seedPolicies;
const noShell = completePolicy({ blockedActions: ['tool:shell.*'] });

const hashes = new WeakMap<PolicyDocument, string>();
/** Documents are hashed once each: it takes longer than deciding. */
function hashOf(policy: PolicyDocument): string {
  const hash = hashes.get(policy) ?? policyHash(policy);
  hashes.set(policy, hash);
  return hash;
}

/** Former policies by their hash, and texts as they are. */
const reads = (...known: PolicyDocument[]): BacktestReads => ({
  policyOf: ({ policyHash: hash }) =>
    Promise.resolve(known.find((policy) => hashOf(policy) === hash) ?? null),
  textsOf: ({ data: { content, args } }) => Promise.resolve({ text: content?.text, args }),
  pause: () => Promise.resolve(),
});
const test = (
  spec: BacktestSpec,
  decisions: readonly RecordedDecision[],
  known: PolicyDocument[] = [],
): Promise<BacktestResult> => backtested(spec, reads(...known), decisions);
const ofPersona = (candidate: PolicyDocument): BacktestSpec => ({ candidate, personaId });

describe('what is compared', () => {
  const shell = decidedAt(2, { facts: { action: 'tool:shell.run' }, more: { subjectId: 'kim' } });
  const history = [
    decidedAt(1),
    shell,
    decidedAt(3, { facts: { personaId: other, action: 'tool:shell.run' } }),
  ];

  it('counts decisions by what was recorded and by what the candidate decides', async () => {
    const { decisions, matrix, divergent } = await test(ofPersona(noShell), history);
    expect({ decisions, divergent }).toEqual({ decisions: 2, divergent: 1 });
    expect(matrix.allow.allow).toBe(1);
    expect(matrix[shell.data.decision].deny).toBe(1);
  });

  it('tells of each divergence what differs, and whom it affects', async () => {
    const { firstDivergences, affectedPersonas, affectedSubjects } = await test(ofPersona(noShell), history);
    expect(firstDivergences).toEqual([
      {
        checkId: checkIdOf(2),
        position: '2',
        personaId,
        action: 'tool:shell.run',
        recorded: shell.data.decision,
        candidate: 'deny',
        rules: ['blockedActions/tool:shell.*'],
      },
    ]);
    expect(affectedPersonas).toEqual({ count: 1, isExact: true, ids: [personaId] });
    expect(affectedSubjects).toEqual({ count: 1, isExact: true, ids: ['kim'] });
  });

  it('takes the decisions of all personas for the floor', async () => {
    const { decisions, divergent, affectedPersonas } = await test({ candidate: noShell }, history);
    expect({ decisions, divergent }).toEqual({ decisions: 3, divergent: 2 });
    expect(affectedPersonas.ids).toEqual([personaId, other]);
  });

  it('lists the first 100 divergences and the first 1,000 ids, and counts all', async () => {
    const many = Array.from({ length: 1_200 }, (_, n) =>
      decidedAt(n + 1, { facts: { action: 'tool:shell.run' }, more: { subjectId: `subject-${n}` } }),
    );
    const found = await test(ofPersona(noShell), many);
    expect(found.divergent).toBe(1_200);
    expect(found.firstDivergences.map(({ position }) => position)).toEqual(
      Array.from({ length: 100 }, (_, n) => String(n + 1)),
    );
    expect(found.affectedSubjects).toMatchObject({ count: 1_200, isExact: true });
    expect(found.affectedSubjects.ids).toEqual(many.slice(0, 1_000).map(({ data }) => data.subjectId));
  });

  it('of no decision comes nothing', async () => {
    const found = await test(ofPersona(noShell), []);
    expect(found).toMatchObject({ decisions: 0, divergent: 0, notReplayableShare: 0, firstDivergences: [] });
    expect(found.digest).toMatch(/^e3b0c442/);
  });
});

describe('who decides beside the candidate', () => {
  const shell = { action: 'tool:shell.run' };
  const email = { action: 'tool:docs.read', counters: { actionsPerMinute: { persona: 1 } } };
  const only = (decision: RecordedDecision, spec: BacktestSpec, ...known: PolicyDocument[]) =>
    test(spec, [decision], known).then(({ firstDivergences, notReplayable, matrix }) => ({
      candidate: firstDivergences[0]?.candidate ?? 'as recorded',
      notReplayable,
      matrix,
    }));
  const floor = (policy: PolicyDocument, ref = {}) =>
    inForce(policy, { source: 'floor', versionNo: 3, ...ref });

  it('the floor, as it was then, beside a candidate for a persona', async () => {
    const recorded = decidedAt(1, { policies: [inForce(general), floor(noShell)], facts: shell });
    expect(recorded.data.decision).toBe('deny');
    expect(await only(recorded, ofPersona(general), noShell)).toMatchObject({ candidate: 'as recorded' });
  });

  it('the persona’s own, as it was then, beside a candidate for the floor', async () => {
    const recorded = decidedAt(1, { policies: [inForce(noShell), floor(strict)], facts: shell });
    expect(await only(recorded, { candidate: general }, noShell)).toMatchObject({ candidate: 'as recorded' });
  });

  it('nothing that was only watched, which does not even have to be there', async () => {
    const lax = completePolicy({ riskThreshold: 1, autoEscalationThreshold: 1 });
    const watched = inForce(strict, { mode: 'shadow' });
    const recorded = decidedAt(1, { policies: [watched, floor(noShell)], facts: shell });
    expect(await only(recorded, { candidate: lax })).toMatchObject({
      candidate: 'allow',
      notReplayable: { 'policy-missing': 0 },
    });
  });

  it('the candidate takes the place of what was enforced and of what was watched beside it', async () => {
    const lax = completePolicy({ riskThreshold: 1, autoEscalationThreshold: 1 });
    const both = [inForce(noShell), inForce(strict, { versionNo: 2, mode: 'shadow' })];
    const recorded = decidedAt(1, { policies: both, facts: shell });
    expect(recorded.data.decision).toBe('deny');
    expect(await only(recorded, ofPersona(lax))).toMatchObject({ candidate: 'allow' });
    const floors = both.map(({ policy, ref }) => floor(policy, { mode: ref.mode }));
    const ofFloor = decidedAt(2, { policies: floors, facts: shell });
    expect(await only(ofFloor, { candidate: lax })).toMatchObject({ candidate: 'allow' });
  });

  it('not the built-in one, which only holds where there is no other', async () => {
    const recorded = decidedAt(1, { facts: { action: 'admin.delete' } });
    expect(recorded.data.decision).toBe('require_approval');
    const lax = completePolicy({ riskThreshold: 1, autoEscalationThreshold: 1, hitlTriggers: [] });
    expect(await only(recorded, ofPersona(lax))).toMatchObject({ candidate: 'allow' });
    expect(await only(recorded, { candidate: lax })).toMatchObject({ candidate: 'allow' });
  });

  it('a waiver sets aside rules of a candidate for the floor, too', async () => {
    const ref = { waivedRules: ['blockedActions/tool:shell.*'] };
    const recorded = decidedAt(1, { policies: [floor(noShell, ref)], facts: email });
    const waived = { ...recorded, data: { ...recorded.data, facts: { ...recorded.data.facts, ...shell } } };
    const found = await only(waived, { candidate: noShell });
    expect(found.candidate).not.toBe('deny');
  });

  it('a suspended policy is no obstacle to the candidate that takes its place', async () => {
    const recorded = decidedAt(1, {
      policies: [floor(general)],
      unresolved: 'policy-suspended',
      facts: email,
    });
    expect(recorded.data.decision).toBe('deny');
    expect(await only(recorded, ofPersona(general), general)).toMatchObject({ candidate: 'allow' });
    expect(await only(recorded, { candidate: general })).toMatchObject({ candidate: 'as recorded' });
  });

  it('a suspended floor still denies what a candidate for a persona would allow', async () => {
    const recorded = decidedAt(1, {
      policies: [inForce(general)],
      unresolved: 'floor-suspended',
      facts: email,
    });
    expect(await only(recorded, ofPersona(general))).toMatchObject({ candidate: 'as recorded' });
    expect(await only(recorded, { candidate: general }, general)).toMatchObject({ candidate: 'allow' });
  });
});

describe('what cannot be taken again', () => {
  const lost = (decision: RecordedDecision, spec: BacktestSpec, answers: Partial<BacktestReads> = {}) =>
    backtested(spec, { ...reads(), ...answers }, [decision]).then(
      ({ notReplayable, notReplayableShare, decisions, divergent }) => {
        const reasons = Object.entries(notReplayable).filter(([, count]) => count > 0);
        return { reasons, notReplayableShare, decisions, divergent };
      },
    );
  const whole = (reason: string) => ({
    reasons: [[reason, 1]],
    notReplayableShare: 1,
    decisions: 1,
    divergent: 0,
  });

  it('what a newer version decided', async () => {
    const recorded = decidedAt(1, { more: { decideVersion: 2 } });
    expect(await lost(recorded, ofPersona(general))).toEqual(whole('other-version'));
  });

  it('what was decided beside a policy that is not there as it was', async () => {
    const recorded = decidedAt(1, { policies: [inForce(general), inForce(strict, { source: 'floor' })] });
    expect(await lost(recorded, ofPersona(general))).toEqual(whole('policy-missing'));
    expect((await lost(recorded, { candidate: general })).reasons).toEqual([['policy-missing', 1]]);
  });

  describe('by a candidate that looks for what nobody looked for', () => {
    const text = 'Project Nightingale';
    const nightingale = completePolicy({
      outputFilters: [{ name: 'project', pattern: '(?i)nightingale', action: 'block' }],
    } as PolicyInput);
    const kept = (value: unknown) =>
      ({ content: { direction: 'output', text: value } }) as Partial<RecordedDecision['data']>;
    const said = async (more: Partial<RecordedDecision['data']>) =>
      decidedAt(1, { facts: { content: await contentIn(saying(text), []) }, more });

    it('looks into the text', async () => {
      const { divergent, firstDivergences } = await test(ofPersona(nightingale), [await said(kept(text))]);
      expect({ divergent, rules: firstDivergences[0]?.rules }).toEqual({
        divergent: 1,
        rules: ['outputFilters/project'],
      });
    });

    it('looks into arguments', async () => {
      const args = { body: [{ part: text }] } as unknown as RecordedDecision['data']['args'];
      expect(await test(ofPersona(nightingale), [await said({ args })])).toMatchObject({ divergent: 1 });
    });

    it('opens nothing where the facts tell enough', async () => {
      const facts = {
        content: await contentIn(saying(text), [inForce(nightingale)]),
      };
      const textsOf = () => Promise.reject(new Error('opened'));
      const recorded = decidedAt(1, { facts, more: kept(sealed(text)) });
      expect(await lost(recorded, ofPersona(nightingale), { textsOf })).toMatchObject({ divergent: 1 });
    });

    it('looks into what was too much for the policies of the time', async () => {
      const content = (await contentIn(saying(text), [])).map((part) => ({
        ...part,
        tooMuch: true as const,
      }));
      const recorded = decidedAt(1, { facts: { content }, more: kept(text) });
      expect(recorded.data.decision).toBe('deny');
      const { matrix, firstDivergences } = await test(ofPersona(general), [recorded]);
      expect(matrix.deny).toEqual({ allow: 1, require_approval: 0, deny: 0 });
      expect(firstDivergences[0]?.rules).toEqual(['policy/unevaluable']);
    });

    it('is lost where the decision kept no text', async () => {
      expect(await lost(await said({}), ofPersona(nightingale))).toEqual(whole('content-missing'));
    });

    it('is lost where whoever folds may not open it', async () => {
      expect(await lost(await said(kept(sealed(text))), ofPersona(nightingale))).toEqual(
        whole('content-sealed'),
      );
    });

    it.each([
      ['text', { text: { erased: 'certificate-1' }, args: { note: 'x' } }],
      ['arguments', { text, args: { erased: 'certificate-1' } }],
    ])('is lost where the %s were erased', async (_, texts) => {
      const textsOf = () => Promise.resolve(texts);
      const more = { ...kept(sealed(text)), args: sealed({}) };
      expect(await lost(await said(more), ofPersona(nightingale), { textsOf })).toEqual(
        whole('content-erased'),
      );
    });
  });
});

describe('former policies', () => {
  it('are read once, whoever they belong to', async () => {
    let asked = 0;
    const policyOf = () => (asked++, Promise.resolve(noShell));
    const history = [personaId, other, personaId].map((who, n) =>
      decidedAt(n + 1, {
        policies: [inForce(noShell, { versionNo: n + 1 })],
        facts: { personaId: who },
      }),
    );
    const found = await backtested({ candidate: general }, { ...reads(), policyOf }, history);
    expect({ asked, decisions: found.decisions, divergent: found.divergent }).toEqual({
      asked: 1,
      decisions: 3,
      divergent: 0,
    });
  });
});

/** One moment of a tenant: how its policies stand, and what is checked. */
interface Moment {
  /** Indexes into the documents; null where there is none. */
  own: number | null;
  floor: number | null;
  ownMode: 'enforce' | 'shadow';
  floorMode: 'enforce' | 'shadow';
  /** Watched beside them. */
  ownWatched: number | null;
  floorWatched: number | null;
  suspended: 'own' | 'floor' | 'none';
  waived: string[];
  action: string;
  text: string | null;
  count: number;
  score: { affectsExternal: boolean; irreversible: boolean };
  subject: number;
}

const actions = ['tool:shell.run', 'tool:payment.refund', 'tool:docs.read', 'admin.delete', 'say'];
const modes = ['enforce', 'shadow', 'off'] as const;
const rules = fc.array(
  fc.record({
    pattern: fc.constantFrom('tool:shell.*', 'tool:*', 'admin.*', 'say', '*.read'),
    mode: fc.constantFrom(...modes),
  }),
  { maxLength: 2 },
);
const filters = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('one', 'two', 'three'),
    pattern: fc.constantFrom('nightingale', '[0-9]{3}', '(?i)secret'),
    action: fc.constantFrom('block', 'warn', 'mask', 'allow'),
    priority: fc.constantFrom(100, 200),
    mode: fc.constantFrom(...modes),
  }),
  { selector: ({ name }) => name, maxLength: 2 },
);
const percent = fc.integer({ min: 0, max: 100 }).map((n) => n / 100);

/** Policies that do not contradict themselves. */
const policies = fc
  .record(
    {
      seed: fc.constantFrom('general', 'medical', 'code', 'interviewer', 'strict'),
      allowedActions: rules,
      blockedActions: rules,
      requireApproval: rules,
      outputFilters: filters,
      pii: fc.record({
        action: fc.constantFrom('allow', 'warn', 'mask', 'block'),
        mode: fc.constantFrom(...modes),
        exemptedFields: fc.subarray(['to', 'cc']),
      }),
      limits: fc.record({ maxActionsPerMinute: fc.integer({ min: 0, max: 6 }) }),
      riskThreshold: percent,
      autoEscalationThreshold: percent,
    },
    { requiredKeys: [] },
  )
  .map((input) => completePolicy(policyInput.parse(input)))
  .filter((policy) => policyProblems(policy).length === 0);

const moments = fc.record<Moment>({
  own: fc.option(fc.nat(2)),
  floor: fc.option(fc.nat(2)),
  ownMode: fc.constantFrom('enforce', 'shadow'),
  floorMode: fc.constantFrom('enforce', 'shadow'),
  ownWatched: fc.option(fc.nat(2)),
  floorWatched: fc.option(fc.nat(2)),
  suspended: fc.constantFrom('own', 'floor', 'none', 'none', 'none'),
  waived: fc.subarray(['blockedActions/tool:*', 'riskThreshold', 'pii/email']),
  action: fc.constantFrom(...actions),
  text: fc.option(fc.constantFrom('a secret', 'nightingale 123', 'kim@example.org', 'nothing')),
  count: fc.integer({ min: 1, max: 8 }),
  score: fc.record({ affectsExternal: fc.boolean(), irreversible: fc.boolean() }),
  subject: fc.nat(3),
});

const standing = (
  documents: readonly PolicyDocument[],
  index: number | null,
  mode: 'enforce' | 'shadow',
  beside: number | null,
  isSuspended: boolean,
): Standing => {
  const version = (at: number | null) =>
    at === null ? null : { versionNo: at + 1, policyHash: hashOf(documents[at]!), policy: documents[at]! };
  if (isSuspended) return { enforced: null, watched: version(beside), isSuspended };
  if (mode === 'shadow') return { enforced: null, watched: version(index), isSuspended };
  return { enforced: version(index), watched: version(beside), isSuspended };
};

/** The decision that a check records at a moment. */
async function recordedAt(
  position: number,
  moment: Moment,
  documents: readonly PolicyDocument[],
): Promise<RecordedDecision> {
  const { own, floor, ownMode, floorMode, suspended, action, text, count, score, subject } = moment;
  const waived = floor === null || floorMode === 'shadow' ? [] : moment.waived;
  const hashes = waived.map((rule) => [rule, definitionHash(documents[floor!]!, rule)]);
  const { policies: inForceThen, unresolved } = decidingPolicies(
    standing(documents, own, ownMode, moment.ownWatched, suspended === 'own'),
    standing(documents, floor, floorMode, moment.floorWatched, suspended === 'floor'),
    {
      rules: waived,
      definitions: Object.fromEntries(hashes.filter(([, hash]) => hash)) as Record<string, string>,
    },
  );
  const texts = text === null ? {} : { content: { direction: 'output' as const, text } };
  const content = text === null ? undefined : await contentIn(texts, inForceThen);
  return decidedAt(position, {
    policies: inForceThen,
    unresolved,
    facts: {
      action,
      ...score,
      counters: { actionsPerMinute: { persona: count } },
      ...(content && { content }),
    },
    more: {
      subjectId: `subject-${subject}`,
      ...(texts.content && { content: texts.content as never }),
    },
  });
}

const histories = fc.record({
  documents: fc.tuple(policies, policies, policies),
  moments: fc.array(moments, { minLength: 1, maxLength: 20 }),
});
const recorded = (
  documents: readonly PolicyDocument[],
  list: readonly Moment[],
): Promise<RecordedDecision[]> =>
  Promise.all(list.map((moment, index) => recordedAt(index + 1, moment, documents)));

describe('laws', () => {
  const holds = <T>(of: fc.Arbitrary<T>, law: (value: T) => Promise<void>) =>
    fc.assert(fc.asyncProperty(of, law), { seed, numRuns: 50 });

  it('the policy in force diverges nowhere from its own history', () =>
    holds(histories, async ({ documents, moments: list }) => {
      const mine = list.map((one): Moment => {
        return {
          ...one,
          own: 0,
          ownMode: 'enforce',
          suspended: one.suspended === 'own' ? 'none' : one.suspended,
        };
      });
      const found = await test(ofPersona(documents[0]), await recorded(documents, mine), documents);
      expect(found).toMatchObject({ decisions: list.length, divergent: 0, notReplayableShare: 0 });
    }));

  it('nor does the floor in force, whatever its personas have', () =>
    holds(histories, async ({ documents, moments: list }) => {
      const mine = list.map((one): Moment => {
        const suspended = one.suspended === 'floor' ? 'none' : one.suspended;
        return { ...one, floor: 0, floorMode: 'enforce', suspended };
      });
      const found = await test({ candidate: documents[0] }, await recorded(documents, mine), documents);
      expect(found).toMatchObject({ decisions: list.length, divergent: 0, notReplayableShare: 0 });
    }));

  it('nor does the built-in one where there was no other', () =>
    holds(histories, async ({ documents, moments: list }) => {
      const none = list.map((one): Moment => ({ ...one, own: null, floor: null, suspended: 'none' }));
      for (const spec of [ofPersona(general), { candidate: general }]) {
        expect(await test(spec, await recorded(documents, none))).toMatchObject({
          divergent: 0,
          notReplayableShare: 0,
        });
      }
    }));

  it('a planted block finds exactly the rows of that action that were not denied', () =>
    holds(
      fc.tuple(histories, fc.constantFrom(...actions)),
      async ([{ documents, moments: list }, action]) => {
        const mine = list.map((one): Moment => ({ ...one, own: 0, ownMode: 'enforce', suspended: 'none' }));
        const history = await recorded(documents, mine);
        const [policy] = documents;
        const candidate: PolicyDocument = {
          ...policy,
          blockedActions: [...policy.blockedActions, { pattern: action, mode: 'enforce' }],
        };
        const planted = history.filter(({ data }) => data.action === action && data.decision !== 'deny');
        const { firstDivergences, divergent } = await test(ofPersona(candidate), history, documents);
        expect(divergent).toBe(planted.length);
        expect(firstDivergences.map(({ checkId }) => checkId)).toEqual(
          planted.map(({ data }) => data.checkId),
        );
        for (const { candidate: decision, rules: apart } of firstDivergences) {
          expect({ decision, has: apart.includes(`blockedActions/${action}`) }).toEqual({
            decision: 'deny',
            has: true,
          });
        }
      },
    ));

  it('twice over one range comes to the same, in one go or page by page', () =>
    holds(
      fc.tuple(histories, policies, fc.nat(30)),
      async ([{ documents, moments: list }, candidate, cut]) => {
        const history = await recorded(documents, list);
        const spec = ofPersona(candidate);
        const once = await test(spec, history, documents);
        const fold = beginBacktest(spec, reads(...documents));
        for (const page of [history.slice(0, cut), history.slice(cut)]) {
          for (const decision of page) await fold.step(decision);
          // Asking for what came so far changes nothing.
          fold.result();
        }
        expect(fold.result()).toEqual(once);
        expect(await test(spec, history, documents)).toEqual(once);
      },
    ));

  it('every decision is somewhere in the matrix, or lost for a reason', () =>
    holds(fc.tuple(histories, policies), async ([{ documents, moments: list }, candidate]) => {
      const history = await recorded(documents, list);
      const found = await test({ candidate }, history, documents.slice(1));
      const cells = Object.values(found.matrix).flatMap((row) => Object.values(row));
      const lost = Object.values(found.notReplayable);
      const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);
      expect(sum(cells) + sum(lost)).toBe(found.decisions);
      expect(found.decisions).toBe(list.length);
    }));
});
