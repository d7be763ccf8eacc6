import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { v5 as uuidv5 } from 'uuid';
import type { DomainEvent } from '../../../../src/domain/kernel.js';
import { refinementModule } from '../../../../src/domain/personas/refinements/refinement-module.js';
import { factReader } from '../../../support/fact-reader.js';
import { given, sealed, type Surroundings } from '../../../support/given.js';
import { deepMetadata } from '../../../support/persona-arbitrary.js';
import { configWith, personaId } from '../../../support/persona-examples.js';
import {
  amended,
  applied2,
  approvalId,
  approvedWith,
  around,
  cool,
  coolHash,
  olderId,
  persona,
  proposed,
  refinementId,
  resolved,
  submitted,
  usual,
  version,
  withdrawn,
} from '../../../support/refinement-examples.js';
import { seedFor } from '../../../support/seed.js';

const seed = seedFor('proposals');
type Around = Partial<Surroundings>;
const nothing = given(refinementModule);
const editor: Around = { roles: ['editor'] };
const propose = (input: object, more: Around = {}) =>
  nothing.when('proposeRefinement', { personaId, baseVersionNo: 1, ...input }, { facts: around(), ...more });
const machine = { source: 'ai_suggested' };
const drawn = uuidv5('approval', '01890000-0000-7000-8000-00000000c0de');

describe('proposeRefinement', () => {
  it('records what is to change, typed, with what it was', () => {
    const outcome = propose({ set: cool, reason: 'it wanders' });
    outcome.thenEvents(proposed(cool, { reason: sealed('it wanders') }));
    outcome.thenReply({
      state: 'proposed',
      diffHash: coolHash,
      changeClass: 'model',
      approvalId: null,
      versionNo: null,
    });
  });

  it('takes operations, and the draft as it is, as well', () => {
    propose({ patch: [{ op: 'replace', path: '/temperature', value: 0.1 }] }).thenEvents(proposed(cool));
    propose({ draft: true }, { facts: around({ draft: configWith({ tags: ['a'] }) }) }).thenEvents(
      proposed({ tags: ['a'] }),
    );
  });

  it('takes exactly one of them', () => {
    propose({}).thenRejected('invalid-input');
    propose({ set: cool, draft: true }).thenRejected('invalid-input');
    propose({ draft: false }).thenRejected('invalid-input');
  });

  it('of the draft as it is has the hands of those who wrote the draft; no other one has', () => {
    const facts = around({ draft: configWith(cool), draftHands: ['bob', 'cleo'] });
    const draftedBy = ['bob', 'cleo'];
    propose({ draft: true }, { facts }).thenEvents(proposed(cool, { draftedBy }));
    propose({ draft: true, ...machine }, { facts }).thenEvents(
      proposed(cool, { source: 'ai_suggested', draftedBy }),
      submitted(coolHash, { approvalId: drawn, excluded: ['bob', 'cleo', 'ada'] }),
    );
    propose({ set: cool }, { facts }).thenEvents(proposed(cool));
  });

  it('is made against the newest version', () => {
    const moved = propose(
      { set: cool },
      { facts: around({ head: version(2, configWith({ tags: ['b'] })) }) },
    );
    moved.thenRejected('base-version-moved');
    expect(() => moved.events).toThrow(
      expect.objectContaining({ more: { currentVersionNo: 2, next: 'POST /refinements' } }),
    );
    propose({ set: cool, baseVersionNo: 2 }).thenRejected('version-not-published', '/baseVersionNo');
  });

  it('refuses what would be no configuration, and says where', () => {
    propose({ set: { temperature: 3 } }).thenRejected('invalid-input', '/set/temperature');
    propose({ set: { name: null } }).thenRejected('draft-invalid', '/set/name');
    const patched = propose({ patch: [{ op: 'remove', path: '/voice' }] });
    patched.thenRejected('patch-not-applicable', '/patch/0');
    expect(() => patched.events).toThrow(
      expect.objectContaining({ more: expect.objectContaining({ next: 'POST /refinements' }) }),
    );
  });

  it('refuses what would change nothing', () => {
    propose({ set: { temperature: 0.3 } }).thenRejected('refinement-empty');
    propose({ draft: true }).thenRejected('refinement-empty');
  });

  it('is recorded, and amended, however deep the change and however long the keys', () => {
    fc.assert(
      fc.property(deepMetadata, deepMetadata, (before, after) => {
        fc.pre(JSON.stringify(before) !== JSON.stringify(after));
        const base = version(1, configWith({ metadata: before }));
        const facts = around({ head: base, draft: configWith({ metadata: after }) }, base);
        const { events } = propose({ draft: true }, { facts });
        expect(events).toHaveLength(1);
        const patch = [{ op: 'replace', path: '/metadata', value: { ...after, more: 1 } }];
        const open = given(refinementModule, ...events);
        const amended = open.when('amendRefinement', { refinementId, patch }, { facts });
        expect(amended.events).toHaveLength(1);
      }),
      { seed, numRuns: 50 },
    );
  });

  it('needs a persona that is there, published and not archived', () => {
    for (const facts of [{ ...around(), persona: null }, undefined]) {
      const around = { facts: facts ?? { persona: null } };
      propose({ set: cool }, around).thenRejected('persona-not-found', '/personaId');
    }
    propose({ set: cool }, { facts: around({ status: 'archived' }) }).thenRejected('persona-archived');
    propose({ set: cool }, { facts: around({ head: null }) }).thenRejected('persona-unpublished');
  });

  it('seals what is about a real person, and names the facet as one field', () => {
    const identity = { subjectId: 'grace', background: 'navy' };
    const outcome = propose({ set: { identity } });
    outcome.thenEvents(proposed({ identity: { subjectId: 'grace', background: sealed('navy') } }));
    expect(outcome.events[0]!.data['fields']).toEqual(['/identity']);
    expect(JSON.stringify(outcome.events)).not.toContain('navy');
  });

  it('keeps what it followed', () => {
    const evidence = [olderId];
    propose({ set: cool, evidence }).thenEvents(proposed(cool, { evidence }));
  });
});

describe('the class of a proposal', () => {
  it('is the one of what it touches, or mixed', () => {
    propose({ set: { tags: ['a'] } }).thenEvents(proposed({ tags: ['a'] }, { changeClass: 'general' }));
    propose({ set: { ...cool, tags: ['a'] } }).thenEvents(
      proposed({ ...cool, tags: ['a'] }, { changeClass: 'mixed' }),
    );
  });

  it('that is declared holds: it touches nothing else', () => {
    propose({ set: cool, changeClass: 'model' }).thenEvents(proposed(cool));
    propose({ set: { ...cool, tags: ['a'] }, changeClass: 'model' }).thenRejected(
      'outside-change-class',
      '/set/tags',
    );
    const patch = [
      { op: 'replace', path: '/temperature', value: 0.1 },
      { op: 'add', path: '/tags/-', value: 'a' },
    ];
    propose({ patch, changeClass: 'model' }).thenRejected('outside-change-class', '/patch/1/value');
    const prompt = { allowedTools: ['mail'], meaning: 'x' };
    propose({ set: { prompt }, changeClass: 'prompt' }).thenRejected(
      'outside-change-class',
      '/set/prompt/allowedTools',
    );
    const facts = around({ draft: configWith({ ...cool, tags: ['a'] }) });
    propose({ draft: true, changeClass: 'model' }, { facts }).thenRejected('outside-change-class', '/draft');
  });

  it('is never mixed by declaration', () => {
    propose({ set: cool, changeClass: 'mixed' }).thenRejected('invalid-input', '/changeClass');
  });
});

describe('locked prompt parts', () => {
  const flags = { sysInfoEnabled: false, userProfileEnabled: false };
  const locked = configWith({ prompt: { ...flags, content: { startLocked: 'head' } } });
  const facts = around({ head: version(1, locked) }, version(1, locked));

  it.each<[what: string, input: object, pointers: string[]]>([
    ['set', { set: { prompt: { content: { endLocked: 'x' } } } }, ['/set/prompt/content/endLocked']],
    ['removed', { set: { prompt: null } }, ['/set/prompt']],
    ['removed by an operation', { patch: [{ op: 'remove', path: '/prompt' }] }, ['/patch/0']],
    ['other in the draft', { draft: true }, ['/draft']],
  ])('%s: proposed by an owner of the tenant alone', (_, input, pointers) => {
    propose(input, { facts, ...editor }).thenRejected('prompt-locked', ...pointers);
    expect(propose(input, { facts }).events).toHaveLength(1);
  });

  it('are amended by an owner of the tenant alone', () => {
    const open = given(refinementModule, proposed(cool));
    const set = { prompt: { content: { endLocked: 'x' } } };
    open
      .when('amendRefinement', { refinementId, set }, { facts: around(), ...editor })
      .thenRejected('prompt-locked', '/set/prompt/content/endLocked');
    expect(open.when('amendRefinement', { refinementId, set }, { facts: around() }).events).toHaveLength(1);
  });

  it('that an owner proposed are not taken out of the proposal by anybody else', () => {
    const set = { prompt: { content: { endLocked: 'x' } } };
    const open = given(refinementModule, ...propose({ set }, { facts: around() }).events);
    const without = { refinementId, set: { temperature: 0.55 } };
    open.when('amendRefinement', without, { facts: around(), ...editor }).thenRejected('prompt-locked');
    expect(open.when('amendRefinement', without, { facts: around() }).events).toHaveLength(1);
  });
});

describe('what a machine proposes', () => {
  const waits = (more: object = {}): DomainEvent[] => [
    proposed(cool, { source: 'ai_suggested' }),
    submitted(coolHash, { approvalId: drawn, ...more }),
  ];

  it('is submitted at once where the persona is hybrid', () => {
    propose({ set: cool, ...machine })
      .thenEvents(...waits())
      .thenReply(expect.objectContaining({ state: 'awaiting_approval', approvalId: drawn }));
  });

  it('waits where it is automatic too, as long as nothing can measure it', () => {
    const facts = around({ autonomy: { mode: 'auto', perClass: {} } });
    propose({ set: cool, ...machine }, { facts }).thenEvents(...waits({ waitsBecause: 'gate-unavailable' }));
  });

  it('is refused where it is manual, for all changes or those of a class', () => {
    for (const autonomy of [
      { mode: 'manual' as const, perClass: {} },
      { mode: 'auto' as const, perClass: { model: 'manual' as const } },
    ]) {
      const facts = around({ autonomy });
      propose({ set: cool, ...machine }, { facts }).thenRejected('autonomy-manual');
      propose({ set: { ...cool, tags: ['a'] }, ...machine }, { facts }).thenRejected('autonomy-manual');
      expect(propose({ set: cool }, { facts }).events).toHaveLength(1);
    }
  });

  it('waits on the terms of the tenant', () => {
    const settings = { ...around().settings, refinementQuorum: 3, refinementDeadlineSeconds: 60 };
    propose({ set: cool, ...machine }, { facts: { ...around(), settings } }).thenEvents(
      ...waits({ quorum: 3, deadlineSeconds: 60, approvers: usual }),
    );
  });

  it('cannot be called a rollback or an import', () => {
    for (const source of ['rollback', 'import'])
      propose({ set: cool, source }).thenRejected('invalid-input', '/source');
  });
});

describe('a proposal that takes the place of another', () => {
  const older = (more: object = {}) => ({
    status: 'proposed',
    personaId,
    proposerId: 'ada',
    proposerKind: 'user',
    ...more,
  });
  const instead = (superseded: object, more: Around = {}) =>
    propose({ set: cool, supersedes: olderId }, { facts: { ...around(), superseded }, ...more });

  it('says so', () => {
    instead(older()).thenEvents(proposed(cool, { supersedes: olderId }));
  });

  it('is of who may withdraw that one', () => {
    const bob: Around = { actorId: 'bob', roles: ['editor'] };
    const superseded = older();
    instead(superseded, bob).thenRejected('refinement-not-yours', '/supersedes');
    expect(instead(older({ proposerId: 'bob' }), bob).events).toHaveLength(1);
    expect(instead(superseded, { ...bob, roles: ['admin'] }).events).toHaveLength(1);
    const managed = { ...around({ owner: { kind: 'user', id: 'bob' } }), superseded };
    expect(instead(superseded, { ...bob, facts: managed }).events).toHaveLength(1);
  });

  it('does not of what is not there, of another persona’s and of a decided one', () => {
    instead({ status: 'none' }).thenRejected('refinement-not-found', '/supersedes');
    instead(older({ personaId: olderId })).thenRejected('refinement-not-found', '/supersedes');
    instead(older({ status: 'applied' })).thenRejected('refinement-not-open', '/supersedes');
  });
});

describe('who may propose', () => {
  it('an application and everybody who works on personas', () => {
    for (const role of ['editor', 'approver', 'admin', 'owner', 'service'] as const)
      expect(propose({ set: cool }, { roles: [role] }).events.length).toBeGreaterThan(0);
    for (const role of ['viewer', 'auditor'] as const)
      propose({ set: cool }, { roles: [role] }).thenRejected('forbidden');
  });

  it('sees the persona: facts find none that is hidden', async () => {
    const { facts } = refinementModule.commands['proposeRefinement']!;
    const ask = (isPublic: boolean, supersedes?: string) =>
      facts!(
        { personaId, supersedes } as never,
        factReader({
          caller: { id: 'bob', roles: ['editor'] },
          states: {
            [`persona ${personaId}`]: persona({ isPublic }),
            [`refinement ${olderId}`]: { status: 'applied' },
          },
        }),
      );
    await expect(ask(true)).resolves.toEqual({ ...pick(around()), superseded: null });
    await expect(ask(false)).resolves.toMatchObject({ persona: null });
    await expect(ask(true, olderId)).resolves.toMatchObject({ superseded: { status: 'applied' } });
  });
  const pick = ({ persona: whose, settings }: ReturnType<typeof around>) => ({ persona: whose, settings });
});

describe('amendRefinement', () => {
  const other = { temperature: 0.2 };
  const amend = (history: DomainEvent[], input: object, more: Around = {}) =>
    given(refinementModule, ...history).when(
      'amendRefinement',
      { refinementId, ...input },
      { facts: around(), ...more },
    );

  it('proposes something else, again against the base', () => {
    amend([proposed(cool)], { set: other })
      .thenEvents(amended(other))
      .again()
      .thenNothing();
    amend([proposed(cool)], { set: { tags: ['a'] } }).thenEvents(amended({ tags: ['a'] }));
    amend([proposed(cool)], { set: cool }).thenNothing();
  });

  it('tells the approval that waits, and who has had a hand in it now', () => {
    amend([proposed(cool), submitted(coolHash)], { set: other }).thenEvents(
      amended(other, { approvalId, excluded: ['ada'] }),
    );
  });

  it('has to be approved again where it was', () => {
    amend([proposed(cool), submitted(coolHash), approvedWith(coolHash)], { set: other })
      .thenEvents(amended(other))
      .thenReply(expect.objectContaining({ state: 'proposed', approvalId: null }));
  });

  it('begins anew with fields that were rejected', () => {
    const both = { ...cool, tags: ['a'] };
    amend([proposed(both), resolved({ rejected: ['/tags'] }, coolHash)], { set: both }).thenEvents(
      amended(both),
    );
    amend([proposed(both), resolved({ rejected: ['/tags'] }, coolHash)], { set: cool }).thenNothing();
  });

  it('is against the base also when there is a newer version', () => {
    const facts = around({ head: version(2, configWith({ tags: ['b'] })) });
    amend([proposed(cool)], { set: other }, { facts }).thenEvents(amended(other));
  });

  it('obeys the rules of proposals', () => {
    amend([proposed(cool)], { set: { temperature: 0.3 } }).thenRejected('refinement-empty');
    amend([proposed(cool)], { set: { name: null } }).thenRejected('draft-invalid', '/set/name');
    amend([proposed(cool)], { patch: [{ op: 'remove', path: '/voice' }] }).thenRejected(
      'patch-not-applicable',
    );
    amend([proposed(cool)], { set: { tags: ['a'] }, changeClass: 'model' }).thenRejected(
      'outside-change-class',
      '/set/tags',
    );
    amend([proposed(cool)], {}).thenRejected('invalid-input');
    const facts = around({ autonomy: { mode: 'auto', perClass: { general: 'manual' } } });
    const history = [proposed(cool, { source: 'ai_suggested' }), submitted(coolHash)];
    amend(history, { set: { tags: ['a'] } }, { facts }).thenRejected('autonomy-manual');
  });

  it('that does not apply is sent again as what it is', () => {
    const refused = amend([proposed(cool)], { patch: [{ op: 'remove', path: '/voice' }] });
    expect(() => refused.events).toThrow(
      expect.objectContaining({
        more: expect.objectContaining({ next: 'POST /refinements/:refinementId/amend' }),
      }),
    );
  });

  it('needs a refinement that is there for the caller, and open', () => {
    amend([], { set: other }).thenRejected('refinement-not-found', '/refinementId');
    amend([proposed(cool)], { set: other }, { facts: { ...around(), persona: null } }).thenRejected(
      'refinement-not-found',
      '/refinementId',
    );
    for (const history of [[proposed(cool), withdrawn()], applied2])
      amend(history, { set: other }).thenRejected('refinement-not-open');
  });
});
