import { describe, expect, it } from 'vitest';
import { evolve, Rejection, type Caller, type DomainEvent } from '../../../../src/domain/kernel.js';
import { refinementEvents } from '../../../../src/domain/personas/refinements/events.js';
import {
  effectOf,
  existing,
  guardBase,
  guardPersons,
  isOpen,
  mayEnd,
  missing,
  open,
  refinement,
  standing,
  toldOf,
  waitingFor,
  type ExistingRefinement,
  type Refinement,
} from '../../../../src/domain/personas/refinements/refinement.js';
import { storedSchema, tolerantSchema } from '../../../../src/domain/stored-schema.js';
import { config, configWith, personaId } from '../../../support/persona-examples.js';
import { recorded } from '../../../support/projected.js';
import {
  amended,
  approvalId,
  approvedWith,
  applied,
  applied2,
  applying,
  baseHash,
  cool,
  coolHash,
  ends,
  failed,
  hashOf,
  persona,
  proposed,
  rebasedOnto,
  refinementId,
  refinementLife,
  rejectedAs,
  resolved,
  returned,
  rollbackFailed,
  rolledBack,
  submitted,
  supersededBy,
  version,
  withdrawn,
} from '../../../support/refinement-examples.js';

const editor = (id: string): Caller => ({ kind: 'user', id, roles: ['editor'], teams: [] });
const after = (...events: DomainEvent[]): ExistingRefinement =>
  recorded({ category: 'refinement', streamId: refinementId }, ...events).reduce<unknown>(
    (state, { type, data, meta }) => evolve(refinement, state, { type, data }, meta),
    refinement.initialState(),
  ) as ExistingRefinement;
const rejectionOf = (act: () => unknown): Rejection => {
  try {
    act();
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('refinement events', () => {
  const examples = [...refinementLife, ...ends];

  it('each have an example that is stored as it is and read as it is', () => {
    expect(new Set(examples.map(({ type }) => type))).toEqual(new Set(Object.keys(refinementEvents)));
    for (const { type, data } of examples) {
      const schema = refinementEvents[type as keyof typeof refinementEvents];
      expect(storedSchema(schema).parse(data)).toEqual(data);
      expect(tolerantSchema(schema).parse(data)).toEqual(data);
    }
  });
});

describe('the state of a refinement', () => {
  it('begins with the proposal', () => {
    expect(after(proposed(cool))).toEqual({
      status: 'proposed',
      personaId,
      source: 'user_modified',
      changeClass: 'model',
      baseVersionNo: 1,
      baseHash,
      change: { changed: cool, removed: [], was: { temperature: 0.3 } },
      accepted: [],
      rejected: [],
      diffHash: coolHash,
      proposerId: 'ada',
      proposerKind: 'user',
      hands: ['ada'],
      approvalId: null,
      versionNo: null,
      headVersionNo: null,
    });
  });

  it.each<[what: string, events: DomainEvent[], expected: Partial<ExistingRefinement>]>([
    ['submitted', [submitted(coolHash)], { status: 'awaiting_approval', approvalId }],
    ['approved', [submitted(coolHash), approvedWith(coolHash)], { status: 'approved', approvalId }],
    ['returned', [submitted(coolHash), returned], { status: 'proposed', approvalId: null }],
    ['rejected', [submitted(coolHash), rejectedAs('expired')], { status: 'rejected' }],
    ['withdrawn', [withdrawn()], { status: 'withdrawn' }],
    ['superseded', [supersededBy(approvalId)], { status: 'superseded' }],
    ['applying', [submitted(coolHash), approvedWith(coolHash), applying(coolHash)], { status: 'applying' }],
    ['applied', [applied(2)], { status: 'applied', versionNo: 2 }],
    ['failed', [applying(coolHash), failed], { status: 'failed', approvalId: null }],
    [
      'rolled back',
      [applied(2), rolledBack({ headVersionNo: 4 })],
      { status: 'rolled_back', versionNo: 2, headVersionNo: 4 },
    ],
    [
      'not rolled back after all',
      [applied(2), rolledBack(), rollbackFailed],
      { status: 'applied', versionNo: 2, headVersionNo: null },
    ],
  ])('%s', (_, events, expected) => {
    expect(after(proposed(cool), ...events)).toMatchObject(expected);
  });

  it('with another content waits on where it waits, and has to be approved again where it was', () => {
    const other = { temperature: 0.2 };
    const told = { approvalId, excluded: ['ada'] };
    expect(after(proposed(cool), submitted(coolHash), amended(other, told))).toMatchObject({
      status: 'awaiting_approval',
      approvalId,
      diffHash: hashOf(other),
    });
    const changes = [
      amended(other),
      rebasedOnto(2, configWith({ tags: ['b'] }), configWith({ ...cool, tags: ['b'] })),
    ];
    for (const change of changes)
      expect(after(proposed(cool), submitted(coolHash), approvedWith(coolHash), change)).toMatchObject({
        status: 'proposed',
        approvalId: null,
      });
  });

  it('of which a field is rejected keeps it, and does not apply it', () => {
    const both = { ...cool, tags: ['a'] };
    const state = after(proposed(both), resolved({ rejected: ['/tags'] }, coolHash));
    expect(state).toMatchObject({ diffHash: coolHash, rejected: ['/tags'], change: { changed: both } });
    expect(effectOf(state)).toEqual({ changed: cool, removed: [], was: { temperature: 0.3 } });
    const approved = [proposed(both), submitted(hashOf(both)), approvedWith(hashOf(both))];
    expect(after(...approved, resolved({ accepted: ['/tags'] }, hashOf(both))).status).toBe('approved');
    expect(after(...approved, resolved({ rejected: ['/tags'] }, coolHash)).status).toBe('proposed');
  });

  it('knows everybody who had a hand in it, also in the draft that was proposed as it was', () => {
    expect(after(proposed(cool, { draftedBy: ['bob', 'ada'] })).hands).toEqual(['bob', 'ada']);
    expect(after(proposed(cool, { draftedBy: ['bob'] })).hands).toEqual(['bob', 'ada']);
  });
});

describe('guards', () => {
  it('let through what is open', () => {
    const states = [
      after(proposed(cool)),
      after(proposed(cool), submitted(coolHash)),
      after(proposed(cool), submitted(coolHash), approvedWith(coolHash)),
      after(proposed(cool), failed),
    ];
    for (const state of states) expect([isOpen(state), open(state)]).toEqual([true, state]);
    for (const end of [...ends, applied(2), applying(coolHash)])
      expect(rejectionOf(() => open(after(proposed(cool), end))).code).toBe('refinement-not-open');
  });

  it('refuse what is hidden in the very words for what is not there', () => {
    const state = after(proposed(cool));
    const never = rejectionOf(() => existing({ status: 'none' }, null));
    const hidden = rejectionOf(() => existing(state, null));
    expect([hidden.code, hidden.detail, hidden.more]).toEqual([never.code, never.detail, never.more]);
    expect(rejectionOf(() => missing('/supersedes')).more.errors?.[0]?.pointer).toBe('/supersedes');
    expect(existing(state, persona())).toEqual({ found: state, persona: persona() });
  });

  it('tell the version that there is instead of the base, and the way out', () => {
    expect(guardBase({ baseVersionNo: 1, baseHash }, persona())).toBeUndefined();
    const moved = rejectionOf(() =>
      guardBase({ baseVersionNo: 1, baseHash }, persona({ head: version(2, configWith(cool)) })),
    );
    expect(moved).toMatchObject({
      code: 'base-version-moved',
      more: { currentVersionNo: 2, next: 'POST /refinements/:refinementId/rebase' },
    });
    expect(rejectionOf(() => guardBase({ baseVersionNo: 1, baseHash: 'x' }, persona())).code).toBe(
      'base-version-moved',
    );
    expect(version(1).config).toBe(config);
  });

  it('keep applications from what a person proposed; people from nothing', () => {
    const [user, service] = [{ proposerKind: 'user' as const }, { proposerKind: 'service' as const }];
    const refused = rejectionOf(() => guardPersons(user, { kind: 'service' }, '/supersedes'));
    expect(refused).toMatchObject({
      code: 'refinement-not-yours',
      more: { errors: [{ pointer: '/supersedes' }] },
    });
    for (const kind of ['persona', 'timer'] as const)
      expect(rejectionOf(() => guardPersons(user, { kind })).code).toBe('refinement-not-yours');
    expect(guardPersons(service, { kind: 'service' })).toBeUndefined();
    for (const one of [user, service]) expect(guardPersons(one, { kind: 'user' })).toBeUndefined();
  });

  it('let those end it who proposed it, or look after the persona', () => {
    const whose = persona({ owner: { kind: 'user', id: 'cleo' } });
    expect(['ada', 'bob', 'cleo'].map((id) => mayEnd({ proposerId: 'ada' }, whose, editor(id)))).toEqual([
      true,
      false,
      true,
    ]);
    expect(mayEnd({ proposerId: 'ada' }, whose, { ...editor('bob'), roles: ['admin'] })).toBe(true);
  });
});

describe('the approval', () => {
  const waiting = after(proposed(cool), submitted(coolHash));

  it('that waits is told of another content, and of who may not vote on it', () => {
    const hands = ['ada', 'bob'];
    expect(toldOf(waiting, { diffHash: 'other', hands })).toEqual({ approvalId, excluded: hands });
    expect(toldOf(waiting, { diffHash: coolHash, hands })).toEqual({});
    expect(toldOf(after(proposed(cool)), { diffHash: 'other', hands })).toEqual({});
    const approved = after(proposed(cool), submitted(coolHash), approvedWith(coolHash));
    expect(toldOf(approved, { diffHash: 'other', hands })).toEqual({});
  });

  it('that waits ends with the refinement', () => {
    expect(waitingFor(waiting)).toEqual({ approvalId });
    for (const state of [after(proposed(cool)), after(...applied2)]) expect(waitingFor(state)).toEqual({});
  });
});

describe('what commands answer', () => {
  it('is where the refinement stands, and what apply takes', () => {
    expect(standing({ status: 'none' } satisfies Refinement)).toBeUndefined();
    expect(standing(after(proposed(cool)))).toEqual({
      state: 'proposed',
      diffHash: coolHash,
      changeClass: 'model',
      approvalId: null,
      versionNo: null,
    });
  });
});
