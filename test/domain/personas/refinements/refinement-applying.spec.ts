import { describe, expect, it } from 'vitest';
import type { DomainEvent, Role } from '../../../../src/domain/kernel.js';
import { recordedId } from '../../../../src/domain/personas/refinements/recorded-refinement.js';
import { refinementModule } from '../../../../src/domain/personas/refinements/refinement-module.js';
import { factReader } from '../../../support/fact-reader.js';
import { given, sealed, type Surroundings } from '../../../support/given.js';
import {
  config,
  configWith,
  edited,
  personaId,
  published,
  registered,
} from '../../../support/persona-examples.js';
import { recorded } from '../../../support/projected.js';
import {
  applied,
  applied2,
  applying,
  approvedWith,
  around,
  cool,
  coolHash,
  failed,
  hashOf,
  proposed,
  refinementId,
  rollbackFailed,
  rolledBack,
  submitted,
  version,
  withdrawn,
} from '../../../support/refinement-examples.js';

type Around = Partial<Surroundings>;
const on = (history: DomainEvent[], operationId: string, input: object = {}, more: Around = {}) =>
  given(refinementModule, ...history).when(
    operationId,
    { refinementId, ...input },
    { facts: around(), ...more },
  );
const approved = [proposed(cool), submitted(coolHash), approvedWith(coolHash)];
const underWay = [...approved, applying(coolHash)];
const notThere = (operationId: string, input: object) => {
  on([], operationId, input).thenRejected('refinement-not-found', '/refinementId');
  const hidden = { facts: { ...around(), persona: null } };
  on(approved, operationId, input, hidden).thenRejected('refinement-not-found', '/refinementId');
};

describe('applyRefinement', () => {
  const apply = (history: DomainEvent[], diffHash = coolHash, more: Around = {}) =>
    on(history, 'applyRefinement', { diffHash }, more);

  it('decides to publish what was approved, once', () => {
    apply(approved).thenEvents(applying(coolHash)).again().thenNothing();
    apply(applied2).thenNothing();
  });

  it('refuses another difference than the one that was shown, and tells the one that there is', () => {
    const other = apply(approved, 'b'.repeat(64));
    other.thenRejected('diff-changed');
    expect(() => other.events).toThrow(
      expect.objectContaining({ more: expect.objectContaining({ diffHash: coolHash }) }),
    );
    apply(applied2, 'b'.repeat(64)).thenRejected('diff-changed');
  });

  it('refuses what is not approved', () => {
    for (const history of [
      [proposed(cool)],
      [proposed(cool), submitted(coolHash)],
      [...approved, withdrawn()],
      [...underWay, failed],
      [...applied2, rolledBack()],
    ])
      apply(history).thenRejected('refinement-not-approved');
  });

  it('refuses when there is a newer version, or the persona is archived', () => {
    const moved = around({ head: version(2, configWith({ tags: ['b'] })) });
    apply(approved, coolHash, { facts: moved }).thenRejected('base-version-moved');
    const gone = around({ status: 'archived' });
    apply(approved, coolHash, { facts: gone }).thenRejected('persona-archived');
  });

  it('needs a refinement that is there for the caller, who may publish', () => {
    notThere('applyRefinement', { diffHash: coolHash });
    for (const role of ['approver', 'service', 'viewer'] as const)
      apply(approved, coolHash, { roles: [role] }).thenRejected('forbidden');
    expect(apply(approved, coolHash, { roles: ['editor'] }).events).toHaveLength(1);
  });
});

describe('completeRefinement and failRefinement', () => {
  it('take note of how the application ended, once', () => {
    on(underWay, 'completeRefinement', { versionNo: 2 }).thenEvents(applied(2)).again().thenNothing();
    const { code, detail } = failed.data;
    on(underWay, 'failRefinement', { code, detail }).thenEvents(failed).again().thenNothing();
  });

  it('are deaf to what is not being applied', () => {
    for (const history of [[], approved, applied2, [...underWay, failed]]) {
      on(history, 'completeRefinement', { versionNo: 2 }).thenNothing();
      on(history, 'failRefinement', { code: 'x', detail: '' }).thenNothing();
    }
  });
});

describe('rollbackRefinement', () => {
  const facts = around({ head: version(2, configWith(cool)) });
  const rollBack = (history: DomainEvent[], more: Around = {}, input: object = {}) =>
    on(history, 'rollbackRefinement', { reason: 'too cold', ...input }, { facts, ...more });

  it('says which version is taken back to which, once', () => {
    rollBack(applied2).thenEvents(rolledBack()).again().thenNothing();
    rollBack(applied2, {}, { trigger: 'guardrail' }).thenEvents(rolledBack({ trigger: 'guardrail' }));
  });

  it('decides whose hand it was: protected channels follow an admin or owner only', () => {
    const moves: [Role, boolean][] = [
      ['editor', false],
      ['admin', true],
      ['owner', true],
    ];
    for (const [role, moveProtected] of moves)
      rollBack(applied2, { roles: [role] }).thenEvents(rolledBack({ moveProtected }));
  });

  it('takes locked prompt parts back by the hand of an owner of the tenant only', () => {
    const prompt = { sysInfoEnabled: false, userProfileEnabled: false, content: { endLocked: 'x' } };
    const own = version(2, configWith({ ...cool, prompt }));
    const locked = { ...around({ head: own }), own };
    rollBack(applied2, { facts: locked, roles: ['admin'] }).thenRejected('prompt-locked', '/refinementId');
    expect(rollBack(applied2, { facts: locked }).events).toHaveLength(1);
  });

  it('refuses while later changes stand on it, and tells which version is the newest', () => {
    const later = around({ head: version(3, configWith({ ...cool, tags: ['b'] })) });
    const refused = rollBack(applied2, { facts: later });
    refused.thenRejected('rollback-not-newest');
    expect(() => refused.events).toThrow(
      expect.objectContaining({ more: expect.objectContaining({ currentVersionNo: 3 }) }),
    );
  });

  it('takes back what is the newest again, since all that came after was taken back', () => {
    const again = around({ head: version(4, configWith(cool)) });
    rollBack(applied2, { facts: again }).thenEvents(rolledBack({ headVersionNo: 4 }));
  });

  it('can be tried again where it came too late', () => {
    rollBack([...applied2, rolledBack(), rollbackFailed]).thenEvents(rolledBack());
  });

  it('where changes are reviewed is for admins and owners, and takes no rollback back', () => {
    const settings = { ...facts.settings, changeControl: 'reviewed' };
    const reviewed: Around = { facts: { ...facts, settings } };
    rollBack(applied2, { ...reviewed, roles: ['editor'] }).thenRejected('change-reviewed');
    for (const role of ['admin', 'owner'] as const)
      expect(rollBack(applied2, { ...reviewed, roles: [role] }).events).toHaveLength(1);
    const rollback = [proposed(cool, { source: 'rollback' }), applied(2)];
    rollBack(rollback, reviewed).thenRejected('change-reviewed');
    rollBack(rollback).thenEvents(rolledBack());
  });

  it('refuses what is not applied, and an archived persona', () => {
    for (const history of [[proposed(cool)], approved, underWay])
      rollBack(history).thenRejected('refinement-not-applied');
    rollBack(applied2, { facts: around({ status: 'archived' }) }).thenRejected('persona-archived');
  });

  it('needs a refinement that is there for the caller, and a reason', () => {
    notThere('rollbackRefinement', { reason: 'x' });
    on(applied2, 'rollbackRefinement').thenRejected('invalid-input', '/reason');
  });
});

describe('failRollback', () => {
  const fail = (history: DomainEvent[], headVersionNo = 2) => {
    const { code, detail } = rollbackFailed.data;
    return on(history, 'failRollback', { headVersionNo, code, detail });
  };

  it('takes note that it is applied still, once', () => {
    fail([...applied2, rolledBack()])
      .thenEvents(rollbackFailed)
      .again()
      .thenNothing();
  });

  it('is deaf to what is not being rolled back, and to another attempt', () => {
    for (const history of [[], approved, applied2]) fail(history).thenNothing();
    fail([...applied2, rolledBack({ headVersionNo: 4 })]).thenNothing();
  });
});

describe('recordRefinement', () => {
  const id = recordedId(personaId, 2);
  const input = { refinementId: id, personaId, versionNo: 2, source: 'user_modified', proposerId: 'dana' };
  const versions = [version(1), version(2, configWith(cool))];
  const record = (facts: unknown, history: DomainEvent[] = []) =>
    given(refinementModule, ...history).when('recordRefinement', input, { facts });
  const about = { refinementId: id };

  it('records what a version changed as a proposal that is applied', () => {
    record({ versions })
      .thenEvents(
        { ...proposed(cool), data: { ...proposed(cool).data, ...about, proposerId: 'dana' } },
        { ...applied(2), data: { ...applied(2).data, ...about } },
      )
      .again()
      .thenNothing();
  });

  it('keeps what is sealed as it is', () => {
    const identity = { subjectId: 'grace', background: sealed('navy') };
    const [event] = record({ versions: [version(1), version(2, configWith({ identity }))] }).events;
    expect(event!.data).toMatchObject({ changed: { identity }, fields: ['/identity'] });
  });

  it('records what is too deep for a pointer as well', () => {
    const key = 'k'.repeat(4_100);
    const at = (value: number) => configWith({ metadata: { a: { [key]: value } } });
    const [event] = record({ versions: [version(1, at(1)), version(2, at(2))] }).events;
    expect(event!.data['fields']).toEqual(['/metadata/a']);
  });

  it('needs both versions', () => {
    record({ versions: [version(2)] }).thenRejected('version-not-found');
    record({ versions: [] }).thenRejected('version-not-found');
  });

  it('reads them from the events of the persona', async () => {
    const past = recorded(
      { category: 'persona', streamId: personaId },
      registered,
      published(1),
      edited(cool),
      published(2, configWith(cool)),
      published(3, config),
    );
    const { facts } = refinementModule.commands['recordRefinement']!;
    await expect(facts!(input as never, factReader({ events: past }))).resolves.toEqual({ versions });
    expect(hashOf(cool)).toBe(coolHash);
  });
});
