import { v5 as uuidv5 } from 'uuid';
import { describe, expect, it } from 'vitest';
import type { ActionFacts } from '../../../src/domain/safety/action-facts.js';
import { decisionModule } from '../../../src/domain/safety/check-action.js';
import { decideVersion, type Unresolved } from '../../../src/domain/safety/decide.js';
import { decisionEvents } from '../../../src/domain/safety/events.js';
import { judged } from '../../../src/domain/safety/judgement.js';
import type { PolicyDocument } from '../../../src/domain/safety/policy-document.js';
import type { PolicyInForce } from '../../../src/domain/safety/policy-in-force.js';
import { policyHash } from '../../../src/domain/safety/policy-input.js';
import { given, sealed } from '../../support/given.js';
import { contentIn } from '../../support/looked-through.js';
import { personaId } from '../../support/persona-examples.js';
import { documentOf, noShell } from '../../support/policy-examples.js';

const inForce = (
  policy: PolicyDocument,
  source: 'persona' | 'floor' = 'persona',
  versionNo: number | null = 1,
): PolicyInForce => ({ ref: { source, versionNo, policyHash: policyHash(policy), mode: 'enforce' }, policy });
const facts = (action: string, members: Partial<ActionFacts> = {}): ActionFacts => ({
  action,
  personaStatus: 'active',
  personaId,
  roles: ['service'],
  counters: { actionsPerMinute: { persona: 1 } },
  ...members,
});
const service = { roles: ['service' as const], actorId: 'app' };
const checkId = '01890000-0000-7000-8000-000000000001';

interface Case {
  policies?: PolicyInForce[];
  members?: Partial<ActionFacts>;
  unresolved?: Unresolved;
  masked?: unknown;
  maskedArgs?: unknown;
  input?: object;
}
const check = (action: string, { policies = [inForce(noShell)], members, input, ...more }: Case = {}) =>
  given(decisionModule).when(
    'checkAction',
    { personaId, action, ...input },
    { ...service, facts: { check: { policies, facts: facts(action, members), ...more } } },
  );
const dataOf = (outcome: ReturnType<typeof check>) => outcome.events[0]!.data;

describe('checkAction', () => {
  it('records the decision with everything that it depends on', () => {
    const policies = [inForce(noShell)];
    const { verdict, decisionHash } = judged(policies, facts('tool:shell.run'));
    expect(check('tool:shell.run', { policies }).events).toEqual([
      {
        type: 'ActionChecked',
        data: {
          checkId,
          personaId,
          action: 'tool:shell.run',
          facts: facts('tool:shell.run'),
          ...verdict,
          policies: policies.map(({ ref }) => ref),
          decideVersion,
          decisionHash,
          durationUs: 42,
        },
      },
    ]);
    expect(verdict.decision).toBe('deny');
  });

  it('answers it', () => {
    const policies = [inForce(noShell, 'persona', 3), inForce(documentOf({}), 'floor', 7)];
    const { verdict, decisionHash } = judged(policies, facts('tool:shell.run'));
    const { decision, riskScore, riskLevel, matchedRules } = verdict;
    check('tool:shell.run', { policies }).thenReply({
      checkId,
      decision,
      riskScore,
      riskLevel,
      matchedRules,
      policyVersion: 3,
      floorVersion: 7,
      decisionHash,
    });
  });

  it('names the floor’s version where it decides alone, and none for the built-in policy', () => {
    const reply = (policies: PolicyInForce[]) => {
      const outcome = check('tool:search', { policies });
      return decisionModule.commands['checkAction']!.reply!(
        { status: 'recorded' } as never,
        outcome.events as never,
        { tenantId: 'acme', streamId: checkId, secret: null },
      );
    };
    expect(reply([inForce(noShell, 'floor', 2)])).toMatchObject({ policyVersion: 2, floorVersion: 2 });
    const watched = {
      ...inForce(noShell, 'persona', 3),
      ref: { ...inForce(noShell, 'persona', 3).ref, mode: 'shadow' as const },
    };
    expect(reply([watched, inForce(noShell, 'floor', 2)])).toMatchObject({ policyVersion: 2 });
    expect(reply([inForce(noShell, 'floor', null)])).toMatchObject({
      policyVersion: null,
      floorVersion: null,
    });
  });

  it('asks for an approval under an id of its own, and only then', () => {
    const policies = [inForce(documentOf({ requireApproval: ['tool:payment.*'] }))];
    const commandId = '01890000-0000-7000-8000-00000000c0de';
    const decide = (action: string) =>
      decisionModule.commands['checkAction']!.decide(
        { status: 'none' } as never,
        { personaId, action } as never,
        {
          streamId: checkId,
          facts: { check: { policies, facts: facts(action) } },
          elapsedUs: 42,
          id: (name: string) => uuidv5(name, commandId),
        } as never,
      )[0]!.data;
    const asked = decisionEvents.ActionChecked.parse(decide('tool:payment.refund'));
    expect(asked).toMatchObject({ decision: 'require_approval', approvalId: uuidv5('approval', commandId) });
    expect(asked.approval?.rules).toContain('requireApproval/tool:payment.*');
    expect(decide('tool:search')).not.toHaveProperty('approvalId');
  });

  it('keeps arguments and texts sealed, and what is masked of them beside them', async () => {
    const content = { direction: 'output' as const, text: 'by kim@example.org' };
    const policy = documentOf({});
    const found = await contentIn({ args: { body: content.text }, content }, [inForce(policy)]);
    const data = dataOf(
      check('say', {
        policies: [inForce(policy)],
        members: { content: found },
        masked: sealed('by [email:0123456789]'),
        maskedArgs: sealed({ body: 'by [email:0123456789]' }),
        input: { args: { body: content.text }, content, subjectId: 'kim' },
      }),
    );
    expect(data['args']).toEqual(sealed({ body: content.text }));
    expect(data['content']).toEqual({ direction: 'output', text: sealed(content.text) });
    expect(data['masked']).toEqual(sealed('by [email:0123456789]'));
    expect(data['maskedArgs']).toEqual(sealed({ body: 'by [email:0123456789]' }));
    expect(data['contentAction']).toBe('mask');
    expect(JSON.stringify(data)).not.toContain('kim@');
  });

  it('denies everything while a policy is suspended, and says so', () => {
    const data = dataOf(check('tool:search', { unresolved: 'floor-suspended' }));
    expect(data).toMatchObject({ decision: 'deny', unresolved: 'floor-suspended' });
  });

  it('denies what nobody could judge', () => {
    const data = dataOf(check('tool:search', { policies: [] }));
    expect(data).toMatchObject({ decision: 'deny' });
  });

  it('refuses a persona that is not there for the caller, and a check that is recorded', () => {
    const input = { personaId, action: 'tool:search' };
    const nobody = { ...service, facts: { check: null } };
    given(decisionModule).when('checkAction', input, nobody).thenRejected('persona-not-found', '/personaId');
    const [event] = check('tool:search').events;
    const around = { ...service, facts: { check: { policies: [], facts: facts('tool:search') } } };
    given(decisionModule, event!).when('checkAction', input, around).thenRejected('decision-recorded');
  });

  it.each([
    ['/action', { action: 'send an e-mail' }],
    ['/args', { args: { body: 'x'.repeat(65_536) } }],
    // It would be taken for arguments that were erased.
    ['/args', { args: { erased: 'certificate' } }],
    ['/content/text', { content: { direction: 'output', text: 'é'.repeat(40_000) } }],
    ['/content/direction', { content: { direction: 'sideways', text: 'x' } }],
    ['/subjectId', { subjectId: 'kim@example.org' }],
    ['/facts/tokens', { facts: { tokens: -1 } }],
    ['/facts/counters', { facts: { counters: {} } }],
  ])(
    'refuses at %s',
    (pointer, input) => void check('say', { input }).thenRejected('invalid-input', pointer),
  );

  it('is for applications, editors, admins and owners', () => {
    const as = (role: string) =>
      given(decisionModule).when(
        'checkAction',
        { personaId, action: 'say' },
        { roles: [role as 'viewer'], facts: { check: { policies: [], facts: facts('say') } } },
      );
    for (const role of ['viewer', 'approver', 'auditor']) as(role).thenRejected('forbidden');
    for (const role of ['service', 'editor', 'admin', 'owner']) expect(as(role).events).toHaveLength(1);
  });
});
